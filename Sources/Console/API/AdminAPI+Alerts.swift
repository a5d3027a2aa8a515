extension AdminAPI {
    /// `GET alerts`: one that is open.
    package struct Alert: Codable, Sendable {
        /// `queueDepth:lakeside-clinic.inbox`
        package var id: String
        package var kind: String
        /// An endpoint, a provider or a file; empty: the broker.
        package var subject: String
        /// `notice`, `warning` or `critical`
        package var severity: String
        /// What it said when it was opened, or became more serious.
        package var text: String
        /// What it would say now.
        package var now: String
        package var openedAt: String
        package var acknowledgedBy: String?
        package var acknowledgedAt: String?
        package var acknowledgedBecause: String?
        package var silencedUntil: String?
    }

    /// `POST alerts/{id}/silence`
    package struct Silence: Codable, Sendable {
        /// A time as for `find`; one that has passed ends the silence.
        package var until: String
        package var reason: String

        package init(until: String, reason: String) {
            self.until = until
            self.reason = reason
        }
    }
}
