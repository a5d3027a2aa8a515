internal import Console
internal import Foundation

/// Times of the admin API, `2026-03-05T08:15:00.123Z`, as people read them. UTC, as everything that the broker tells.
enum MomentText {
    /// `08:15:00`, and `2026-03-05 08:15:00` unless that is today.
    static func text(_ time: String, now: Date = .now) -> String {
        let (day, clock) = (time.prefix(10), time.dropFirst(11).prefix(8))
        return day == now.formatted(.iso8601).prefix(10) ? String(clock) : "\(day) \(clock)"
    }

    /// `08:15:00, in 9 s` for what is still to come.
    static func next(_ time: String, now: Date = .now) -> String {
        let text = text(time, now: now)
        guard let moment = GivenTime.microseconds(time) else { return text }
        let left = Double(moment) / 1e6 - now.timeIntervalSince1970
        return left > 0 ? "\(text), in \(TextTable.age(Int(left.rounded(.up))))" : text
    }
}
