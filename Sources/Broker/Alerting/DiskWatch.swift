/// When a disk will be full, from how its free space went down in the last day.
package struct DiskWatch: Hashable, Sendable {
    private struct Look: Hashable, Sendable {
        var at: Int64
        var free: Int64
    }

    private var looks: [Look] = []
    /// Between two looks that are remembered, in microseconds.
    private static let interval: Int64 = 600_000_000
    /// From so much time on a rate means something.
    private static let spanMin: Int64 = 3_600_000_000
    private static let looksMax = 144

    package init() {}

    /// - Returns: days until nothing is left, at the rate of the last day; infinite if it does not fill, nil if it was not
    ///   watched for long enough to say.
    package mutating func days(free: Int64, at now: Int64) -> Double? {
        if looks.last.map({ now - $0.at >= Self.interval || now < $0.at }) ?? true {
            looks.append(Look(at: now, free: free))
            if looks.count > Self.looksMax { looks.removeFirst() }
        }
        guard let first = looks.first, now - first.at >= Self.spanMin else { return nil }
        guard first.free > free else { return .infinity }
        let perDay = Double(first.free - free) * 86_400e6 / Double(now - first.at)
        return Double(free) / perDay
    }
}
