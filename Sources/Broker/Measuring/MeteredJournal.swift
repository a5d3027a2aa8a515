package import Auditing
package import Journaling

/// A journal that counts and times what is written to it. What is counted is on disk.
package struct MeteredJournal: Journal {
    private let journal: any Journal
    private let metrics = BrokerMetrics()
    package let activity = Activity()

    package init(_ journal: any Journal) { self.journal = journal }

    // MARK: Writing

    package func append(
        _ entries: [NewEntry], completion: @escaping @Sendable (Result<[Appended], JournalError>) -> Void
    ) {
        let began = Clock.monotonic()
        let taken = entries.map { Taken($0) }
        journal.append(entries) { [metrics, activity] result in
            completion(result)
            guard case .success(let appended) = result else { return }
            metrics.time("store", nanoseconds: (Clock.monotonic() - began) * 1_000)
            for (entry, appended) in zip(taken, appended) { entry.count(appended, metrics, activity) }
        }
    }

    /// What is counted of an entry, without its bytes.
    private struct Taken: Sendable {
        var provider: String?
        var type: String
        var disposition: Disposition
        var at: Int64

        init(_ entry: NewEntry) {
            (provider, type, disposition, at) = (entry.provider, entry.type, entry.disposition, entry.receivedAt)
        }

        func count(_ appended: Appended, _ metrics: BrokerMetrics, _ activity: Activity) {
            let outcome =
                switch appended {
                case .stored: disposition.name
                case .duplicate: "duplicate"
                case .held: Disposition.heldAtIntake.name
                case .refusedReuse: Disposition.refused.name
                case .acknowledgement: Disposition.acknowledgement.name
                }
            metrics.message(provider: provider, type: type, outcome: outcome)
            guard let provider else { return }
            if outcome == Disposition.refused.name {
                activity.failed(provider, at: at)
            } else {
                activity.succeeded(provider, at: at)
            }
        }
    }

    package func commit(_ routings: [Routing]) async throws(JournalError) {
        try await journal.commit(routings)
        for routing in routings {
            switch routing.outcome {
            case .routed: metrics.routing(outcome: "routed")
            case .filtered: metrics.routing(outcome: "filtered")
            case .unrouted:
                metrics.routing(outcome: "unrouted")
                guard let event = routing.events.first else { continue }
                activity.unrouted(event.provider ?? "unknown", at: event.at)
            }
        }
    }

    package func settle(_ settlements: [Settlement]) async throws(JournalError) {
        let began = Clock.monotonic()
        try await journal.settle(settlements)
        metrics.time("settle", nanoseconds: (Clock.monotonic() - began) * 1_000)
        for settlement in settlements {
            let name = settlement.endpoint
            let outcome: String
            switch settlement.outcome {
            case .delivered:
                outcome = "delivered"
                activity.succeeded(name, at: settlement.at)
                measure(settlement)
            case .retry:
                outcome = "retry"
                activity.failed(name, at: settlement.at)
            case .held:
                outcome = "held"
                activity.failed(name, at: settlement.at)
            }
            metrics.delivery(endpoint: name, outcome: outcome)
            activity.took(name, milliseconds: settlement.milliseconds, at: settlement.at)
            metrics.time("attempt", endpoint: name, nanoseconds: Int64(settlement.milliseconds) * 1_000_000)
        }
    }

    private func measure(_ settlement: Settlement) {
        guard let measures = settlement.measures else { return }
        metrics.time(
            "deliver", endpoint: settlement.endpoint, nanoseconds: max(0, settlement.at - measures.receivedAt) * 1_000)
        guard measures.leaves > 0 else { return }
        metrics.mapping(
            endpoint: settlement.endpoint, type: settlement.event.type ?? "", leaves: measures.leaves,
            lost: measures.lost)
    }

    package func control(_ control: Control) async throws(JournalError) {
        try await journal.control(control)
        metrics.control(control.event.kind.rawValue)
    }

    package func record(_ events: [AuditEvent]) async throws(JournalError) { try await journal.record(events) }
    package func count(_ counter: Journaling.Counter, by amount: Int) { journal.count(counter, by: amount) }
    package func storeConfiguration(hash: [UInt8], bytes: [UInt8]) async throws(JournalError) {
        try await journal.storeConfiguration(hash: hash, bytes: bytes)
    }
    package func remove(_ removal: Removal) async throws(JournalError) -> Removed {
        try await journal.remove(removal)
    }
}

