import Synchronization

/// What went on lately, for each provider that sends and each endpoint that receives. In memory: it begins anew with the
/// process.
package final class Activity: Sendable {
    /// Counts of one day, minute by minute.
    package struct Day: Hashable, Sendable {
        package static let minutes = 1_440

        /// By the minute of the day in UTC; a place is valid if it was written within the last day.
        private var counts = [UInt32](repeating: 0, count: minutes)
        private var newest: Int64 = 0
        /// Microseconds since 1970 UTC of the last one that went well.
        package private(set) var lastSuccess: Int64?
        package private(set) var failures = 0
        /// All that came or was tried, well or not.
        package private(set) var total = 0
        /// When the last of them was, microseconds since 1970 UTC.
        package private(set) var last: Int64?
        package fileprivate(set) var recent = RecentOutcomes()

        mutating func add(_ amount: Int, at now: Int64) {
            move(to: now / Activity.minute)
            counts[Int(newest % Int64(Self.minutes))] &+= UInt32(clamping: amount)
            lastSuccess = now
            total += amount
            last = now
            recent.add(amount, failed: 0, at: now)
        }

        mutating func fail(at now: Int64) {
            failures += 1
            total += 1
            last = now
            recent.add(1, failed: 1, at: now)
        }

        /// The last `count` parts of a day, oldest first, each the sum of `minutes / count` minutes.
        package func parts(_ count: Int, at now: Int64) -> [Int] {
            var day = self
            day.move(to: now / Activity.minute)
            let size = Self.minutes / count
            return (0..<count).map { part in
                (0..<size).reduce(0) { sum, minute in
                    let back = Int64(Self.minutes - 1 - (part * size + minute))
                    let place = (day.newest - back) % Int64(Self.minutes)
                    return sum + Int(day.counts[Int((place + Int64(Self.minutes)) % Int64(Self.minutes))])
                }
            }
        }

        /// How many in the last whole minute.
        package func lastMinute(at now: Int64) -> Int {
            var day = self
            day.move(to: now / Activity.minute)
            return Int(day.counts[Int((day.newest - 1) % Int64(Self.minutes))])
        }

        private mutating func move(to minute: Int64) {
            guard minute > newest else { return }
            let steps = min(Int64(Self.minutes), minute - newest)
            for step in 0..<steps { counts[Int((minute - step) % Int64(Self.minutes))] = 0 }
            newest = minute
        }
    }

    static let minute: Int64 = 60_000_000
    private let days = Mutex<[String: Day]>([:])

    package init() {}

    func succeeded(_ name: String, _ amount: Int = 1, at now: Int64) {
        days.withLock { $0[name, default: Day()].add(amount, at: now) }
    }

    func failed(_ name: String, at now: Int64) { days.withLock { $0[name, default: Day()].fail(at: now) } }

    /// How long one attempt took.
    func took(_ name: String, milliseconds: Int, at now: Int64) {
        days.withLock { $0[name, default: Day()].recent.took(milliseconds, at: now) }
    }

    /// No route names a message of this provider.
    func unrouted(_ provider: String, at now: Int64) {
        days.withLock { $0[provider, default: Day()].recent.noteUnrouted(at: now) }
    }

    /// By provider (`general-hospital`) and endpoint (`lakeside-clinic.inbox`).
    package var current: [String: Day] { days.withLock { $0 } }
}
