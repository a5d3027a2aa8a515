package import Auditing

/// What became of a frame's message at intake.
package enum Disposition: UInt8, Hashable, Sendable, CaseIterable {
    /// Answered AA or CA; goes to the router.
    case accepted = 0
    /// Answered with an error; kept, never delivered.
    case refused = 1
    /// An acknowledgement that came in as a message.
    case acknowledgement = 2
    /// A frame without a readable MSH.
    case framingError = 3
    /// A batch frame; its messages are entries of their own with ``JournalEntry/parent`` set.
    case batch = 4
    /// Answered AA, kept for a person (`onError: hold`, `duplicateId: hold`).
    case heldAtIntake = 5
    /// A person sent an earlier entry again; ``JournalEntry/parent`` is that entry.
    case resent = 6
    /// Answers ``JournalEntry/parent``: an application acknowledgement of ours with its delivery, or what a receiver said
    /// to a query.
    case answer = 7
    /// A query that is passed through: asked at once, never queued.
    case query = 8
    /// A person sent an earlier entry again with changes: the bytes are its own, and ``JournalEntry/parent`` is the entry
    /// that was changed.
    case edited = 9

    /// As metrics, searches and the API call it.
    package var name: String { Self.names[Int(rawValue)] }

    /// Made once: asking for the name of a case takes longer than counting it.
    private static let names = allCases.map { "\($0)" }
}

/// What the router said about an entry.
package enum RoutingState: UInt8, Hashable, Sendable {
    /// Waits for the router.
    case pending = 0
    /// Has deliveries.
    case routed = 1
    /// Every route that names this sender and type said no.
    case filtered = 2
    /// No route names this sender and type.
    case unrouted = 3
    /// Not for the router: refused, acknowledgement, framing error, batch, held at intake, query, response.
    case exempt = 4
    /// Was held at intake; a person decided that it is not to be delivered.
    case dismissed = 5
}

/// What to do with a control id that comes again with other bytes (`duplicateId`).
package enum ReusePolicy: Hashable, Sendable {
    case accept, hold, refuse
}

