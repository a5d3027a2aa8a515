/// Keeps deliveries to so many a second, evenly: what was not used is saved up for a tenth of a second only, so that a
/// slow receiver never gets a burst.
///
/// Pure: time is passed in, in microseconds of a clock that never goes back.
package struct TokenBucket: Sendable {
    private let perSecond: Double
    private let capacity: Double
    private var tokens: Double
    private var at: Int64?

    /// - Parameter perSecond: more than 0.
    package init(perSecond: Double) {
        self.perSecond = perSecond
        capacity = max(1, perSecond / 10)
        tokens = capacity
    }

    /// How many may leave now.
    package mutating func available(now: Int64) -> Int {
        if let at, now > at { tokens = min(capacity, tokens + Double(now - at) / 1_000_000 * perSecond) }
        at = max(at ?? now, now)
        // What rounding leaves out would otherwise be waited for again and again.
        return Int(tokens + 1e-6)
    }

    /// They leave.
    package mutating func take(_ count: Int) { tokens -= Double(count) }

    /// When the next one may leave, if none may now.
    package func nextTime(now: Int64) -> Int64 {
        now + Int64((max(0, 1 - tokens) / perSecond * 1_000_000).rounded(.up))
    }
}
