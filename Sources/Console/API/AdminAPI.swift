package import Broker

/// The values of the admin API, `/api/v1`: what the broker answers and the command line prints.
///
/// Times are ISO 8601 in UTC. Absent values are left out.
package enum AdminAPI {
    /// `GET status`
    package struct Status: Codable, Sendable {
        package var broker: String
        package var version: String
        package var since: String
        package var configuration: String
        package var lastSeq: Int64
        package var lastEvent: Int64
        package var listeners: [Listener]
        package var endpoints: [Endpoint]
        package var journalBacklog: Int
        package var failure: String?
    }

    package struct Listener: Codable, Sendable {
        package var name: String
        package var address: String
        package var tls: Bool
        package var connections: Int
        /// `running` or `paused`; `closed` if its port could not be bound again
        package var state: String
        package var reason: String?
        /// When it goes on by itself.
        package var until: String?
    }

    package struct Endpoint: Codable, Sendable {
        package var endpoint: String
        /// `running` or `paused`
        package var state: String
        package var queued: Int
        package var held: Int
        package var oldestSeconds: Int?
        package var reason: String?
        /// When a paused one goes on by itself.
        package var until: String?
        /// The oldest waits longer than `maxAge` allows; absent if nothing does.
        package var overdue: Bool?
    }

    /// `GET queues`: one for each endpoint.
    package struct Queue: Codable, Sendable {
        package var endpoint: String
        package var queued: Int
        package var held: Int
        package var oldestSeconds: Int?
        /// The first delivery that is not settled.
        package var head: Int64?
        package var reason: String?
        package var nextTry: String?
        /// The oldest waits longer than `maxAge` allows; absent if nothing does.
        package var overdue: Bool?
    }

    /// One step of a message's way: `GET events` as server-sent events, `GET messages/{seq}/trace`.
    package struct Step: Codable, Sendable {
        /// The number of the audit event; what `after=` counts in.
        package var event: Int64
        package var seq: Int64?
        package var at: String
        package var step: String
        package var state: String
        package var provider: String?
        package var type: String?
        package var controlId: String?
        package var route: String?
        package var endpoint: String?
        package var attempt: Int?
        package var ms: Int?
        package var actor: String?
        package var text: String?
        /// The patient's identifier, only on request and audited.
        package var patient: String?
    }

    /// `GET messages/{seq}`
    package struct Message: Codable, Sendable {
        package var seq: Int64
        package var receivedAt: String
        package var disposition: String
        package var routing: String
        package var listener: String
        package var provider: String?
        package var peer: String
        package var controlId: String
        package var type: String
        package var version: String
        package var bytes: Int
        package var parent: Int64?
        package var findings: [Finding]
        package var deliveries: [Delivery]
    }

    /// `GET find`
    package struct Found: Codable, Sendable {
        /// Newest first.
        package var messages: [Message]
        /// There may be older ones: ask again with `before=` and ``next``.
        package var more: Bool
        package var next: Int64?
        /// How many of the newest messages are not in the index yet.
        package var lag: Int64
        /// How many messages were looked at.
        package var scanned: Int
    }

    package struct Finding: Codable, Sendable {
        package var severity: String
        package var code: String
        package var location: String?
        package var text: String
    }

    package struct Delivery: Codable, Sendable {
        package var endpoint: String
        package var route: String
        package var state: String
        package var attempts: Int
        package var nextTry: String?
        package var reason: String?
        package var settledAt: String?
        package var sentSHA256: String?
    }

    /// `GET ledger`
    package struct Ledger: Codable, Sendable {
        package struct Deliveries: Codable, Sendable {
            package var total: Int
            package var delivered: Int
            package var skipped: Int
            package var queued: Int
            package var held: Int
        }
        /// Frames.
        package var received: Int
        package var empty: Int
        package var framingErrors: Int
        package var batches: Int
        package var messages: Int
        package var refused: Int
        package var duplicate: Int
        package var acknowledgements: Int
        package var filtered: Int
        package var unrouted: Int
        package var heldAtIntake: Int
        package var accepted: Int
        package var pending: Int
        /// Passed through to a receiver.
        package var queries: Int
        package var resent: Int
        /// Application acknowledgements and responses to queries, which are entries of their own.
        package var answers: Int
        package var deliveries: Deliveries
        package var balanced: Bool
    }

    /// The body of everything that changes something: why it is done, and for a resend where to.
    package struct Change: Codable, Sendable {
        package var reason: String
        package var to: [String]?
        /// When a pause ends by itself.
        package var until: String?
        /// By which configuration a resend is edited and mapped; left out: `now`.
        package var `as`: Resend.Choice?

        package init(
            reason: String, to: [String]? = nil, until: String? = nil, as choice: Resend.Choice? = nil
        ) {
            self.reason = reason
            self.to = to
            self.until = until
            self.as = choice
        }
    }

    /// What a change did.
    package struct Done: Codable, Sendable {
        package var done: String
        /// Of a resend: the new entry.
        package var seq: Int64?
    }

    /// What was wrong with a request.
    package struct Problem: Codable, Sendable, Error, CustomStringConvertible {
        package var error: String
        package var description: String { error }
    }
}
