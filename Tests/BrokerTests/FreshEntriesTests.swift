import Journaling
import Testing

@testable import Broker

@Suite struct FreshEntriesTests {
    private static func item(_ seq: Int64) -> FreshEntries.Item {
        FreshEntries.Item(
            seq: seq, receivedAt: seq, provider: nil, type: "ADT^A01", disposition: .accepted, message: nil)
    }

    /// The seqs that follow, or the entry until which the journal is to be asked.
    private static func next(_ fresh: FreshEntries, after seq: Int64, limit: Int = 10) -> String {
        switch fresh.next(after: seq, limit: limit) {
        case .items(let items): items.map { "\($0.seq)" }.joined(separator: " ")
        case .elsewhere(let until): "elsewhere until \(until.map { "\($0)" } ?? "the end")"
        }
    }

    private static func fresh(_ seqs: [Int64], bytesMax: Int = 1 << 20) -> FreshEntries {
        let fresh = FreshEntries(bytesMax: bytesMax)
        fresh.follow(true)
        for seq in seqs { fresh.push(item(seq)) }
        return fresh
    }

    @Test(
        arguments: [
            ([1, 2, 3], 0, "1 2 3"),
            ([1, 2, 3], 2, "3"),
            ([1, 2, 3], 3, "elsewhere until the end"),
            ([1, 2, 5], 0, "1 2"),
            ([4, 5], 1, "elsewhere until 4"),
            ([], 0, "elsewhere until the end"),
        ] as [([Int64], Int64, String)])
    func `what follows without a gap is given out, and of the rest is said where it begins`(
        seqs: [Int64], after: Int64, expected: String
    ) {
        #expect(Self.next(Self.fresh(seqs), after: after) == expected)
    }

    @Test func `what was given out is forgotten, and no more than asked for`() {
        let fresh = Self.fresh([1, 2, 3, 7])
        #expect(Self.next(fresh, after: 0, limit: 2) == "1 2")
        #expect(Self.next(fresh, after: 2) == "3")
        #expect(Self.next(fresh, after: 3) == "elsewhere until 7")
        #expect(Self.next(fresh, after: 6) == "7")
        #expect(Self.next(fresh, after: 6) == "elsewhere until the end")
    }

    @Test func `beyond the limit everything is forgotten`() {
        let fresh = Self.fresh([1, 2, 3], bytesMax: 1_100)
        #expect(Self.next(fresh, after: 0) == "elsewhere until the end")
        fresh.push(Self.item(4))
        #expect(Self.next(fresh, after: 0) == "elsewhere until 4")
    }

    @Test func `nothing is kept while nobody follows`() {
        let fresh = Self.fresh([1])
        fresh.follow(false)
        fresh.push(Self.item(2))
        #expect(Self.next(fresh, after: 1) == "elsewhere until the end")
    }
}
