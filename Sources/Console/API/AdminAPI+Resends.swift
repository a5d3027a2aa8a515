package import Broker

extension AdminAPI {
    /// What messages are searched by, as in `GET find`; all that is given must apply.
    package struct Search: Codable, Sendable {
        package var patient: String?
        package var name: String?
        package var born: String?
        package var visit: String?
        package var order: String?
        package var accession: String?
        package var controlId: String?
        package var provider: String?
        package var type: String?
        package var state: String?
        package var from: String?
        package var to: String?
        package var text: String?

        package init() {}
    }

    /// `POST resends`
    package struct ResendRequest: Codable, Sendable {
        package var reason: String
        package var query: Search
        /// Left out: everywhere each went before.
        package var to: [String]?
        /// By which configuration they are edited and mapped; left out: `now`.
        package var `as`: Resend.Choice?
        /// At most so many a second; 10 if left out.
        package var rate: Double?
        /// Only says what would be sent.
        package var dryRun: Bool?

        package init(reason: String, query: Search) {
            self.reason = reason
            self.query = query
        }
    }

    /// A resend of many, or what one would be.
    package struct Resends: Codable, Sendable {
        /// Left out: a dry run.
        package var id: String?
        package var state: ResendRun.State
        package var actor: String
        package var reason: String
        package var to: [String]
        package var `as`: Resend.Choice
        package var rate: Double
        package var count: Int
        package var done: Int
        /// Those of them that could not be sent again; `find` and the routing log say why.
        package var left: Int
        /// The first and the last message.
        package var first: Int64?
        package var last: Int64?
        /// Of a dry run: the first of them.
        package var messages: [Message]?
    }

    /// `POST messages/{seq}/edit`
    package struct Edit: Codable, Sendable {
        package var reason: String
        /// Left out: everywhere it went before.
        package var to: [String]?
        package var `as`: Resend.Choice?
        /// The bytes of the changed message in Base64.
        package var message: String
        /// Only says what differs and what would be found.
        package var dryRun: Bool?

        package init(reason: String, message: String) {
            self.reason = reason
            self.message = message
        }
    }

    /// A changed copy, sent or not.
    package struct Edited: Codable, Sendable {
        /// The new entry; left out: a dry run.
        package var seq: Int64?
        package var parent: Int64
        /// `received` is the value of the original, `sent` that of the copy.
        package var changes: [Difference.Change]
        package var findings: [Finding]
    }

    /// `POST endpoints/{endpoint}/purge`
    package struct Purge: Codable, Sendable {
        package var reason: String
        /// SHA-256 of what `POST endpoints/{endpoint}/export` answered, as hexadecimal digits.
        package var export: String

        package init(reason: String, export: String) {
            self.reason = reason
            self.export = export
        }
    }

    /// A line of `POST endpoints/{endpoint}/export`.
    package struct Exported: Codable, Sendable {
        package var seq: Int64
        package var endpoint: String
        package var state: String
        package var reason: String?
        package var receivedAt: String
        package var provider: String?
        package var type: String
        package var controlId: String
        /// The bytes as received, in Base64; left out: no longer kept.
        package var body: String?
    }
}
