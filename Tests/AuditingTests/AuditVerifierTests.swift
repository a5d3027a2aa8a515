import Testing

@testable import Auditing

/// A small stored log that a test can damage.
private struct Log {
    var events: [StoredEvent] = []
    var batches: [TreeBatch] = []
    var heads: [[UInt8]] = []
    var frontier = MerkleFrontier()
    let key = AuditKey()

    /// Batches of 1, 2, 3, 1, 2, 3 … events; a signed head after every fifth batch.
    init(count: Int, headEvery: Int = 5) throws {
        var leaves: [UInt8] = []
        for number in 1...Int64(count) {
            var event = AuditEvent(.messageReceived, at: number, seq: number)
            event.number = number
            let bytes = event.encoded()
            let leaf = MerkleHash.leaf(bytes)
            events.append(StoredEvent(number: number, bytes: bytes, leaf: leaf))
            frontier.append(leaf: leaf)
            leaves += leaf
            if leaves.count == 32 * (batches.count % 3 + 1) || number == count {
                batches.append(TreeBatch(size: number, root: frontier.root, leaves: leaves))
                leaves = []
                if batches.count.isMultiple(of: headEvery) { try sign() }
            }
        }
    }

    mutating func sign() throws {
        heads.append(try head.encoded())
    }

    var head: SignedHead {
        get throws(AuditError) {
            try SignedHead(broker: "riverside", size: frontier.size, root: frontier.root, at: 1, key: key)
        }
    }

    /// Makes the event's bytes other ones with a leaf that fits, as someone would who knows the format.
    mutating func forge(_ index: Int) {
        let bytes = Array(String(decoding: events[index].bytes, as: UTF8.self).replacing("broker", with: "nobody").utf8)
        events[index].bytes = bytes
        events[index].leaf = MerkleHash.leaf(bytes)
    }

    /// Makes tree rows fit the events, as someone would who can write every table.
    mutating func rebuildBatches() {
        var tree = MerkleFrontier()
        var index = 0
        for number in batches.indices {
            var leaves: [UInt8] = []
            while tree.size < batches[number].size {
                leaves += events[index].leaf
                tree.append(leaf: events[index].leaf)
                index += 1
            }
            batches[number].leaves = leaves
            batches[number].root = tree.root
        }
        frontier = tree
    }

    func verify(external: SignedHead? = nil, key other: AuditKey? = nil) -> AuditReport {
        var verifier = AuditVerifier(headLines: heads, publicKey: (other ?? key).publicKey, external: external)
        var from = 0
        for batch in batches {
            let end = events[from...].firstIndex { $0.number > batch.size } ?? events.count
            verifier.check(Array(events[from..<end]), of: batch)
            from = end
        }
        verifier.check(Array(events[from...]))
        return verifier.finish(size: frontier.size, root: frontier.root, hashes: frontier.hashes)
    }
}

@Suite struct AuditVerifierTests {
    private static let count = 23
    /// Made once: signing is slow in debug builds. Tests damage copies.
    private static let whole = Result { try Log(count: count) }

    @Test func `an untouched log is good and its unsigned tail is no damage`() throws {
        var log = try Self.whole.get()
        let report = log.verify()
        #expect(report.isGood)
        #expect(report.events == Int64(Self.count))
        #expect(report.unsigned > 0)
        #expect(!report.excludesRollback)
        #expect(report.lines.contains("unsigned: \(report.unsigned)"))
        #expect(report.lines.contains { $0.contains("--head FILE") })
        try log.sign()
        #expect(log.verify().unsigned == 0)
        let external = try log.head
        #expect(log.verify(external: external).excludesRollback)
        #expect(log.verify(external: external).isGood)
    }

    @Test(arguments: 0..<count) func `changed bytes are named`(index: Int) throws {
        var log = try Self.whole.get()
        log.events[index].bytes[log.events[index].bytes.count / 2] ^= 1
        #expect(log.verify().damage?.first == Int64(index + 1))
        #expect(log.verify().damage?.last == Int64(index + 1))
    }

    @Test(arguments: 0..<count) func `changed bytes with a fitting leaf are named`(index: Int) throws {
        var log = try Self.whole.get()
        log.forge(index)
        let damage = try #require(log.verify().damage)
        #expect(damage.first == Int64(index + 1))
        #expect(damage.last == Int64(index + 1))
    }

    @Test(arguments: 0..<count)
    func `changed bytes with all rows made to fit are bounded by the heads around them`(index: Int) throws {
        var log = try Self.whole.get()
        let sizes = try log.heads.map { try SignedHead(decoding: $0).size }
        log.forge(index)
        log.rebuildBatches()
        let report = log.verify()
        let number = Int64(index + 1)
        guard let next = sizes.first(where: { $0 >= number }) else {
            #expect(report.damage == nil, "no head covers it, so nothing but a head kept elsewhere can show it")
            return
        }
        let damage = try #require(report.damage)
        #expect(damage.first == (sizes.last { $0 < number } ?? 0) + 1)
        #expect(damage.last == next)
    }

