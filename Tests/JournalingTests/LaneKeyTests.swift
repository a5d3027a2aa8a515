import Crypto
import Testing

@testable import Journaling

@Suite struct LaneKeyTests {
    private let key = Array("0123456789abcdef0123456789abcdef".utf8)

    private func hash(_ authority: String, _ identifier: String, _ key: [UInt8]) -> UInt64 {
        LaneKey.hash(authority: Array(authority.utf8), identifier: Array(identifier.utf8), key: key)
    }

    @Test func `authority and identifier cannot run into each other`() {
        #expect(hash("GHH", "12", key) != hash("GHH1", "2", key))
    }

    @Test(arguments: [("", ""), ("GHH", "12"), ("2.16.840.1.113883", "Ä/é"), ("A", String(repeating: "7", count: 200))])
    func `the hash is the start of an HMAC-SHA-256`(authority: String, identifier: String) {
        for key in [key, [1], [], Array(repeating: 0xFF, count: 64)] {
            let text = Array(authority.utf8) + [0] + Array(identifier.utf8)
            let mac = HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: key))
            #expect(hash(authority, identifier, key) == mac.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
        }
    }
}