/// An entry to be journaled: the bytes of a message and what intake decided about it.
package struct NewEntry: Sendable {
    /// Where an entry comes from.
    package enum Parent: Hashable, Sendable {
        /// An entry already stored.
        case entry(Int64)
        /// An entry of the same append, by its index.
        case index(Int)
    }

    /// What takes the place of ``answer`` and ``findings`` in an entry whose control id was there with other bytes.
    package struct Reused: Sendable {
        package var answer: [UInt8]
        package var findings: [UInt8]?

        package init(answer: [UInt8], findings: [UInt8]?) {
            self.answer = answer
            self.findings = findings
        }
    }

    /// Microseconds since 1970-01-01 UTC.
    package var receivedAt: Int64
    package var disposition: Disposition
    package var listener: String
    /// The sender, if recognised.
    package var provider: String?
    /// Scope of control ids: the provider, or listener + MSH-3 + MSH-4 if unknown.
    package var sender: String
    /// Address of the connection.
    package var peer: String
    /// MSH-10; empty if there is none (such an entry is never a duplicate).
    package var controlId: String
    /// `ADT^A01`; empty if unreadable.
    package var type: String
    /// MSH-12.
    package var version: String
    /// Keyed hashes of the identities that order deliveries (``LaneKey``).
    package var laneKeys: [UInt64]
    /// Keyed references of the patients, for events.
    package var patients: [UInt64]
    /// The MSA and ERR segments answered, repeated for a duplicate.
    package var answer: [UInt8]
    /// Findings of validation, in the broker's own form.
    package var findings: [UInt8]?
    /// Hash of the configuration it was judged by.
    package var configuration: [UInt8]
    package var parent: Parent?
    /// The bytes as received. Empty for a resend, which uses its parent's.
    package var body: [UInt8]
    /// SHA-256 of ``body``, computed by the caller so that the writer need not.
    package var bodySHA256: [UInt8]
    package var reuse: ReusePolicy
    /// Gives what is stored if the control id turns out to be reused. Called inside the transaction, perhaps again if
    /// that is repeated, so it only computes.
    package var whenReused: (@Sendable () -> Reused)?
    /// How far back a control id is remembered, in microseconds.
    package var duplicateWindow: Int64
    /// Deliveries made in the same transaction. Only for ``Disposition/resent``, ``Disposition/edited`` and
    /// ``Disposition/answer``.
    package var deliveries: [NewDelivery]
    /// MSA-2 of a message that may answer one of ours. If that one was to be delivered to ``provider`` (to anybody, if
    /// nil), this entry becomes an ``Disposition/acknowledgement``, and both get an event.
    package var answersControlId: String?
    /// The event to write. The journal fills number and seq; for a duplicate or a reused control id
    /// it also sets the kind and the text.
    package var event: AuditEvent
    /// More events of the same transaction, about earlier entries.
    package var moreEvents: [AuditEvent]

    package init(
        receivedAt: Int64, disposition: Disposition = .accepted, listener: String, provider: String? = nil,
        sender: String, peer: String = "", controlId: String, type: String, version: String = "",
        laneKeys: [UInt64] = [], patients: [UInt64] = [], answer: [UInt8] = [], findings: [UInt8]? = nil,
        configuration: [UInt8] = [], parent: Parent? = nil, body: [UInt8], bodySHA256: [UInt8],
        reuse: ReusePolicy = .accept, whenReused: (@Sendable () -> Reused)? = nil,
        duplicateWindow: Int64 = 86_400_000_000, deliveries: [NewDelivery] = [],
        answersControlId: String? = nil, event: AuditEvent, moreEvents: [AuditEvent] = []
    ) {
        self.receivedAt = receivedAt
        self.disposition = disposition
        self.listener = listener
        self.provider = provider
        self.sender = sender
        self.peer = peer
        self.controlId = controlId
        self.type = type
        self.version = version
        self.laneKeys = laneKeys
        self.patients = patients
        self.answer = answer
        self.findings = findings
        self.configuration = configuration
        self.parent = parent
        self.body = body
        self.bodySHA256 = bodySHA256
        self.reuse = reuse
        self.whenReused = whenReused
        self.duplicateWindow = duplicateWindow
        self.deliveries = deliveries
        self.answersControlId = answersControlId
        self.event = event
        self.moreEvents = moreEvents
    }
}

/// What the journal did with a ``NewEntry``. Decided inside the transaction.
package enum Appended: Hashable, Sendable {
    /// Stored. `reusedControlId`: the control id was there with other bytes and the policy is `accept`.
    case stored(seq: Int64, reusedControlId: Bool)
    /// The same sender, control id and bytes were accepted before. Nothing but a count and an event is stored.
    case duplicate(of: Int64, answer: [UInt8])
    /// Reused control id, policy `hold`: stored as held at intake.
    case held(seq: Int64)
    /// Reused control id, policy `refuse`: stored as refused. Also the result of its answer, which is then not stored.
    case refusedReuse(seq: Int64)
    /// Stored as the acknowledgement of an entry that was sent.
    case acknowledgement(seq: Int64, of: Int64)

    /// The entry it is about: the new one, or the original of a duplicate.
    package var seq: Int64 {
        switch self {
        case .stored(let seq, _), .duplicate(let seq, _), .held(let seq), .refusedReuse(let seq),
            .acknowledgement(let seq, _):
            seq
        }
    }
}

/// A journaled message without its bytes.
package struct JournalEntry: Hashable, Sendable {
    /// Sequence number: positive, the only order, never used again.
    package var seq: Int64
    /// Microseconds since 1970-01-01 UTC.
    package var receivedAt: Int64
    package var disposition: Disposition
    package var routing: RoutingState
    package var listener: String
    package var provider: String?
    package var sender: String
    package var peer: String
    package var controlId: String
    package var type: String
    package var version: String
    package var laneKeys: [UInt64]
    package var patients: [UInt64]
    package var answer: [UInt8]
    package var findings: [UInt8]?
    package var configuration: [UInt8]
    package var parent: Int64?
    package var bodySHA256: [UInt8]
    /// Length of the bytes as received.
    package var bodyCount: Int
    /// How many deliveries the router made for it.
    package var deliveryCount: Int
}