    @Test(arguments: 0..<count) func `changed bytes with all but the tree row made to fit are found`(index: Int) throws
    {
        var log = try Self.whole.get()
        let frontier = log.frontier
        log.forge(index)
        log.rebuildBatches()
        log.frontier = frontier
        let damage = try #require(log.verify().damage)
        #expect(damage.first <= Int64(index + 1) && Int64(index + 1) <= damage.last)
    }

    @Test(arguments: 0..<count) func `a removed event is named`(index: Int) throws {
        var log = try Self.whole.get()
        log.events.remove(at: index)
        #expect(log.verify().damage?.first == Int64(index + 1))
        #expect(log.verify().damage?.what.contains("missing") == true)
    }

    @Test(arguments: 0..<count) func `a removed event is named when later ones move up`(index: Int) throws {
        var log = try Self.whole.get()
        log.events.remove(at: index)
        for later in log.events.indices[index...] { log.events[later].number -= 1 }
        #expect(log.verify().damage?.first == Int64(index + 1))
    }

    @Test(arguments: 0...count) func `an inserted event is named`(index: Int) throws {
        var log = try Self.whole.get()
        var event = AuditEvent(.patientRead, at: 5)
        event.number = Int64(index + 1)
        let bytes = event.encoded()
        for later in log.events.indices[index...] { log.events[later].number += 1 }
        log.events.insert(
            StoredEvent(number: Int64(index + 1), bytes: bytes, leaf: MerkleHash.leaf(bytes)), at: index)
        #expect(log.verify().damage?.first == Int64(index + 1))
    }

    @Test(arguments: [Int64.min, -1, 0]) func `an event below the first number is named`(number: Int64) throws {
        var log = try Self.whole.get()
        log.events.insert(StoredEvent(number: number, bytes: [1], leaf: MerkleHash.leaf([1])), at: 0)
        #expect(log.verify().damage?.first == number)
    }

    @Test(arguments: 0..<count - 1) func `two swapped events are named by the first`(index: Int) throws {
        for other in index + 1..<Self.count {
            var log = try Self.whole.get()
            (log.events[index].bytes, log.events[other].bytes) = (log.events[other].bytes, log.events[index].bytes)
            (log.events[index].leaf, log.events[other].leaf) = (log.events[other].leaf, log.events[index].leaf)
            #expect(log.verify().damage?.first == Int64(index + 1))
        }
    }

    @Test(arguments: 0..<count) func `a truncated log is found at its end`(length: Int) throws {
        var log = try Self.whole.get()
        log.events.removeLast(Self.count - length)
        #expect(log.verify().damage?.first == Int64(length + 1))
    }

    @Test(arguments: 1..<count) func `a log taken back with all its rows is found by the heads`(length: Int) throws {
        var log = try Self.whole.get()
        try log.sign()
        let earlier = try Log(count: length)
        log.events.removeLast(Self.count - length)
        log.batches = log.batches.filter { $0.size <= length }
        log.frontier = earlier.frontier
        #expect(log.verify().damage?.first == Int64(length + 1))
    }

    @Test(arguments: 1..<count)
    func `events and heads taken back together are found only by a head kept elsewhere`(length: Int) throws {
        var log = try Self.whole.get()
        let external = try log.head
        log.events.removeLast(Self.count - length)
        log.batches = log.batches.filter { $0.size <= length }
        log.heads = try log.heads.filter { try SignedHead(decoding: $0).size <= length }
        var frontier = MerkleFrontier()
        for event in log.events { frontier.append(leaf: event.leaf) }
        log.frontier = frontier
        let alone = log.verify()
        #expect(alone.isGood)
        #expect(!alone.excludesRollback)
        let compared = log.verify(external: external)
        #expect(compared.damage?.first == Int64(length + 1))
    }

    @Test func `changed tree rows are told apart from changed events if a head proves these`() throws {
        for index in 0..<5 {
            var log = try Self.whole.get()
            try log.sign()
            log.batches[index].leaves[0] ^= 1
            let first = log.verify()
            #expect(first.damage == nil)
            #expect(first.problems.count == 1)
            log.batches[index].root[0] ^= 1
            #expect(log.verify().damage == nil)
            log.batches[index].leaves.removeLast(32)
            #expect(log.verify().damage == nil)
            #expect(!log.verify().isGood)
        }
    }

    @Test func `a changed, foreign or unreadable head is reported by its line`() throws {
        var log = try Self.whole.get()
        log.heads[1] = Array(
            String(decoding: log.heads[1], as: UTF8.self).replacing("riverside", with: "lakeside").utf8)
        #expect(log.verify().problems.contains { $0.hasPrefix("signed heads, line 2:") })
        log.heads[1] = [0x7B]
        #expect(log.verify().problems.contains { $0.hasPrefix("signed heads, line 2:") })
        let foreign = try Self.whole.get().verify(key: AuditKey())
        #expect(foreign.problems.count == log.heads.count)
        #expect(!foreign.isGood)
    }
}
