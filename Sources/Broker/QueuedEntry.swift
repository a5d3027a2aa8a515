import HL7
import Journaling

/// An entry on its way to its endpoints: where it came from, and its message.
final class QueuedEntry: Sendable {
    enum Content: Sendable {
        /// As intake read it.
        case message(Message)
        /// The bytes as received.
        case bytes([UInt8])
    }

    let seq: Int64
    /// Microseconds since 1970-01-01 UTC.
    let receivedAt: Int64
    let listener: String
    /// The sender, if recognised.
    let provider: String?
    let type: String
    let controlID: String
    /// nil: no longer kept.
    let content: Content?

    /// An entry as the journal has it.
    init(_ entry: JournalEntry, body: [UInt8]?) {
        seq = entry.seq
        receivedAt = entry.receivedAt
        listener = entry.listener
        provider = entry.provider
        type = entry.type
        controlID = entry.controlId
        content = body.map { .bytes($0) }
    }

    /// An entry that was just accepted.
    init(_ item: PipelineInbox.Item, _ message: Message) {
        let header = message.header
        seq = item.seq
        receivedAt = item.receivedAt
        listener = item.listener
        provider = item.provider
        type = header.type
        controlID = String(decoding: header.controlID, as: UTF8.self)
        content = .message(message)
    }

    /// About what it takes in memory: a message has an index beside its bytes.
    var cost: Int {
        switch content {
        case .message(let message): 512 + 3 * message.bytes.count
        case .bytes(let bytes): 512 + bytes.count
        case nil: 512
        }
    }
}

/// One delivery, with what it takes to make it ready and to settle it.
struct DeliveryJob: Sendable {
    var entry: QueuedEntry
    var route: String
    /// Hash of the configuration to edit and map it by.
    var configuration: [UInt8]
    /// Attempts made so far.
    var attempts = 0
    /// The broker ended when a try may have been under way: the receiver may have it already.
    var followsCutOff = false

    var seq: Int64 { entry.seq }
}

extension DeliveryJob {
    init(_ stored: OutgoingEntry) {
        entry = QueuedEntry(stored.entry, body: stored.body)
        route = stored.delivery.route
        configuration = stored.delivery.configuration
        attempts = stored.delivery.attempts
    }
}

/// A delivery that the router made.
struct Arrival: Sendable {
    var seq: Int64
    var laneKeys: [UInt64]
    /// nil: the journal has it.
    var job: DeliveryJob?
}
