/// Counts of durations in buckets whose width grows with the value: 64 for each doubling, so that a percentile is at
/// most 1.6 % too high. Nanoseconds.
struct LatencyHistogram: Sendable {
    private static let subBits = 6
    private var buckets = [Int](repeating: 0, count: (64 - subBits + 1) << subBits)
    private(set) var count = 0
    private(set) var maximum: UInt64 = 0

    mutating func add(_ nanoseconds: UInt64) {
        buckets[Self.bucket(nanoseconds)] += 1
        count += 1
        maximum = max(maximum, nanoseconds)
    }

    mutating func add(_ other: LatencyHistogram) {
        for (index, amount) in other.buckets.enumerated() where amount > 0 { buckets[index] += amount }
        count += other.count
        maximum = max(maximum, other.maximum)
    }

    /// The duration that a share of all stays at or below; 0 if there is none.
    func percentile(_ share: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let rank = max(1, Int((Double(count) * share).rounded(.up)))
        var seen = 0
        for (index, amount) in buckets.enumerated() where amount > 0 {
            seen += amount
            if seen >= rank { return min(maximum, Self.highest(in: index)) }
        }
        return maximum
    }

    private static func bucket(_ value: UInt64) -> Int {
        guard value >= 1 << (subBits + 1) else { return Int(value) }
        let shift = 63 - subBits - value.leadingZeroBitCount
        return (shift << subBits) + Int(value >> UInt64(shift))
    }

    /// The highest value that falls into a bucket.
    private static func highest(in index: Int) -> UInt64 {
        guard index >= 1 << (subBits + 1) else { return UInt64(index) }
        let shift = (index >> subBits) - 1
        let top = UInt64(index - (shift << subBits))
        return ((top + 1) << UInt64(shift)) &- 1
    }
}
