import Auditing
import Testing

@testable import Journaling

/// What every journal promises; run against each.
@Suite struct JournalTests {
    // MARK: Appending

    @Test(arguments: JournalKind.allCases)
    func `an entry reads back as it was appended`(kind: JournalKind) async throws {
        try await kind.with { journal in
            let new = NewEntry.sample()
            let results = try await journal.append([new])
            #expect(results == [.stored(seq: 1, reusedControlId: false)])
            let entry = try #require(try await journal.entry(1))
            #expect(entry.receivedAt == new.receivedAt)
            #expect(entry.disposition == .accepted)
            #expect(entry.routing == .pending)
            #expect(entry.listener == new.listener)
            #expect(entry.provider == new.provider)
            #expect(entry.sender == new.sender)
            #expect(entry.peer == new.peer)
            #expect(entry.controlId == new.controlId)
            #expect(entry.type == new.type)
            #expect(entry.version == new.version)
            #expect(entry.laneKeys == new.laneKeys)
            #expect(entry.patients == new.patients)
            #expect(entry.answer == new.answer)
            #expect(entry.findings == new.findings)
            #expect(entry.configuration == new.configuration)
            #expect(entry.parent == nil)
            #expect(entry.bodySHA256 == new.bodySHA256)
            #expect(entry.bodyCount == new.body.count)
            #expect(try await journal.body(1) == new.body)
            #expect(try await journal.entry(2) == nil)
            #expect(try await journal.body(2) == nil)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `empty and absent values stay apart, and any byte is kept`(kind: JournalKind) async throws {
        try await kind.with { journal in
            var new = NewEntry.sample("", disposition: .framingError)
            new.provider = nil
            new.findings = nil
            new.answer = []
            new.laneKeys = []
            new.peer = ""
            new.body = Array(0...255)
            try await journal.store(new)
            new.findings = []
            new.provider = ""
            new.body = []
            try await journal.store(new)
            let entries = try await journal.entries(after: 0, limit: 10)
            #expect(entries.map(\.provider) == [nil, ""])
            #expect(entries.map(\.findings) == [nil, []])
            #expect(entries.map(\.answer) == [[], []])
            #expect(entries.map(\.laneKeys) == [[], []])
            #expect(try await journal.body(1) == Array(0...255))
            #expect(try await journal.body(2) == [])
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `seqs follow the order of the calls`(kind: JournalKind) async throws {
        try await kind.with { journal in
            let stream = AsyncStream<Int64> { continuation in
                for number in 0..<1_000 {
                    journal.append([.sample("M\(number)")]) { result in
                        if case .success(let appended) = result { continuation.yield(appended[0].seq) }
                        if number == 999 { continuation.finish() }
                    }
                }
            }
            var seqs: [Int64] = []
            for await seq in stream { seqs.append(seq) }
            #expect(seqs == Array(1...1_000))
            let page = try await journal.entries(after: 990, limit: 5)
            #expect(page.map(\.controlId) == (990..<995).map { "M\($0)" })
            #expect(try await journal.lastSeq() == 1_000)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `the messages of a batch frame are its children, all or none`(kind: JournalKind) async throws {
        try await kind.with { journal in
            let results = try await journal.append([
                .sample("", disposition: .batch), .sample("A", parent: .index(0)), .sample("B", parent: .index(0)),
            ])
            #expect(results.map(\.seq) == [1, 2, 3])
            #expect(try await journal.entries(after: 0, limit: 9).map(\.parent) == [nil, 1, 1])
            let error = await #expect(throws: JournalError.self) {
                try await journal.append([.sample("C"), .sample("D", parent: .index(7))])
            }
            #expect(error?.code == .invalid)
            #expect(try await journal.lastSeq() == 3)
            #expect(try await journal.lastEventNumber() == 3)
            #expect(try await journal.store(.sample("E")) == 4)
        }
    }

    // MARK: Duplicates

    @Test(arguments: JournalKind.allCases)
    func `a repetition is a duplicate of the first and gets its answer`(kind: JournalKind) async throws {
        try await kind.with { journal in
            let first = NewEntry.sample()
            try await journal.store(first)
            var again = first
            again.answer = [1]
            #expect(try await journal.append([again]) == [.duplicate(of: 1, answer: first.answer)])
            #expect(try await journal.lastSeq() == 1)
            let event = try #require(try await journal.events(of: 1).last)
            #expect(event.kind == .messageDuplicate)
            #expect(event.seq == 1)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `two copies in one group are caught`(kind: JournalKind) async throws {
        try await kind.with { journal in
            let copy = NewEntry.sample()
            let results = try await journal.append([copy, copy])
            #expect(
                results == [.stored(seq: 1, reusedControlId: false), .duplicate(of: 1, answer: copy.answer)])
            let more = await withTaskGroup(of: [Appended].self) { group in
                for _ in 0..<20 {
                    group.addTask { (try? await journal.append([.sample("OTHER")])) ?? [] }
                }
                return await group.reduce(into: []) { $0 += $1 }
            }
            #expect(more.count == 20)
            #expect(more.count { if case .stored = $0 { true } else { false } } == 1)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `the window's end is the first moment at which a message is new again`(kind: JournalKind) async throws {
        try await kind.with { journal in
            var entry = NewEntry.sample()
            entry.duplicateWindow = 1_000
            try await journal.store(entry)
            entry.receivedAt = start + 999
            #expect(try await journal.append([entry]) == [.duplicate(of: 1, answer: entry.answer)])
            entry.receivedAt = start + 1_000
            #expect(try await journal.append([entry]) == [.stored(seq: 2, reusedControlId: false)])
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `a control id counts within its sender`(kind: JournalKind) async throws {
        try await kind.with { journal in
            try await journal.store(.sample())
            let other = try await journal.append([.sample(sender: "lakeside-clinic")])
            #expect(other == [.stored(seq: 2, reusedControlId: false)])
        }
    }

    @Test(
        arguments: JournalKind.allCases, [Disposition.refused, .acknowledgement, .framingError, .batch])
    func `only what was answered AA is remembered`(kind: JournalKind, disposition: Disposition) async throws {
        try await kind.with { journal in
            try await journal.store(.sample(disposition: disposition))
            #expect(try await journal.append([.sample()]) == [.stored(seq: 2, reusedControlId: false)])
            #expect(
                try await journal.append([.sample(disposition: disposition)])
                    == [.stored(seq: 3, reusedControlId: false)])
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `what is held at intake is remembered too`(kind: JournalKind) async throws {
        try await kind.with { journal in
            try await journal.store(.sample(disposition: .heldAtIntake))
            let again = try await journal.append([.sample(disposition: .heldAtIntake)])
            #expect(again == [.duplicate(of: 1, answer: NewEntry.sample().answer)])
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `an empty control id is never a duplicate`(kind: JournalKind) async throws {
        try await kind.with { journal in
            try await journal.store(.sample(""))
            #expect(try await journal.append([.sample("")]) == [.stored(seq: 2, reusedControlId: false)])
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `other bytes under a known control id follow the policy`(kind: JournalKind) async throws {
        try await kind.with { journal in
            try await journal.store(.sample(body: "one"))
            let accepted = try await journal.append([.sample(body: "two")])
            #expect(accepted == [.stored(seq: 2, reusedControlId: true)])
            let held = try await journal.append([.sample(body: "three", reuse: .hold)])
            #expect(held == [.held(seq: 3)])
            let refused = try await journal.append([.sample(body: "four", reuse: .refuse)])
            #expect(refused == [.refusedReuse(seq: 4)])
            let again = try await journal.append([.sample(body: "four", reuse: .refuse)])
            #expect(again == [.refusedReuse(seq: 5)])
            let second = try await journal.append([.sample(body: "two", reuse: .refuse)])
            #expect(second == [.duplicate(of: 2, answer: NewEntry.sample().answer)])
            let entries = try await journal.entries(controlId: "MSG1", limit: 10)
            #expect(entries.map(\.disposition) == [.refused, .refused, .heldAtIntake, .accepted, .accepted])
            #expect(try await journal.events(of: 3).map(\.kind) == [.messageHeld])
            #expect(try await journal.events(of: 4).map(\.kind) == [.messageRefused])
        }
    }

    @Test(arguments: JournalKind.allCases, [ReusePolicy.accept, .hold])
    func `a reused control id is stored with what its entry gives for that, and so repeated`(
        kind: JournalKind, policy: ReusePolicy
    ) async throws {
        try await kind.with { journal in
            try await journal.store(.sample(body: "one"))
            var other = NewEntry.sample(body: "two", reuse: policy)
            other.whenReused = { NewEntry.Reused(answer: Array("reused".utf8), findings: [7]) }
            // Not reused: nothing of it.
            var fresh = other
            fresh.controlId = "MSG2"
            _ = try await journal.append([other, fresh])
            let entries = try await journal.entries(after: 1, limit: 10)
            #expect(entries.map(\.answer) == [Array("reused".utf8), fresh.answer])
            #expect(entries.map(\.findings) == [[7], fresh.findings])
            #expect(try await journal.events(of: 2).first?.text == "control id of entry 1 with other bytes")
            #expect(try await journal.append([other]) == [.duplicate(of: 2, answer: Array("reused".utf8))])
        }
    }

    // MARK: Routing

    @Test(arguments: JournalKind.allCases)
    func `entries wait for the router until it has decided`(kind: JournalKind) async throws {
        try await kind.with { journal in
            for number in 1...5 { try await journal.store(.sample("M\(number)")) }
            try await journal.store(.sample("X", disposition: .refused))
            #expect(try await journal.unrouted(after: 0, limit: 9).map(\.seq) == [1, 2, 3, 4, 5])
            try await journal.commit([
                .sample(1, to: ["b.in", "a.in"]), Routing(seq: 2, outcome: .filtered, events: []),
                Routing(seq: 3, outcome: .unrouted, events: [AuditEvent(.messageUnrouted, at: start)]),
            ])
            #expect(try await journal.unrouted(after: 0, limit: 9).map(\.seq) == [4, 5])
            #expect(try await journal.unrouted(after: 4, limit: 9).map(\.seq) == [5])
            #expect(try await journal.unrouted(after: 0, limit: 1).map(\.seq) == [4])
            try await journal.commit([.sample(5, to: ["a.in"])])
            #expect(try await journal.unrouted(after: 0, limit: 9).map(\.seq) == [4])
            #expect(
                try await journal.entries(after: 0, limit: 9).map(\.routing) == [
                    .routed, .filtered, .unrouted, .pending, .routed, .exempt,
                ])
            #expect(try await journal.deliveries(of: 1).map(\.endpoint) == ["a.in", "b.in"])
            #expect(try await journal.events(of: 1).map(\.kind) == [.messageReceived, .messageRouted])
            #expect(try await journal.events(of: 3).last?.seq == 3)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `an entry is routed once, and a failing commit changes nothing`(kind: JournalKind) async throws {
        try await kind.with { journal in
            try await journal.store(.sample("A"))
            try await journal.store(.sample("B"))
            try await journal.commit([.sample(1, to: ["a.in"])])
            let events = try await journal.lastEventNumber()
            for bad in [
                [Routing.sample(2, to: ["a.in"]), .sample(1, to: ["b.in"])], [.sample(2, to: ["a.in", "a.in"])],
                [.sample(2, to: [])], [.sample(3, to: ["a.in"])],
            ] {
                await #expect(throws: JournalError.self) { try await journal.commit(bad) }
            }
            #expect(try await journal.unrouted(after: 0, limit: 9).map(\.seq) == [2])
            #expect(try await journal.deliveries(of: 2) == [])
            #expect(try await journal.lastEventNumber() == events)
        }
    }
}