/// Everything else is the journal's own.
extension MeteredJournal {
    package var backlog: Backlog { journal.backlog }
    package var failure: JournalError? { journal.failure }
    package func waitForFailure() async -> JournalError? { await journal.waitForFailure() }
    package var laneSecret: [UInt8] { journal.laneSecret }
    package func close() async { await journal.close() }
    package func entry(_ seq: Int64) async throws(JournalError) -> JournalEntry? { try await journal.entry(seq) }
    package func body(_ seq: Int64) async throws(JournalError) -> [UInt8]? { try await journal.body(seq) }
    package func entries(after seq: Int64, limit: Int) async throws(JournalError) -> [JournalEntry] {
        try await journal.entries(after: seq, limit: limit)
    }
    package func stored(after seq: Int64, limit: Int) async throws(JournalError) -> [StoredEntry] {
        try await journal.stored(after: seq, limit: limit)
    }
    package func waiting(
        _ state: DeliveryState, before seq: Int64, limit: Int
    ) async throws(JournalError) -> [Int64] {
        try await journal.waiting(state, before: seq, limit: limit)
    }
    package func unrouted(after seq: Int64, limit: Int) async throws(JournalError) -> [JournalEntry] {
        try await journal.unrouted(after: seq, limit: limit)
    }
    package func entries(controlId: String, limit: Int) async throws(JournalError) -> [JournalEntry] {
        try await journal.entries(controlId: controlId, limit: limit)
    }
    package func delivery(_ seq: Int64, endpoint: String) async throws(JournalError) -> Delivery? {
        try await journal.delivery(seq, endpoint: endpoint)
    }
    package func outgoing(_ seqs: [Int64], endpoint: String) async throws(JournalError) -> [OutgoingEntry] {
        try await journal.outgoing(seqs, endpoint: endpoint)
    }
    package func deliveries(of seq: Int64) async throws(JournalError) -> [Delivery] {
        try await journal.deliveries(of: seq)
    }
    package func deliveries(
        endpoint: String, after seq: Int64, limit: Int, states: Set<DeliveryState>
    ) async throws(JournalError) -> [Delivery] {
        try await journal.deliveries(endpoint: endpoint, after: seq, limit: limit, states: states)
    }
    package func attempts(of seq: Int64) async throws(JournalError) -> [Attempt] { try await journal.attempts(of: seq) }
    package func queues() async throws(JournalError) -> [QueueSummary] { try await journal.queues() }
    package func pauses() async throws(JournalError) -> [Pause] { try await journal.pauses() }
    package func aliases(after id: Int64, limit: Int) async throws(JournalError) -> [StoredAlias] {
        try await journal.aliases(after: id, limit: limit)
    }
    package func events(after number: Int64, limit: Int) async throws(JournalError) -> [AuditEvent] {
        try await journal.events(after: number, limit: limit)
    }
    package func events(of seq: Int64) async throws(JournalError) -> [AuditEvent] { try await journal.events(of: seq) }
    package func lastEventNumber() async throws(JournalError) -> Int64 { try await journal.lastEventNumber() }
    package func lastSeq() async throws(JournalError) -> Int64 { try await journal.lastSeq() }
    package func textBytes() async throws(JournalError) -> Int64 { try await journal.textBytes() }
    package func ledger(from: Int64?, to: Int64?) async throws(JournalError) -> Ledger {
        try await journal.ledger(from: from, to: to)
    }
    package func configuration(hash: [UInt8]) async throws(JournalError) -> [UInt8]? {
        try await journal.configuration(hash: hash)
    }
}
