package import Auditing

/// Where a delivery stands.
package enum DeliveryState: UInt8, Hashable, Sendable, CaseIterable {
    /// Waits for its turn, or for its next try.
    case queued = 0
    /// Waits for a person.
    case held = 1
    case delivered = 2
    /// A person decided that it is not to be sent, with a reason.
    case skipped = 3

    package var isSettled: Bool { self == .delivered || self == .skipped }
}

/// A delivery the router makes.
package struct NewDelivery: Hashable, Sendable {
    /// `provider.endpoint`.
    package var endpoint: String
    /// The route that asked for it.
    package var route: String
    /// If not nil the delivery is born held, for this reason.
    package var heldBecause: String?
    /// Hash of the configuration to edit and map it by.
    package var configuration: [UInt8]

    package init(endpoint: String, route: String, heldBecause: String? = nil, configuration: [UInt8]) {
        self.endpoint = endpoint
        self.route = route
        self.heldBecause = heldBecause
        self.configuration = configuration
    }
}

/// The router's decision about one entry: TRANSACTION 2.
package struct Routing: Sendable {
    package enum Outcome: Sendable {
        /// One delivery an endpoint; at least one.
        case routed([NewDelivery])
        case filtered
        case unrouted
    }
    package var seq: Int64
    package var outcome: Outcome
    /// Written in the same transaction. The journal fills numbers, and `seq` where it is nil.
    package var events: [AuditEvent]
    /// The keys that order its deliveries, if they are not those that the entry came with.
    package var laneKeys: [UInt64]?
    /// What the message says about identities, for the lanes of later ones.
    package var aliases: [LaneAlias]

    package init(
        seq: Int64, outcome: Outcome, events: [AuditEvent], laneKeys: [UInt64]? = nil, aliases: [LaneAlias] = []
    ) {
        self.seq = seq
        self.outcome = outcome
        self.events = events
        self.laneKeys = laneKeys
        self.aliases = aliases
    }
}

/// One entry to one endpoint.
package struct Delivery: Hashable, Sendable {
    package var seq: Int64
    package var endpoint: String
    package var route: String
    package var state: DeliveryState
    /// Attempts made so far.
    package var attempts: Int
    /// Not before this time, microseconds since 1970-01-01 UTC.
    package var nextTry: Int64?
    /// Why it is held, skipped or tried again.
    package var reason: String?
    package var configuration: [UInt8]
    /// Microseconds since 1970-01-01 UTC.
    package var settledAt: Int64?
    package var sentSHA256: [UInt8]?
    /// The bytes sent, if the endpoint keeps them.
    package var sentBytes: [UInt8]?
    /// The receiver's answer.
    package var answer: [UInt8]?
    /// Of the entry.
    package var receivedAt: Int64
    /// Of the entry.
    package var laneKeys: [UInt64]
}

/// A delivery with all that is needed to make it.
package struct OutgoingEntry: Hashable, Sendable {
    package var delivery: Delivery
    package var entry: JournalEntry
    /// The bytes as received (of the original, for a resend). Nil if no longer kept.
    package var body: [UInt8]?
    /// The bytes are there, but those before it were enough for one read.
    package var isLeftOut: Bool

    package init(delivery: Delivery, entry: JournalEntry, body: [UInt8]?, isLeftOut: Bool = false) {
        self.delivery = delivery
        self.entry = entry
        self.body = body
        self.isLeftOut = isLeftOut
    }
}

/// The outcome of one delivery attempt: TRANSACTION 3.
package struct Settlement: Sendable {
    package enum Outcome: Sendable {
        /// The receiver has it. `sent` only if the endpoint keeps the bytes sent.
        case delivered(sentSHA256: [UInt8], sent: [UInt8]?, answer: [UInt8]?)
        /// To be tried again, not before `nextTry` (microseconds since 1970-01-01 UTC).
        case retry(nextTry: Int64, reason: String)
        /// Waits for a person.
        case held(reason: String)
    }
    package var seq: Int64
    package var endpoint: String
    package var outcome: Outcome
    /// Microseconds since 1970-01-01 UTC.
    package var at: Int64
    /// Duration of the attempt.
    package var milliseconds: Int
    /// Short name of what came back: `AA`, `timeout`, `HTTP 503`.
    package var result: String
    /// More about it, no patient text.
    package var text: String?
    /// The journal fills number, seq, endpoint and attempt.
    package var event: AuditEvent
    /// More events of the same transaction, such as an endpoint being paused.
    package var moreEvents: [AuditEvent]
    /// Flush at once: the lane has its next delivery waiting.
    package var isUrgent: Bool
    /// The end of the broker may have cut off a try before this one: it gets a number, though nothing is known of it.
    package var followsCutOff: Bool
    /// What metrics say of it; not stored.
    package var measures: Measures?

    package struct Measures: Hashable, Sendable {
        /// When the entry was received, microseconds since 1970-01-01 UTC.
        package var receivedAt: Int64
        /// Values of the message, if it was mapped.
        package var leaves = 0
        /// Those of them that went nowhere.
        package var lost = 0

        package init(receivedAt: Int64, leaves: Int = 0, lost: Int = 0) {
            self.receivedAt = receivedAt
            self.leaves = leaves
            self.lost = lost
        }
    }

    package init(
        seq: Int64, endpoint: String, outcome: Outcome, at: Int64, milliseconds: Int, result: String,
        text: String? = nil, event: AuditEvent, moreEvents: [AuditEvent] = [], isUrgent: Bool = false,
        followsCutOff: Bool = false, measures: Measures? = nil
    ) {
        self.followsCutOff = followsCutOff
        self.measures = measures
        self.seq = seq
        self.endpoint = endpoint
        self.outcome = outcome
        self.at = at
        self.milliseconds = milliseconds
        self.result = result
        self.text = text
        self.event = event
        self.moreEvents = moreEvents
        self.isUrgent = isUrgent
    }
}

/// One attempt to deliver, as journaled.
package struct Attempt: Hashable, Sendable {
    package var seq: Int64
    package var endpoint: String
    /// From 1.
    package var number: Int
    /// Microseconds since 1970-01-01 UTC.
    package var at: Int64
    package var milliseconds: Int
    package var result: String
    package var text: String?
}
