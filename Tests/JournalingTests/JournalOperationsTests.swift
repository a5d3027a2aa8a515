import Auditing
import Testing

@testable import Journaling

/// What every journal promises about deliveries, people's decisions and counting; run against each.
@Suite struct JournalOperationsTests {
    // MARK: Settling

    @Test(arguments: JournalKind.allCases)
    func `attempts are counted and a delivered one keeps its evidence`(kind: JournalKind) async throws {
        try await kind.with { journal in
            try await journal.store(.sample())
            try await journal.commit([.sample(1, to: ["a.in"])])
            try await journal.settle(.sample(1, "a.in", .retry(nextTry: start + 5, reason: "timeout")))
            let waiting = try #require(try await journal.delivery(1, endpoint: "a.in"))
            #expect(waiting.state == .queued)
            #expect(waiting.attempts == 1)
            #expect(waiting.nextTry == start + 5)
            #expect(waiting.reason == "timeout")
            #expect(waiting.laneKeys == [1, .max])
            #expect(waiting.receivedAt == start)
            try await journal.settle(.sample(1, "a.in", at: start + 9))
            let done = try #require(try await journal.delivery(1, endpoint: "a.in"))
            #expect(done.state == .delivered)
            #expect(done.attempts == 2)
            #expect(done.nextTry == nil)
            #expect(done.reason == nil)
            #expect(done.settledAt == start + 9)
            #expect(done.sentSHA256 == [4])
            #expect(done.sentBytes == [5, 6])
            #expect(done.answer == [7])
            #expect(try await journal.attempts(of: 1).map(\.number) == [1, 2])
            let events = try await journal.events(of: 1)
            #expect(events.map(\.attempt) == [nil, nil, 1, 2])
            #expect(events.last?.endpoint == "a.in")
            let error = await #expect(throws: JournalError.self) { try await journal.settle(.sample(1, "a.in")) }
            #expect(error?.code == .conflict)
            let missing = await #expect(throws: JournalError.self) { try await journal.settle(.sample(1, "b.in")) }
            #expect(missing?.code == .notFound)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `what a person decided while an attempt was under way stays, but a delivery is a fact`(
        kind: JournalKind
    ) async throws {
        try await kind.with { journal in
            try await journal.store(.sample())
            try await journal.commit([.sample(1, to: ["a.in", "b.in"])])
            for endpoint in ["a.in", "b.in"] {
                try await journal.control(
                    Control(.skip(seq: 1, endpoint: endpoint), at: start, actor: "uid:0", reason: "test patient"))
            }
            try await journal.settle(.sample(1, "a.in", .retry(nextTry: start, reason: "timeout")))
            let skipped = try #require(try await journal.delivery(1, endpoint: "a.in"))
            #expect(skipped.state == .skipped)
            #expect(skipped.reason == "test patient")
            #expect(skipped.attempts == 1)
            try await journal.settle(.sample(1, "b.in"))
            #expect(try await journal.delivery(1, endpoint: "b.in")?.state == .delivered)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `an endpoint's unsettled deliveries come in seq order, by pages`(kind: JournalKind) async throws {
        try await kind.with { journal in
            for number in 1...6 { try await journal.store(.sample("M\(number)", at: start + Int64(number))) }
            try await journal.commit((1...6).map { .sample($0, to: ["a.in"], heldBecause: $0 == 3 ? "map" : nil) })
            try await journal.settle(.sample(1, "a.in"))
            try await journal.settle(.sample(2, "a.in", .retry(nextTry: 77, reason: "refused")))
            let open: Set<DeliveryState> = [.queued, .held]
            #expect(
                try await journal.deliveries(endpoint: "a.in", after: 0, limit: 3, states: open).map(\.seq)
                    == [2, 3, 4])
            #expect(
                try await journal.deliveries(endpoint: "a.in", after: 4, limit: 3, states: open).map(\.seq) == [5, 6])
            #expect(
                try await journal.deliveries(endpoint: "a.in", after: 0, limit: 9, states: [.queued]).map(\.seq)
                    == [2, 4, 5, 6])
            #expect(
                try await journal.deliveries(endpoint: "a.in", after: 0, limit: 9, states: [.held]).map(\.seq) == [3])
            #expect(try await journal.deliveries(endpoint: "b.in", after: 0, limit: 9, states: open) == [])
            #expect(
                try await journal.queues() == [
                    QueueSummary(
                        endpoint: "a.in", queued: 4, held: 1, oldestReceivedAt: start + 2, head: 2,
                        headReason: "refused", headNextTry: 77)
                ])
        }
    }

    // MARK: Control

    @Test(arguments: JournalKind.allCases)
    func `hold, release and skip do what the state allows`(kind: JournalKind) async throws {
        try await kind.with { journal in
            try await journal.store(.sample())
            try await journal.commit([.sample(1, to: ["a.in"])])
            func control(_ operation: Control.Operation) async throws {
                try await journal.control(Control(operation, at: start, actor: "uid:0", reason: "asked to"))
            }
            func state() async throws -> DeliveryState? {
                let delivery = try await journal.delivery(1, endpoint: "a.in")
                return delivery?.state
            }
            try await control(.hold(seq: 1, endpoint: "a.in"))
            #expect(try await state() == .held)
            #expect(try await journal.delivery(1, endpoint: "a.in")?.reason == "asked to")
            await #expect(throws: JournalError.self) { try await control(.hold(seq: 1, endpoint: "a.in")) }
            try await control(.release(seq: 1, endpoint: "a.in"))
            #expect(try await state() == .queued)
            #expect(try await journal.delivery(1, endpoint: "a.in")?.reason == nil)
            try await control(.skip(seq: 1, endpoint: "a.in"))
            #expect(try await state() == .skipped)
            #expect(try await journal.delivery(1, endpoint: "a.in")?.settledAt == start)
            await #expect(throws: JournalError.self) { try await control(.release(seq: 1, endpoint: "a.in")) }
            await #expect(throws: JournalError.self) { try await control(.skip(seq: 2, endpoint: "a.in")) }
            let events = try await journal.events(of: 1).suffix(3)
            #expect(events.map(\.kind) == [.deliveryHeld, .deliveryReleased, .deliverySkipped])
            #expect(events.allSatisfy { $0.actor == "uid:0" && $0.text == "asked to" && $0.endpoint == "a.in" })
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `the router's lane keys and aliases are stored with its decision`(kind: JournalKind) async throws {
        try await kind.with { journal in
            for number in 1...4 { try await journal.store(.sample("M\(number)")) }
            var routing = Routing.sample(1, to: ["a.in"])
            routing.laneKeys = [1, .max, 9]
            routing.aliases = [LaneAlias(9, .max, .merged), LaneAlias(1, 9, .linked), LaneAlias(9, 1, .linked)]
            try await journal.commit([routing])
            #expect(try await journal.entry(1)?.laneKeys == [1, .max, 9])
            #expect(try await journal.delivery(1, endpoint: "a.in")?.laneKeys == [1, .max, 9])
            let held = try await journal.aliases(after: 0, limit: 9)
            #expect(held.map(\.alias) == [LaneAlias(.max, 9, .merged), LaneAlias(9, 1, .linked)])
            #expect(try await journal.aliases(after: held[0].id, limit: 9) == [held[1]])
            // The end of a link is not that of a merge.
            var filtered = Routing(seq: 2, outcome: .filtered, events: [])
            filtered.aliases = [LaneAlias(1, 9, .unlinked), LaneAlias(9, .max, .unlinked)]
            try await journal.commit([filtered])
            #expect(try await journal.aliases(after: 0, limit: 9) == [held[0]])
            #expect(try await journal.entry(2)?.laneKeys == [1, .max])
            // Nothing of a transaction that fails stays.
            var late = Routing(seq: 3, outcome: .unrouted, events: [])
            late.aliases = [LaneAlias(3, 4, .merged)]
            await #expect(throws: JournalError.self) { try await journal.commit([late, .sample(2, to: ["a.in"])]) }
            #expect(try await journal.aliases(after: 0, limit: 9) == [held[0]])
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `a pause says until when, and a listener's is an event about the listener`(kind: JournalKind) async throws {
        try await kind.with { journal in
            let operation = Control.Operation.pause(endpoint: "listener:hospitals", until: 99)
            try await journal.control(Control(operation, at: 5, actor: "uid:0", reason: "upgrade"))
            try await journal.control(Control(.pause(endpoint: "a.in", until: 8), at: 6, actor: "uid:0", reason: "r"))
            try await journal.control(Control(.pause(endpoint: "a.in"), at: 7, actor: "uid:0", reason: "longer"))
            let pauses = try await journal.pauses()
            #expect(pauses.map(\.until) == [nil, 99])
            #expect(pauses.map(\.listener) == [nil, "hospitals"])
            try await journal.control(Control(.resume(endpoint: "listener:hospitals"), at: 9, actor: "u", reason: "r"))
            let events = try await journal.events(after: 0, limit: 9)
            #expect(events.map(\.kind) == [.listenerPaused, .endpointPaused, .endpointPaused, .listenerResumed])
            #expect(events[0].listener == "hospitals" && events[0].endpoint == nil && events[1].endpoint == "a.in")
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `a paused endpoint is paused until it is resumed`(kind: JournalKind) async throws {
        try await kind.with { journal in
            try await journal.control(Control(.pause(endpoint: "a.in"), at: 5, actor: "uid:0", reason: "upgrade"))
            #expect(
                try await journal.pauses() == [Pause(endpoint: "a.in", at: 5, actor: "uid:0", reason: "upgrade")])
            try await journal.control(Control(.resume(endpoint: "a.in"), at: 6, actor: "uid:0", reason: "done"))
            #expect(try await journal.pauses() == [])
            await #expect(throws: JournalError.self) {
                try await journal.control(Control(.resume(endpoint: "a.in"), at: 6, actor: "uid:0", reason: "done"))
            }
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `an entry held at intake is released to the router or dismissed`(kind: JournalKind) async throws {
        try await kind.with { journal in
            for number in 1...2 { try await journal.store(.sample("H\(number)", disposition: .heldAtIntake)) }
            try await journal.store(.sample("N"))
            try await journal.commit([.sample(3, to: ["a.in"])])
            try await journal.record([AuditEvent(.brokerStarted, at: start)])
            #expect(try await journal.unrouted(after: 0, limit: 9) == [])
            try await journal.control(Control(.releaseEntry(seq: 1), at: 5, actor: "uid:0", reason: "checked"))
            try await journal.control(Control(.dismissEntry(seq: 2), at: 5, actor: "uid:0", reason: "test"))
            #expect(try await journal.unrouted(after: 0, limit: 9).map(\.seq) == [1])
            try await journal.commit([.sample(1, to: ["a.in"])])
            #expect(try await journal.unrouted(after: 0, limit: 9) == [])
            #expect(try await journal.entries(after: 0, limit: 9).map(\.routing) == [.routed, .dismissed, .routed])
            for seq: Int64 in 1...3 {
                await #expect(throws: JournalError.self) {
                    try await journal.control(Control(.releaseEntry(seq: seq), at: 5, actor: "u", reason: "r"))
                }
            }
            #expect(try await journal.ledger(from: nil, to: nil).isBalanced)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `a resend is an entry of its own with its parent's bytes`(kind: JournalKind) async throws {
        try await kind.with { journal in
            try await journal.store(.sample())
            try await journal.commit([.sample(1, to: ["a.in"])])
            try await journal.settle(.sample(1, "a.in"))
            var again = NewEntry.sample(
                disposition: .resent, parent: .entry(1),
                deliveries: [NewDelivery(endpoint: "a.in", route: "admissions", configuration: [9])])
            again.body = []
            #expect(try await journal.append([again]) == [.stored(seq: 2, reusedControlId: false)])
            #expect(try await journal.body(2) == NewEntry.sample().body)
            #expect(try await journal.unrouted(after: 0, limit: 9) == [])
            #expect(try await journal.delivery(2, endpoint: "a.in")?.state == .queued)
            let ledger = try await journal.ledger(from: nil, to: nil)
            #expect(ledger.resent == 1)
            #expect(ledger.deliveries == 2)
            #expect(ledger.isBalanced)
        }
    }

    // MARK: Events, configurations, counts

    @Test(arguments: JournalKind.allCases)
    func `events are numbered without gaps and read by pages`(kind: JournalKind) async throws {
        try await kind.with { journal in
            #expect(try await journal.lastEventNumber() == 0)
            try await journal.record((1...5).map { AuditEvent(.patientRead, at: $0, actor: "uid:0", patients: [3]) })
            try await journal.store(.sample())
            #expect(try await journal.lastEventNumber() == 6)
            #expect(try await journal.events(after: 0, limit: 9).map(\.number) == [1, 2, 3, 4, 5, 6])
            #expect(try await journal.events(after: 2, limit: 2).map(\.at) == [3, 4])
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `a configuration is kept under its hash`(kind: JournalKind) async throws {
        try await kind.with { journal in
            try await journal.storeConfiguration(hash: [1, 2], bytes: [3])
            try await journal.storeConfiguration(hash: [1, 2], bytes: [3])
            #expect(try await journal.configuration(hash: [1, 2]) == [3])
            #expect(try await journal.configuration(hash: [2, 1]) == nil)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `the ledger balances and says what became of everything`(kind: JournalKind) async throws {
        try await kind.with { journal in
            try await journal.store(.sample("A"))
            try await journal.store(.sample("A"))
            try await journal.store(.sample("B", disposition: .refused))
            try await journal.store(.sample("", disposition: .framingError))
            try await journal.store(.sample("C", disposition: .acknowledgement))
            try await journal.store(.sample("D", disposition: .heldAtIntake))
            _ = try await journal.append([
                .sample("", disposition: .batch), .sample("E", parent: .index(0)), .sample("E", parent: .index(0)),
            ])
            for id in ["F", "G", "H"] { try await journal.store(.sample(id)) }
            journal.count(.emptyFrame, by: 2)
            journal.count(.skippedByte, by: 30)
            let pending = try await journal.unrouted(after: 0, limit: 9).map(\.seq)
            #expect(pending.count == 5)
            try await journal.commit([
                .sample(pending[0], to: ["a.in", "b.in"]), Routing(seq: pending[1], outcome: .filtered, events: []),
                Routing(seq: pending[2], outcome: .unrouted, events: []), .sample(pending[3], to: ["a.in"]),
            ])
            try await journal.settle(.sample(pending[0], "a.in"))
            try await journal.control(
                Control(.skip(seq: pending[0], endpoint: "b.in"), at: 1, actor: "u", reason: "r"))
            let ledger = try await journal.ledger(from: nil, to: nil)
            #expect(ledger.isBalanced)
            #expect(ledger.frames == 10)
            #expect(ledger.emptyFrames == 2)
            #expect(ledger.skippedBytes == 30)
            #expect(ledger.framingErrors == 1)
            #expect(ledger.batches == 1)
            #expect(ledger.messages == 10)
            #expect(ledger.refused == 1)
            #expect(ledger.duplicate == 2)
            #expect(ledger.acknowledgement == 1)
            #expect(ledger.heldAtIntake == 1)
            #expect(ledger.filtered == 1)
            #expect(ledger.unrouted == 1)
            #expect(ledger.accepted == 3)
            #expect(ledger.pending == 1)
            #expect(ledger.deliveries == 3)
            #expect(ledger.delivered == 1)
            #expect(ledger.skipped == 1)
            #expect(ledger.queued == 1)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `a ledger covers whole hours`(kind: JournalKind) async throws {
        try await kind.with { journal in
            let first = start - start % hour
            for number: Int64 in 0..<4 { try await journal.store(.sample("M\(number)", at: first + number * hour)) }
            let one = try await journal.ledger(from: first + hour + 5, to: first + hour + 6)
            #expect(one.frames == 1)
            #expect(one.accepted == 1)
            #expect(one.isBalanced)
            let two = try await journal.ledger(from: first + hour, to: first + 3 * hour)
            #expect(two.frames == 2)
            #expect(two.isBalanced)
            #expect(try await journal.ledger(from: first + 9 * hour, to: nil) == Ledger())
        }
    }

    // MARK: The end

    @Test(arguments: JournalKind.allCases)
    func `a closed journal takes nothing more`(kind: JournalKind) async throws {
        try await kind.with { journal in
            await journal.close()
            let error = await #expect(throws: JournalError.self) { try await journal.append([.sample()]) }
            #expect(error?.code == .closed)
            let other = await #expect(throws: JournalError.self) { try await journal.commit([]) }
            #expect(other?.code == .closed)
        }
    }
}
