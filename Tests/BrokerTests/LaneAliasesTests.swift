import HL7
import Journaling
import Testing

@testable import Broker

@Suite struct LaneAliasesTests {
    private let secret = [UInt8](repeating: 7, count: 32)

    private func merged(_ key: UInt64, _ other: UInt64) -> LaneAlias { LaneAlias(key, other, .merged) }

    @Test func `a message has the keys of every name of its people, and no others`() {
        var aliases = LaneAliases()
        #expect(aliases.resolved([1, 2]) == [1, 2])
        aliases.apply(merged(1, 2))
        aliases.apply(merged(2, 3))
        aliases.apply(merged(8, 9))
        #expect(aliases.resolved([1]) == [1, 2, 3])
        #expect(aliases.resolved([3]) == [3, 2, 1])
        #expect(aliases.resolved([4]) == [4])
        #expect(aliases.resolved([4, 9]) == [4, 9, 8])
    }

    @Test func `a merge itself waits for both, and so does the end of a link`() {
        var aliases = LaneAliases()
        #expect(aliases.laneKeys([2, 1], changing: [merged(1, 2)]) == [2, 1])
        #expect(Set(aliases.laneKeys([3, 2], changing: [merged(2, 3)])) == [1, 2, 3])
        #expect(Set(aliases.laneKeys([4, 5], changing: [LaneAlias(4, 5, .linked)])) == [4, 5])
        #expect(Set(aliases.laneKeys([5], changing: [])) == [4, 5])
        #expect(Set(aliases.laneKeys([4, 5], changing: [LaneAlias(5, 4, .unlinked)])) == [4, 5])
        #expect(aliases.laneKeys([5], changing: []) == [5])
    }

    @Test func `the end of a link leaves a merge as it is`() {
        var aliases = LaneAliases()
        aliases.apply(merged(1, 2))
        aliases.apply(LaneAlias(1, 2, .unlinked))
        #expect(aliases.resolved([1]) == [1, 2])
    }

    @Test func `what many merges make of one person adds only so many keys, its neighbours first`() {
        var aliases = LaneAliases()
        for old in 1...500 { aliases.apply(merged(UInt64(old), 1_000)) }
        let keys = aliases.resolved([7])
        #expect(keys.count == 1 + LaneAliases.addedMax)
        #expect(keys[1] == 1_000)
    }

    @Test func `only the newest pairs are kept`() {
        var aliases = LaneAliases(pairsMax: 2)
        for (old, new) in [(1, 2), (3, 4), (5, 6)] { aliases.apply(merged(UInt64(old), UInt64(new))) }
        #expect(aliases.resolved([1]) == [1])
        #expect(aliases.resolved([3]) == [3, 4])
        #expect(aliases.resolved([6]) == [6, 5])
    }

    // MARK: Messages

    private func message(_ type: String, _ segments: [String], version: String = "2.5.1") throws -> Message {
        let header = "MSH|^~\\&|HIS|GH|WL|EX|20260301||\(type)|M1|P|\(version)"
        return try Message(parsing: ([header] + segments).flatMap { Array($0.utf8) + [0x0D] })
    }

    private func key(_ identifier: String) throws -> UInt64 {
        try #require(LaneKeys(of: message("ADT^A01", ["PID|1||\(identifier)"]), secret: secret).hashes.first)
    }

    @Test(arguments: [
        "ADT^A18", "ADT^A30", "ADT^A34", "ADT^A36", "ADT^A39", "ADT^A40", "ADT^A46", "ADT^A47", "ADT^^ADT_A18",
    ])
    func `a merge of patients retires what its MRG names`(type: String) throws {
        let merge = try message(type, ["PID|1||NEW", "MRG|OLD"])
        #expect(try LaneKeys.aliases(in: merge, secret: secret) == [merged(key("NEW"), key("OLD"))])
    }

    @Test(arguments: [
        "ADT^A01", "ADT^A08", "ADT^A35", "ADT^A38", "ADT^A41", "ADT^A42", "ADT^A43", "ADT^A44", "ADT^A45", "ADT^A49",
        "ADT^A50", "ADT^A51", "ADT^A35^ADT_A30", "ORU^A40",
    ])
    func `what concerns accounts and visits orders by all keys and retires no patient`(type: String) throws {
        let move = try message(type, ["PID|1||NEW", "MRG|OLD"])
        #expect(LaneKeys.aliases(in: move, secret: secret).isEmpty)
        #expect(try LaneKeys(of: move, secret: secret).hashes == [key("NEW"), key("OLD")])
    }

    @Test func `each MRG belongs to the PID before it`() throws {
        let merge = try message("ADT^A40^ADT_A39", ["PID|1||N1", "PD1|", "MRG|O1", "PID|2||N2", "MRG|O2~O3"])
        #expect(
            try LaneKeys.aliases(in: merge, secret: secret) == [
                merged(key("N1"), key("O1")), merged(key("N2"), key("O2")), merged(key("N2"), key("O3")),
            ])
    }

    @Test(arguments: [("2.3", 2), ("2.3.1", 1)])
    func `MRG-4 counts up to 2.3`(version: String, count: Int) throws {
        let merge = try message("ADT^A34", ["PID|1||NEW", "MRG|OLD|||OTHER"], version: version)
        #expect(LaneKeys.aliases(in: merge, secret: secret).count == count)
        #expect(LaneKeys(of: merge, secret: secret).hashes.count == count + 1)
    }

    @Test func `A24 links two patients, A37 ends that`() throws {
        let segments = ["PID|1||A", "PV1|1", "PID|2||B"]
        let pair = try (key("A"), key("B"))
        #expect(
            try LaneKeys.aliases(in: message("ADT^A24", segments), secret: secret) == [
                LaneAlias(pair.0, pair.1, .linked)
            ])
        #expect(
            try LaneKeys.aliases(in: message("ADT^A37", segments), secret: secret) == [
                LaneAlias(pair.0, pair.1, .unlinked)
            ])
        #expect(try LaneKeys.aliases(in: message("ADT^A24", ["PID|1||A"]), secret: secret).isEmpty)
    }
}
