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
    /// Appends `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    static func append(date time: Timestamp, to text: inout Buffer<UInt8>) {
        append(time.year, 4, to: &text)
        if let month = time.month {
            text.append(UInt8(ascii: "-"))
            append(month, 2, to: &text)
        }
        if let day = time.day {
            text.append(UInt8(ascii: "-"))
            append(day, 2, to: &text)
        }
    }

    /// Minutes east of UTC: as written, else by the zone; nil if nobody knows, if minutes are missing, or if FHIR has
    /// no such offset.
    static func offset(of time: Timestamp, zone: (any TimeZoneRule)?) -> Int? {
        guard let month = time.month, let day = time.day, let hour = time.hour, let minute = time.minute,
            let offset = time.offsetMinutes
                ?? zone?.offsetMinutes(year: time.year, month: month, day: day, hour: hour, minute: minute),
            abs(offset) <= 14 * 60
        else { return nil }
        return offset
    }

    /// Whether a local time of the zone comes twice because clocks are set back, by an hour or half of one.
    static func comesTwice(_ time: Timestamp, offset: Int, zone: (any TimeZoneRule)?) -> Bool {
        // Clocks are set back at night; at other times nobody need be asked.
        guard let zone, time.offsetMinutes == nil, let month = time.month, let day = time.day, let hour = time.hour,
            let minute = time.minute, hour < 4
        else { return false }
        return [60, 30].contains { shift in
            let later = hour * 60 + minute + shift
            let after = zone.offsetMinutes(
                year: time.year, month: month, day: day, hour: later / 60, minute: later % 60)
            return after.map { offset - $0 == shift } ?? false
        }
    }

    /// Appends a date and time. FHIR allows no time without an offset, and no hour without minutes.
    static func append(_ time: Timestamp, offset: Int, to text: inout Buffer<UInt8>) {
        append(date: time, to: &text)
        text.append(UInt8(ascii: "T"))
        append(clock: time.hour ?? 0, time.minute ?? 0, time.second, time.fraction, to: &text)
        text.append(offset < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        append(abs(offset) / 60, 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(abs(offset) % 60, 2, to: &text)
    }

    /// `HHMM[SS[.S…]]` as `HH:MM:SS`; nil if it is no time.
    static func time(_ text: String) -> String? {
        // What is no time is lost, and the caller counts it so.
        guard let time = try? Timestamp("20000101" + text), let hour = time.hour, let minute = time.minute else {
            return nil
        }
        var text = Buffer<UInt8>(capacity: 24)
        defer { text.free() }
        append(clock: hour, minute, time.second, time.fraction, to: &text)
        return text.all.string
    }

    /// Microseconds since 1970 UTC as an instant, to the millisecond.
    static func instant(microseconds: Int64) -> [UInt8] {
        let seconds = Int((Double(microseconds) / 1_000_000).rounded(.down))
        let days = Int((Double(seconds) / 86_400).rounded(.down))
        let (year, month, day) = Timestamp.date(ofDayNumber: days)
        let rest = seconds - days * 86_400
        var text = Buffer<UInt8>(capacity: 24)
        defer { text.free() }
        append(year, 4, to: &text)
        text.append(UInt8(ascii: "-"))
        append(month, 2, to: &text)
        text.append(UInt8(ascii: "-"))
        append(day, 2, to: &text)
        text.append(UInt8(ascii: "T"))
        append(clock: rest / 3_600, rest / 60 % 60, rest % 60, nil, to: &text)
        text.append(UInt8(ascii: "."))
        append((Int(microseconds) - seconds * 1_000_000) / 1_000, 3, to: &text)
        text.append(UInt8(ascii: "Z"))
        return Array(text.all)
    }

    private static func append(
        clock hour: Int, _ minute: Int, _ second: Int?, _ fraction: String?, to text: inout Buffer<UInt8>
    ) {
        append(hour, 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(minute, 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(second ?? 0, 2, to: &text)
        guard let fraction else { return }
        text.append(UInt8(ascii: "."))
        text.append(fraction)
    }

    /// Appends a number of at least so many digits.
    private static func append(_ value: Int, _ width: Int, to text: inout Buffer<UInt8>) {
        var power = 1
        for _ in 1..<width { power *= 10 }
        while value / power >= 10 { power *= 10 }
        while power > 0 {
            text.append(UInt8(ascii: "0") + UInt8(value / power % 10))
            power /= 10
        }
    }
}
