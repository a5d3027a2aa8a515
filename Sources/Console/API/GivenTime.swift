package import Foundation
import Hummingbird

/// Times as people type them: `2026-03-05T08:00:00Z`, `2026-03-05T08:00`, `2026-03-05`.
package enum GivenTime {
    /// - Parameter isEnd: the last microsecond that the text names, rather than the first.
    /// - Returns: microseconds since 1970-01-01 UTC; nil for no time. Without a zone it is in `zone`.
    package static func microseconds(_ text: String, isEnd: Bool = false, zone: TimeZone = .current) -> Int64? {
        let forms: [(pattern: String, seconds: Double)] = [
            ("yyyy-MM-dd'T'HH:mm:ss.SSSXXXXX", 0.001), ("yyyy-MM-dd'T'HH:mm:ssXXXXX", 1),
            ("yyyy-MM-dd'T'HH:mmXXXXX", 60), ("yyyy-MM-dd'T'HH:mm:ss", 1), ("yyyy-MM-dd'T'HH:mm", 60),
            ("yyyy-MM-dd", 86_400),
        ]
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.calendar = Calendar(identifier: .gregorian)
        formatter.timeZone = zone
        formatter.isLenient = false
        for form in forms {
            formatter.dateFormat = form.pattern
            guard let date = formatter.date(from: text) else { continue }
            let start = Int64((date.timeIntervalSince1970 * 1_000).rounded()) * 1_000
            return isEnd ? start + Int64(form.seconds * 1_000_000) - 1 : start
        }
        return nil
    }
}

extension AdminRoutes {
    /// A time in a request, in microseconds since 1970-01-01 UTC.
    func given(_ name: String, _ text: String, isEnd: Bool = false) throws -> Int64 {
        guard let time = GivenTime.microseconds(text, isEnd: isEnd) else {
            throw HTTPError(
                .badRequest, message: "\(name) is a time as 2026-03-05T08:00, 2026-03-05T08:00:00Z or 2026-03-05")
        }
        return time
    }
}
