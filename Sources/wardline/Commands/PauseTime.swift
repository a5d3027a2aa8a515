internal import Foundation

/// A time that a person gives: with an offset, or that of the clock on this machine.
enum PauseTime {
    /// ISO 8601 in UTC; nil if it is no time.
    static func utc(_ text: String, zone: TimeZone = .current) -> String? {
        if let date = try? Date(text, strategy: .iso8601) { return date.formatted(.iso8601) }
        for pattern in ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mmXXX"] {
            let format = DateFormatter()
            format.locale = Locale(identifier: "en_US_POSIX")
            format.timeZone = zone
            format.isLenient = false
            format.dateFormat = pattern
            if let date = format.date(from: text) { return date.formatted(.iso8601) }
        }
        return nil
    }
}
