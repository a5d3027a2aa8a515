/// What waits for one endpoint.
package struct QueueSummary: Hashable, Sendable {
    package var endpoint: String
    package var queued: Int
    package var held: Int
    /// Receive time of the oldest unsettled entry, microseconds since 1970-01-01 UTC.
    package var oldestReceivedAt: Int64
    /// The first unsettled delivery.
    package var head: Int64
    /// Its reason and next try.
    package var headReason: String?
    package var headNextTry: Int64?
}
