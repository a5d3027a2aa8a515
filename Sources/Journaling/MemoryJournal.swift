package import Auditing
import Crypto
import Synchronization

/// The journal in memory: the same behaviour without a disk, for tests and trials.
///
/// Every call is its own transaction. Completions are called on the caller's thread, in order.
package final class MemoryJournal: Journal {
    struct State {
        var entries: [JournalEntry] = []  // seq is index + 1
        var bodies: [[UInt8]?] = []
        var byControlId: [String: [Int64]] = [:]
        var deliveries: [Int64: [String: Delivery]] = [:]
        /// Numbers of those that are no longer kept, for the ledger.
        var removedDeliveries: [Int64: [DeliveryState: Int]] = [:]
        var attempts: [Int64: [Attempt]] = [:]
        var events: [AuditEvent] = []
        var frontier = MerkleFrontier()
        var pauses: [String: Pause] = [:]
        var aliases: [StoredAlias] = []
        var lastAlias: Int64 = 0
        var counts: [JournalTables.CounterKey: Int] = [:]
        var configurations: [[UInt8]: [UInt8]] = [:]

        /// The bytes as received, of the original for a resend.
        func body(_ seq: Int64) -> [UInt8]? {
            guard let entry = entry(seq) else { return nil }
            return bodies[Int(entry.disposition == .resent ? entry.parent ?? seq : seq) - 1]
        }
    }

    private let state = Mutex(State())
    private let failures = FailureWatch()
    private let now: @Sendable () -> Int64
    package let laneSecret: [UInt8]

    package init(now: @escaping @Sendable () -> Int64 = { SQLiteJournal.wallClock() }) {
        self.now = now
        laneSecret = SymmetricKey(size: .bits256).withUnsafeBytes(Array.init)
    }

    // MARK: Writing

    package func append(
        _ entries: [NewEntry], completion: @escaping @Sendable (Result<[Appended], JournalError>) -> Void
    ) {
        // Outside the lock, so that the completion may call the journal.
        completion(transaction(of: entries.count) { state throws(JournalError) in try state.append(entries) })
    }

    package func commit(_ routings: [Routing]) async throws(JournalError) {
        try transaction(of: routings.count) { state throws(JournalError) in
            for routing in routings { try state.route(routing) }
        }.get()
    }

    package func settle(_ settlements: [Settlement]) async throws(JournalError) {
        try transaction(of: settlements.count) { state throws(JournalError) in
            for settlement in settlements { try state.settle(settlement) }
        }.get()
    }

    package func control(_ control: Control) async throws(JournalError) {
        try transaction { state throws(JournalError) in try state.control(control) }.get()
    }

    package func record(_ events: [AuditEvent]) async throws(JournalError) {
        try transaction { state throws(JournalError) in state.add(events, about: nil) }.get()
    }

    package func count(_ counter: Counter, by amount: Int) {
        let hour = now().hour
        state.withLock { $0.counts[JournalTables.CounterKey(hour: hour, name: counter), default: 0] += amount }
    }

    package func storeConfiguration(hash: [UInt8], bytes: [UInt8]) async throws(JournalError) {
        try transaction { state throws(JournalError) in
            if state.configurations[hash] == nil { state.configurations[hash] = bytes }
        }.get()
    }

    package func remove(_ removal: Removal) async throws(JournalError) -> Removed {
        try transaction { state throws(JournalError) in state.remove(removal) }.get()
    }

    /// TRANSACTION: all of `body` or nothing. A single operation checks everything before it changes
    /// anything, so only several together need a copy to fall back on.
    private func transaction<Value: Sendable>(
        of count: Int = 1, _ body: (inout State) throws(JournalError) -> Value
    ) -> Result<Value, JournalError> {
        state.withLock { state in
            if let failure { return .failure(failure) }
            let saved = count > 1 ? state : nil
            do throws(JournalError) {
                return .success(try body(&state))
            } catch {
                if let saved { state = saved }
                return .failure(error)
            }
        }
    }

    // MARK: State

    package var backlog: Backlog {
        Backlog(operations: 0, bytes: 0, operationsMax: 16_384, bytesMax: 64 << 20)
    }

    package var failure: JournalError? { failures.failure }
    package func waitForFailure() async -> JournalError? { await failures.wait() }

    /// Makes every later write fail, as a disk does. For tests of what comes then.
    package func fail(_ error: JournalError) {
        // Inside the lock, so that no transaction ends after it.
        state.withLock { _ in failures.fail(error) }
    }

    package func close() async { fail(JournalError(.closed, "the journal is closed")) }

    // MARK: Reading

    private func read<Value>(_ body: (State) -> sending Value) -> sending Value {
        state.withLock { body($0) }
    }

    package func entry(_ seq: Int64) async throws(JournalError) -> JournalEntry? { read { $0.entry(seq) } }

    package func body(_ seq: Int64) async throws(JournalError) -> [UInt8]? {
        read { $0.body(seq) }
    }

    package func entries(after seq: Int64, limit: Int) async throws(JournalError) -> [JournalEntry] {
        read { Array($0.entries.dropFirst(Int(max(0, seq))).prefix(limit)) }
    }

    package func stored(after seq: Int64, limit: Int) async throws(JournalError) -> [StoredEntry] {
        read { state in
            var bytes = 0
            return Array(
                state.entries.dropFirst(Int(max(0, seq))).prefix(limit).lazy
                    .map { StoredEntry(entry: $0, body: state.body($0.seq)) }
                    .prefix { stored in
                        defer { bytes += stored.body?.count ?? 0 }
                        return bytes < storedBytesMax
                    })
        }
    }

    package func waiting(
        _ deliveryState: DeliveryState, before seq: Int64, limit: Int
    ) async throws(JournalError) -> [Int64] {
        guard !deliveryState.isSettled else {
            throw JournalError(.invalid, "settled deliveries are found by their entry")
        }
        return read { state in
            let seqs = state.deliveries.filter { entry in
                entry.key < seq && entry.value.values.contains { $0.state == deliveryState }
            }
            return Array(seqs.keys.sorted(by: >).prefix(limit))
        }
    }

    package func unrouted(after seq: Int64, limit: Int) async throws(JournalError) -> [JournalEntry] {
        read { Array($0.entries.dropFirst(Int(max(0, seq))).lazy.filter { $0.routing == .pending }.prefix(limit)) }
    }

    package func entries(controlId: String, limit: Int) async throws(JournalError) -> [JournalEntry] {
        read { state in
            (state.byControlId[controlId] ?? []).suffix(limit).reversed().compactMap { state.entry($0) }
        }
    }

    package func lastSeq() async throws(JournalError) -> Int64 { read { Int64($0.entries.count) } }

    package func textBytes() async throws(JournalError) -> Int64 {
        read { state in
            let sent = state.deliveries.values.lazy.flatMap(\.values).reduce(0) { $0 + ($1.sentBytes?.count ?? 0) }
            return Int64(state.bodies.reduce(sent) { $0 + ($1?.count ?? 0) })
        }
    }

    package func delivery(_ seq: Int64, endpoint: String) async throws(JournalError) -> Delivery? {
        read { $0.deliveries[seq]?[endpoint] }
    }

    package func outgoing(_ seqs: [Int64], endpoint: String) async throws(JournalError) -> [OutgoingEntry] {
        read { state in
            seqs.compactMap { seq in
                guard let delivery = state.deliveries[seq]?[endpoint], let entry = state.entry(seq) else { return nil }
                return OutgoingEntry(delivery: delivery, entry: entry, body: state.body(seq))
            }
        }
    }

    package func deliveries(of seq: Int64) async throws(JournalError) -> [Delivery] {
        read { ($0.deliveries[seq] ?? [:]).values.sorted { $0.endpoint < $1.endpoint } }
    }

    package func deliveries(
        endpoint: String, after seq: Int64, limit: Int, states: Set<DeliveryState>
    ) async throws(JournalError) -> [Delivery] {
        guard states.isSubset(of: [.queued, .held]) else {
            throw JournalError(.invalid, "settled deliveries are found by their entry")
        }
        return read { state in
            let all = state.deliveries.compactMap { $0.key > seq ? $0.value[endpoint] : nil }
            return Array(all.filter { states.contains($0.state) }.sorted { $0.seq < $1.seq }.prefix(limit))
        }
    }

    package func attempts(of seq: Int64) async throws(JournalError) -> [Attempt] {
        read { state in
            (state.attempts[seq] ?? []).sorted { ($0.at, $0.endpoint, $0.number) < ($1.at, $1.endpoint, $1.number) }
        }
    }

    package func queues() async throws(JournalError) -> [QueueSummary] { read { $0.queues() } }

    package func pauses() async throws(JournalError) -> [Pause] {
        read { $0.pauses.values.sorted { $0.endpoint < $1.endpoint } }
    }

    package func aliases(after id: Int64, limit: Int) async throws(JournalError) -> [StoredAlias] {
        read { Array($0.aliases.lazy.filter { $0.id > id }.prefix(limit)) }
    }

    package func events(after number: Int64, limit: Int) async throws(JournalError) -> [AuditEvent] {
        read { Array($0.events.dropFirst(Int(max(0, number))).prefix(limit)) }
    }

    package func events(of seq: Int64) async throws(JournalError) -> [AuditEvent] {
        read { $0.events.filter { $0.seq == seq } }
    }

    package func lastEventNumber() async throws(JournalError) -> Int64 { read { Int64($0.events.count) } }

    package func ledger(from: Int64?, to: Int64?) async throws(JournalError) -> Ledger {
        read { $0.ledger(LedgerRange(from: from, to: to)) }
    }

    package func configuration(hash: [UInt8]) async throws(JournalError) -> [UInt8]? {
        read { $0.configurations[hash] }
    }
}
