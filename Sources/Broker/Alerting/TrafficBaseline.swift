/// How many messages a provider usually sends in each hour of the week, learned from what it sent.
///
/// An hour is learned once it is over and was seen whole. The first weeks count alike, later ones a quarter each, so that
/// a change of habit is known after a month. Costs 168 numbers a provider in memory and about 2 KB in `traffic.json`,
/// which is written once an hour.
package struct TrafficBaseline: Hashable, Codable, Sendable {
    package static let hoursOfWeek = 168
    /// Nothing is expected in an hour of the week before it was seen so often.
    package static let weeksMin = 2
    /// Weeks that count alike.
    private static let weeksAlike = 4
    private static let hour: Int64 = 3_600_000_000

    struct Hours: Hashable, Codable, Sendable {
        var means = [Float](repeating: 0, count: hoursOfWeek)
        var weeks = [UInt8](repeating: 0, count: hoursOfWeek)

        /// What a file says may be anything.
        var isWhole: Bool { means.count == hoursOfWeek && weeks.count == hoursOfWeek }
    }

    private(set) var providers: [String: Hours] = [:]
    /// The hour that is being counted, since 1970 UTC; nil: none yet.
    private var current: Int64?
    /// It was seen from its beginning.
    private var isWhole = false
    private var totals: [String: Int] = [:]
    private var skipped: Set<String> = []

    private enum CodingKeys: CodingKey { case providers }

    package init() {}

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        providers = try container.decode([String: Hours].self, forKey: .providers).filter { $0.value.isWhole }
    }

    /// Takes in what came so far.
    ///
    /// - Parameters:
    ///   - now: how many messages each provider has sent since the start of the broker.
    ///   - silent: providers whose silence is an alert: this hour is not learned, or the silence would become usual.
    ///   - zone: seconds east of UTC; people work by the clock on their wall.
    /// - Returns: whether an hour was learned.
    package mutating func take(
        _ now: [String: Int], silent: Set<String> = [], at time: Int64, zone: Int64
    ) -> Bool {
        let hour = time / Self.hour
        guard let counted = current, counted == hour || counted == hour - 1 else {
            begin(hour, now, isWhole: false)
            return false
        }
        skipped.formUnion(silent)
        guard counted != hour else { return false }
        let learns = isWhole
        if learns { learn(counted, now, zone) }
        begin(hour, now, isWhole: true)
        return learns
    }

    private mutating func begin(_ hour: Int64, _ now: [String: Int], isWhole: Bool) {
        current = hour
        self.isWhole = isWhole
        totals = now
        skipped = []
    }

    private mutating func learn(_ hour: Int64, _ now: [String: Int], _ zone: Int64) {
        let place = Self.place(hour, zone)
        for (name, total) in now where !skipped.contains(name) {
            let count = Float(max(0, total - (totals[name] ?? 0)))
            var hours = providers[name] ?? Hours()
            let weeks = Int(hours.weeks[place])
            hours.means[place] += (count - hours.means[place]) / Float(min(weeks + 1, Self.weeksAlike))
            hours.weeks[place] = UInt8(min(weeks + 1, 255))
            providers[name] = hours
        }
    }

    /// How many messages usually come between two times, microseconds since 1970 UTC; nil if any hour of it is not known
    /// yet. At most a week is counted.
    package func expected(_ provider: String, from: Int64, to: Int64, zone: Int64) -> Double? {
        guard let hours = providers[provider], to > from else { return nil }
        var sum = 0.0
        var start = max(from, to - Int64(Self.hoursOfWeek) * Self.hour)
        while start < to {
            let hour = start / Self.hour
            let end = min(to, (hour + 1) * Self.hour)
            let place = Self.place(hour, zone)
            guard Int(hours.weeks[place]) >= Self.weeksMin else { return nil }
            sum += Double(hours.means[place]) * Double(end - start) / Double(Self.hour)
            start = end
        }
        return sum
    }

    private static func place(_ hour: Int64, _ zone: Int64) -> Int {
        let local = (hour * 3_600 + zone) / 3_600
        return Int((local % Int64(hoursOfWeek) + Int64(hoursOfWeek)) % Int64(hoursOfWeek))
    }
}
