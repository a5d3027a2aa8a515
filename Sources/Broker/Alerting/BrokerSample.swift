package import Interfaces

/// What alerts are decided by: the state of the broker at one moment, in numbers. nil where it cannot be said.
package struct BrokerSample: Hashable, Sendable {
    package struct Endpoint: Hashable, Sendable {
        /// Queued deliveries.
        package var waiting = 0
        package var oldestSeconds: Double?
        /// The `maxAge` of the endpoint.
        package var maxAge: Duration?
        /// Since when no attempt reached the receiver, in seconds.
        package var unreachedSeconds: Double?
        /// An attempt since the start has reached it.
        package var wasReached = true
        /// Of the last five minutes.
        package var attempts = 0
        package var failures = 0
        /// What 95 of 100 attempts of the last ten minutes took at most.
        package var attemptSeconds: Double?
        /// Why the broker has paused it.
        package var pausedBecause: String?

        package init() {}
    }

    package struct Provider: Hashable, Sendable {
        /// Of the last five minutes.
        package var messages = 0
        package var refused = 0
        /// No route named a message in the last fifteen minutes.
        package var hasUnrouted = false
        /// Since the last message, or the start of the broker.
        package var quietSeconds = 0.0
        /// A message has come since the start.
        package var hasSent = false
        /// Messages that usually come in a time like that; nil: not known yet.
        package var expected: Double?
        /// MSH-7 less the time of arrival.
        package var skewSeconds: Double?

        package init() {}
    }

    /// Since the start of the broker.
    package var upSeconds = Double.infinity
    package var endpoints: [String: Endpoint] = [:]
    package var providers: [String: Provider] = [:]
    /// Days left, by file; nil: it cannot be read.
    package var certificates: [String: Double?] = [:]
    /// Until the disk of the data folder is full; infinite if it does not fill.
    package var diskDays: Double?
    /// Nothing is accepted any more, so that what is there can be delivered.
    package var isDiskLow = false
    /// The text of messages, as a share of what may be kept of it. nil: there is no limit.
    package var textShare: Double?
    /// Since the last backup, or the first start.
    package var backupSeconds: Double?
    /// Why the audit log does not verify.
    package var auditDamage: String?

    package init() {}
}
