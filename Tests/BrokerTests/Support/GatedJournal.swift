import Auditing
import Journaling
import Synchronization

/// A journal in memory whose appends complete only while its gate is open: a disk that takes its time.
final class GatedJournal: Journal {
    let memory = MemoryJournal()
    private typealias Append = @Sendable () -> Void
    private let state: Mutex<(isOpen: Bool, waiting: [Append])>

    init(isOpen: Bool) { state = Mutex((isOpen, [])) }

    /// Lets everything that waits through, in order, and what comes after it at once.
    func open() {
        let waiting = state.withLock { state in
            defer { state = (true, []) }
            return state.waiting
        }
        for append in waiting { append() }
    }

    func append(
        _ entries: [NewEntry], completion: @escaping @Sendable (Result<[Appended], JournalError>) -> Void
    ) {
        let memory = memory
        let isOpen = state.withLock { state in
            if !state.isOpen { state.waiting.append { memory.append(entries, completion: completion) } }
            return state.isOpen
        }
        if isOpen { memory.append(entries, completion: completion) }
    }

    var backlog: Backlog { memory.backlog }
    var failure: JournalError? { memory.failure }
    func waitForFailure() async -> JournalError? { await memory.waitForFailure() }
    var laneSecret: [UInt8] { memory.laneSecret }

    func commit(_ routings: [Routing]) async throws(JournalError) { try await memory.commit(routings) }
    func settle(_ settlements: [Settlement]) async throws(JournalError) { try await memory.settle(settlements) }
    func control(_ control: Control) async throws(JournalError) { try await memory.control(control) }
    func record(_ events: [AuditEvent]) async throws(JournalError) { try await memory.record(events) }
    func count(_ counter: Counter, by amount: Int) { memory.count(counter, by: amount) }
    func storeConfiguration(hash: [UInt8], bytes: [UInt8]) async throws(JournalError) {
        try await memory.storeConfiguration(hash: hash, bytes: bytes)
    }
    func remove(_ removal: Removal) async throws(JournalError) -> Removed { try await memory.remove(removal) }
    func close() async { await memory.close() }
    func entry(_ seq: Int64) async throws(JournalError) -> JournalEntry? { try await memory.entry(seq) }
    func body(_ seq: Int64) async throws(JournalError) -> [UInt8]? { try await memory.body(seq) }
    func entries(after seq: Int64, limit: Int) async throws(JournalError) -> [JournalEntry] {
        try await memory.entries(after: seq, limit: limit)
    }
    func stored(after seq: Int64, limit: Int) async throws(JournalError) -> [StoredEntry] {
        try await memory.stored(after: seq, limit: limit)
    }
    func waiting(_ state: DeliveryState, before seq: Int64, limit: Int) async throws(JournalError) -> [Int64] {
        try await memory.waiting(state, before: seq, limit: limit)
    }
    func unrouted(after seq: Int64, limit: Int) async throws(JournalError) -> [JournalEntry] {
        try await memory.unrouted(after: seq, limit: limit)
    }
    func entries(controlId: String, limit: Int) async throws(JournalError) -> [JournalEntry] {
        try await memory.entries(controlId: controlId, limit: limit)
    }
    func delivery(_ seq: Int64, endpoint: String) async throws(JournalError) -> Delivery? {
        try await memory.delivery(seq, endpoint: endpoint)
    }
    func outgoing(_ seqs: [Int64], endpoint: String) async throws(JournalError) -> [OutgoingEntry] {
        try await memory.outgoing(seqs, endpoint: endpoint)
    }
    func deliveries(of seq: Int64) async throws(JournalError) -> [Delivery] { try await memory.deliveries(of: seq) }
    func deliveries(
        endpoint: String, after seq: Int64, limit: Int, states: Set<DeliveryState>
    ) async throws(JournalError) -> [Delivery] {
        try await memory.deliveries(endpoint: endpoint, after: seq, limit: limit, states: states)
    }
    func attempts(of seq: Int64) async throws(JournalError) -> [Attempt] { try await memory.attempts(of: seq) }
    func queues() async throws(JournalError) -> [QueueSummary] { try await memory.queues() }
    func pauses() async throws(JournalError) -> [Pause] { try await memory.pauses() }
    func aliases(after id: Int64, limit: Int) async throws(JournalError) -> [StoredAlias] {
        try await memory.aliases(after: id, limit: limit)
    }
    func events(after number: Int64, limit: Int) async throws(JournalError) -> [AuditEvent] {
        try await memory.events(after: number, limit: limit)
    }
    func events(of seq: Int64) async throws(JournalError) -> [AuditEvent] { try await memory.events(of: seq) }
    func lastEventNumber() async throws(JournalError) -> Int64 { try await memory.lastEventNumber() }
    func lastSeq() async throws(JournalError) -> Int64 { try await memory.lastSeq() }
    func textBytes() async throws(JournalError) -> Int64 { try await memory.textBytes() }
    func ledger(from: Int64?, to: Int64?) async throws(JournalError) -> Ledger {
        try await memory.ledger(from: from, to: to)
    }
    func configuration(hash: [UInt8]) async throws(JournalError) -> [UInt8]? {
        try await memory.configuration(hash: hash)
    }
}
