/// Many entries that are sent again one after another: which, where to, how fast, and how far it has come.
package struct ResendRun: Codable, Hashable, Sendable {
    package enum State: String, Codable, Sendable, CaseIterable { case running, stopped, finished }

    /// `r` and the time of its beginning: `rg3k9v0xw2q`.
    package var id: String
    package var actor: String
    package var reason: String
    /// Where to; empty: everywhere each went before.
    package var endpoints: [String]
    package var choice: Resend.Choice
    /// At most so many a second.
    package var rate: Double
    /// In this order.
    package var seqs: [Int64]
    /// The audit event before those of its entries.
    package var firstEvent: Int64
    package var state = State.running
    /// How many of ``seqs`` are through, sent or left.
    package var done = 0
    /// Those of them that could not be sent again.
    package var left = 0

    package init(
        id: String, actor: String, reason: String, endpoints: [String], choice: Resend.Choice, rate: Double,
        seqs: [Int64], firstEvent: Int64, state: State = .running
    ) {
        self.id = id
        self.actor = actor
        self.reason = reason
        self.endpoints = endpoints
        self.choice = choice
        self.rate = rate
        self.seqs = seqs
        self.firstEvent = firstEvent
        self.state = state
    }

    /// What the audit events of its entries end with, so that they can be counted after a crash.
    var mark: String { " [\(id)]" }

    /// The next entry; nil: none is left, or it does not run.
    var next: Int64? { state == .running && seqs.indices.contains(done) ? seqs[done] : nil }
}
