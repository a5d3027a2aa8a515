/// One record of the audit log: what happened, when, by whom, to which entry.
///
/// An event never holds patient text; patients appear as keyed references only (``patients``).
/// Its stored form is one line of canonical JSON (``encoded()``); that line is what the Merkle log
/// hashes, and it is never re-encoded.
package struct AuditEvent: Hashable, Sendable {
    /// Position in the log, from 1 without gaps. The journal gives it; 0 in a template.
    package var number: Int64 = 0
    /// Microseconds since 1970-01-01 UTC.
    package var at: Int64
    package var kind: Kind
    /// Who did it: a user, `uid:1000`, `broker`, or the name of a provider.
    package var actor: String
    /// Sequence number of the entry it is about. The journal fills it for the events of new entries.
    package var seq: Int64?
    package var provider: String?
    package var listener: String?
    /// `provider.endpoint`.
    package var endpoint: String?
    package var route: String?
    /// Message type, `ADT^A01`.
    package var type: String?
    /// MSH-10.
    package var controlId: String?
    /// Keyed references (first 8 bytes of an HMAC) of the patients it is about.
    package var patients: [UInt64] = []
    /// Number of the delivery attempt, from 1.
    package var attempt: Int?
    /// How long it took, in milliseconds.
    package var milliseconds: Int?
    /// Reason, answer or explanation. Never patient text.
    package var text: String?

    package init(
        _ kind: Kind, at: Int64, actor: String = "broker", seq: Int64? = nil, provider: String? = nil,
        listener: String? = nil, endpoint: String? = nil, route: String? = nil, type: String? = nil,
        controlId: String? = nil, patients: [UInt64] = [], attempt: Int? = nil, milliseconds: Int? = nil,
        text: String? = nil
    ) {
        self.at = at
        self.kind = kind
        self.actor = actor
        self.seq = seq
        self.provider = provider
        self.listener = listener
        self.endpoint = endpoint
        self.route = route
        self.type = type
        self.controlId = controlId
        self.patients = patients
        self.attempt = attempt
        self.milliseconds = milliseconds
        self.text = text
    }
}

extension AuditEvent {
    /// What happened, as `subject.verb`. Readers keep kinds they do not know.
    package struct Kind: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
        package var rawValue: String
        package init(rawValue: String) { self.rawValue = rawValue }
        package init(stringLiteral value: String) { rawValue = value }
        package var description: String { rawValue }

        package static let messageReceived: Kind = "message.received"
        package static let messageRefused: Kind = "message.refused"
        package static let messageDuplicate: Kind = "message.duplicate"
        package static let messageHeld: Kind = "message.held"
        package static let messageReleased: Kind = "message.released"
        package static let messageDismissed: Kind = "message.dismissed"
        package static let messageFiltered: Kind = "message.filtered"
        package static let messageUnrouted: Kind = "message.unrouted"
        package static let messageRouted: Kind = "message.routed"
        package static let messageResent: Kind = "message.resent"
        package static let acknowledgementReceived: Kind = "acknowledgement.received"
        package static let acknowledgementMade: Kind = "acknowledgement.made"
        package static let queryAnswered: Kind = "query.answered"
        package static let queryUnanswered: Kind = "query.unanswered"
        package static let batchReceived: Kind = "batch.received"
        package static let framingError: Kind = "frame.unreadable"
        package static let deliverySent: Kind = "delivery.sent"
        package static let deliveryRetry: Kind = "delivery.retry"
        package static let deliveryHeld: Kind = "delivery.held"
        package static let deliveryReleased: Kind = "delivery.released"
        package static let deliverySkipped: Kind = "delivery.skipped"
        package static let endpointPaused: Kind = "endpoint.paused"
        package static let endpointResumed: Kind = "endpoint.resumed"
        package static let listenerPaused: Kind = "listener.paused"
        package static let listenerResumed: Kind = "listener.resumed"
        package static let brokerStarted: Kind = "broker.started"
        package static let brokerStopped: Kind = "broker.stopped"
        package static let patientRead: Kind = "patient.read"
        package static let senderMismatch: Kind = "sender.mismatch"
        package static let configurationRequested: Kind = "config.requested"
        package static let configurationLoaded: Kind = "config.loaded"
        package static let backupMade: Kind = "backup.made"
        package static let retentionRemoved: Kind = "retention.removed"
    }
}
