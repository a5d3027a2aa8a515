/// A time of every day in which nothing is sent: `{ daily: "02:00-03:00", zone: America/Chicago }`. It may pass midnight.
package struct DailyWindow: Hashable, Sendable, CustomStringConvertible {
    /// Minutes since midnight, on the clocks of the zone.
    package let start: Int
    package let end: Int
    package let zone: NamedTimeZone

    private static let daySeconds: Int64 = 86_400

    package init(start: Int, end: Int, zone: NamedTimeZone) {
        self.start = start
        self.end = end
        self.zone = zone
    }

    /// - Returns: nil unless it is `HH:MM-HH:MM`, of two different times.
    package init?(_ text: String, zone: NamedTimeZone) {
        let times = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.minutes)
        guard times.count == 2, let start = times[0], let end = times[1], start != end else { return nil }
        self.init(start: start, end: end, zone: zone)
    }

    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
    }

    /// When it ends, if it is on; nil if it is not. Where clocks are set meanwhile, asking again then tells.
    ///
    /// - Parameter now: microseconds since 1970-01-01 UTC, as the result.
    package func end(at now: Int64) -> Int64? {
        let seconds = Int64((Double(now) / 1_000_000).rounded(.down))
        let local = seconds + Int64(zone.secondsEast(at: seconds))
        let time = (local % Self.daySeconds + Self.daySeconds) % Self.daySeconds
        let (start, end) = (Int64(start) * 60, Int64(end) * 60)
        guard start < end ? (start..<end).contains(time) : time >= start || time < end else { return nil }
        let left = (end - time + Self.daySeconds) % Self.daySeconds
        return (seconds + left) * 1_000_000
    }

    package var description: String { "daily \(Self.text(start))-\(Self.text(end)) \(zone.name)" }

    private static func text(_ minutes: Int) -> String {
        let parts = [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return parts.joined(separator: ":")
    }
}
