package import Auditing

/// The log of everything that came in and what became of it: the only truth of the broker.
///
/// Each writing method is one transaction that carries its audit events, and returns (or calls back)
/// only when that transaction is on disk. After ``JournalError/Code/storageLost`` nothing is written
/// any more and every call fails with it. Reads are pages, each one short read transaction.
package protocol Journal: Sendable {
    // MARK: Writing

    /// TRANSACTION 1: stores the entries of one frame, all or none.
    ///
    /// Returns at once. `completion` is called once, on the writer's thread, when the group is on disk
    /// (one result an entry, in order), or has failed; it must not block. Seqs follow the order of the calls.
    func append(
        _ entries: [NewEntry], completion: @escaping @Sendable (Result<[Appended], JournalError>) -> Void)
    /// TRANSACTION 2: stores the router's decisions, all or none. An entry not waiting for the router is a `conflict`.
    func commit(_ routings: [Routing]) async throws(JournalError)
    /// TRANSACTION 3: stores the outcomes of attempts, all or none.
    ///
    /// `delivered` is recorded whatever a person did meanwhile (it is a fact) and is a `conflict` only if
    /// delivered before; retry and held leave a state set by a person as it is.
    func settle(_ settlements: [Settlement]) async throws(JournalError)
    /// Does what a person asked for. A state that does not allow it is a `conflict`.
    func control(_ control: Control) async throws(JournalError)
    /// Writes events that change nothing else: reads of patient data, start, stop, a sender mismatch.
    func record(_ events: [AuditEvent]) async throws(JournalError)
    /// Counts something; it rides with the next transaction, and may be lost with a crash before it.
    func count(_ counter: Counter, by amount: Int)
    /// Keeps the bytes of a configuration under its hash. Storing it again does nothing.
    func storeConfiguration(hash: [UInt8], bytes: [UInt8]) async throws(JournalError)
    /// Does one step of removing what is no longer kept, when nothing else waits, or after a second at the latest.
    func remove(_ removal: Removal) async throws(JournalError) -> Removed

    /// Bytes of messages that are kept, as they came in and as they were sent.
    func textBytes() async throws(JournalError) -> Int64

    // MARK: State

    /// How much waits for the writer.
    var backlog: Backlog { get }
    /// The error that ended writing, if any.
    var failure: JournalError? { get }
    /// Returns when writing has ended by an error, or nil when the task is cancelled.
    func waitForFailure() async -> JournalError?
    /// Key of lane keys and patient references, made at first start. See ``LaneKey``.
    var laneSecret: [UInt8] { get }
    /// Completes what waits, signs a last head and closes. Later calls fail with `closed`.
    func close() async

    // MARK: Reading

    func entry(_ seq: Int64) async throws(JournalError) -> JournalEntry?
    /// The bytes as received (of the original, for a resend). Nil if unknown or no longer kept.
    func body(_ seq: Int64) async throws(JournalError) -> [UInt8]?
    func entries(after seq: Int64, limit: Int) async throws(JournalError) -> [JournalEntry]
    /// The same with their bytes. There may be fewer than asked for where these are long, but at least one if any is left.
    func stored(after seq: Int64, limit: Int) async throws(JournalError) -> [StoredEntry]
    /// Entries that wait for the router, in seq order.
    func unrouted(after seq: Int64, limit: Int) async throws(JournalError) -> [JournalEntry]
    /// Newest first.
    func entries(controlId: String, limit: Int) async throws(JournalError) -> [JournalEntry]
    func delivery(_ seq: Int64, endpoint: String) async throws(JournalError) -> Delivery?
    /// Deliveries of an endpoint with their entries and bodies, for sending: in the order asked for, unknown ones
    /// left out. One read, so ask for tens, not thousands.
    func outgoing(_ seqs: [Int64], endpoint: String) async throws(JournalError) -> [OutgoingEntry]
    func deliveries(of seq: Int64) async throws(JournalError) -> [Delivery]
    /// Unsettled deliveries of an endpoint in seq order. `states` is queued, held or both;
    /// settled ones are found by entry.
    func deliveries(
        endpoint: String, after seq: Int64, limit: Int, states: Set<DeliveryState>
    ) async throws(JournalError) -> [Delivery]
    /// Entries with a delivery in a state, queued or held, newest first; settled ones are found by entry.
    func waiting(_ state: DeliveryState, before seq: Int64, limit: Int) async throws(JournalError) -> [Int64]
    func attempts(of seq: Int64) async throws(JournalError) -> [Attempt]
    /// Endpoints with unsettled deliveries, by name.
    func queues() async throws(JournalError) -> [QueueSummary]
    func pauses() async throws(JournalError) -> [Pause]
    /// Aliases that hold, in the order in which they were made.
    func aliases(after id: Int64, limit: Int) async throws(JournalError) -> [StoredAlias]
    func events(after number: Int64, limit: Int) async throws(JournalError) -> [AuditEvent]
    /// Events about one entry, in order.
    func events(of seq: Int64) async throws(JournalError) -> [AuditEvent]
    /// 0 if there is none.
    func lastEventNumber() async throws(JournalError) -> Int64
    /// 0 if there is none.
    func lastSeq() async throws(JournalError) -> Int64
    /// Counts everything received in whole hours: `from` is rounded down, `to` up (microseconds since
    /// 1970-01-01 UTC); nil is open.
    func ledger(from: Int64?, to: Int64?) async throws(JournalError) -> Ledger
    func configuration(hash: [UInt8]) async throws(JournalError) -> [UInt8]?
}

extension Journal {
    package func settle(_ settlement: Settlement) async throws(JournalError) {
        try await settle([settlement])
    }

    /// ``append(_:completion:)`` for callers that can wait.
    package func append(_ entries: [NewEntry]) async throws(JournalError) -> [Appended] {
        let result: Result<[Appended], JournalError> = await withCheckedContinuation { continuation in
            append(entries) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}

/// What waits for the writer, and how much may.
package struct Backlog: Hashable, Sendable {
    package var operations: Int
    package var bytes: Int
    package var operationsMax: Int
    package var bytesMax: Int
    /// The disk has only its reserve left: deliveries go on, appends fail with `full`.
    package var isDiskLow = false

    /// An append now would fail with `full`. Intake stops reading well before: at half.
    package var isFull: Bool { operations >= operationsMax || bytes >= bytesMax || isDiskLow }
    package var isHalfFull: Bool { operations * 2 >= operationsMax || bytes * 2 >= bytesMax }
}

extension Backlog {
    /// Why an append is refused now; nil if it is not.
    var refusal: JournalError? {
        guard isFull else { return nil }
        let text =
            isDiskLow
            ? "the disk of the data folder is nearly full: nothing is accepted until there is room again"
            : "the journal's queue is full (\(operations) operations)"
        return JournalError(.full, text)
    }
}
