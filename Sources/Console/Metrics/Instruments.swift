import CoreMetrics
import Synchronization

/// Only ever grows.
final class CounterValue: CounterHandler, FloatingPointCounterHandler {
    private let value = Mutex(0.0)

    var total: Double { value.withLock { $0 } }
    func increment(by amount: Int64) { increment(by: Double(amount)) }
    func increment(by amount: Double) { value.withLock { $0 += max(0, amount) } }
    func reset() { value.withLock { $0 = 0 } }
}

/// What it is now.
final class GaugeValue: MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    var current: Double { value.withLock { $0 } }
    func set(_ new: Int64) { set(Double(new)) }
    func set(_ new: Double) { value.withLock { $0 = new } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ new: Int64) { set(Double(new)) }
    func record(_ new: Double) { set(new) }
}

/// How often something was at most so large: durations in seconds, other things in their own unit.
final class Histogram: TimerHandler, RecorderHandler {
    struct Values: Hashable, Sendable {
        /// One for each of ``Histogram/bounds``, and one for what is above; not cumulative.
        var counts = [UInt64](repeating: 0, count: bounds.count + 1)
        var sum = 0.0
        var count: UInt64 { counts.reduce(0, +) }
    }

    /// Upper bounds, from half a millisecond to a minute.
    static let bounds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    private let values = Mutex(Values())

    var current: Values { values.withLock { $0 } }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let place = Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count
        values.withLock { values in
            values.counts[place] += 1
            values.sum += value
        }
    }
}
