import Testing

@testable import Journaling

@Suite struct LaneKeyTests {
    private let key = Array("0123456789abcdef0123456789abcdef".utf8)

    @Test func `authority and identifier cannot run into each other`() {
        #expect(
            LaneKey.hash(authority: "GHH", identifier: "12", key: key)
                != LaneKey.hash(authority: "GHH1", identifier: "2", key: key))
    }

    @Test func `the hash depends on the key and is stable`() {
        let hash = LaneKey.hash(authority: "GHH", identifier: "12", key: key)
        #expect(hash == LaneKey.hash(authority: "GHH", identifier: "12", key: key))
        #expect(hash != LaneKey.hash(authority: "GHH", identifier: "12", key: [1]))
    }
}
