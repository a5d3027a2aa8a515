import HL7

/// Knows the offset of local times: a time zone, given from outside as a value.
public protocol TimeZoneRule: Sendable {
    /// Minutes east of UTC at a local time, or nil if the rule does not say.
    ///
    /// A local time that occurs twice, when clocks are set back, has the offset of its first occurrence.
    func offsetMinutes(year: Int, month: Int, day: Int, hour: Int, minute: Int) -> Int?
}

/// Writes HL7 times as FHIR writes them, with the precision they have.
enum FHIRTime {
    /// What became of a time.
    struct Written {
        var text: String
        /// The hour and what follows had to be left out because nobody knows the zone, or because minutes are missing.
        var isCut = false
    }

    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    static func date(_ time: Timestamp) -> String {
        var text = padded(time.year, 4)
        if let month = time.month { text += "-" + padded(month, 2) }
        if let day = time.day { text += "-" + padded(day, 2) }
        return text
    }

    /// A date, or a date and time with its offset. FHIR allows no time without an offset, and no hour without minutes.
    static func dateTime(_ time: Timestamp, zone: (any TimeZoneRule)?) -> Written {
        guard time.hour != nil else { return Written(text: date(time)) }
        guard let month = time.month, let day = time.day, let hour = time.hour, let minute = time.minute,
            let offset = time.offsetMinutes
                ?? zone?.offsetMinutes(year: time.year, month: month, day: day, hour: hour, minute: minute),
            abs(offset) <= 14 * 60  // FHIR knows no zone beyond
        else { return Written(text: date(time), isCut: true) }
        return Written(text: date(time) + "T" + clock(hour, minute, time.second, time.fraction) + self.offset(offset))
    }

    /// A full date and time with its offset, or nil if that cannot be had.
    static func instant(_ time: Timestamp, zone: (any TimeZoneRule)?) -> String? {
        let written = dateTime(time, zone: zone)
        return time.minute == nil || written.isCut ? nil : written.text
    }

    /// `HHMM[SS[.S…]]` as `HH:MM:SS`.
    static func time(_ text: String) -> String? {
        guard let time = try? Timestamp("20000101" + text), let hour = time.hour, let minute = time.minute else {
            return nil  // not a time: the caller notes the loss
        }
        return clock(hour, minute, time.second, time.fraction)
    }

    /// Microseconds since 1970 UTC as an instant, to the millisecond.
    static func instant(microseconds: Int64) -> String {
        let seconds = Int((Double(microseconds) / 1_000_000).rounded(.down))
        let days = Int((Double(seconds) / 86_400).rounded(.down))
        let (year, month, day) = Timestamp.date(ofDayNumber: days)
        let rest = seconds - days * 86_400
        let milliseconds = (Int(microseconds) - seconds * 1_000_000) / 1_000
        return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T"
            + clock(rest / 3_600, rest / 60 % 60, rest % 60, padded(milliseconds, 3)) + "Z"
    }

    private static func clock(_ hour: Int, _ minute: Int, _ second: Int?, _ fraction: String?) -> String {
        padded(hour, 2) + ":" + padded(minute, 2) + ":" + padded(second ?? 0, 2) + (fraction.map { "." + $0 } ?? "")
    }

    private static func offset(_ minutes: Int) -> String {
        (minutes < 0 ? "-" : "+") + padded(abs(minutes) / 60, 2) + ":" + padded(abs(minutes) % 60, 2)
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return digits.utf8.count >= width ? digits : String(repeating: "0", count: width - digits.utf8.count) + digits
    }
}
