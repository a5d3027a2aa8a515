/// A date, or date and time, as HL7 writes it (DT, TS, DTM; 2.5.1 §2.A.21–22).
///
///     YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]
///
/// What is not stated stays nil: no precision and no zone is ever invented.
public struct Timestamp: Hashable, Sendable {
    public var year: Int
    public var month: Int?
    public var day: Int?
    public var hour: Int?
    public var minute: Int?
    public var second: Int?
    /// The digits after the decimal point, one to four.
    public var fraction: String?
    /// Minutes east of UTC.
    public var offsetMinutes: Int?

    /// Reads a time stamp and checks that it exists in the calendar.
    ///
    /// - Throws: ``TimestampError`` saying which part is wrong.
    public init(_ text: String) throws(TimestampError) { try self.init(Array(text.utf8)[...]) }

    public init(_ bytes: ArraySlice<UInt8>) throws(TimestampError) {
        var digits = bytes.prefix { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }
        let zone = bytes[digits.endIndex...]
        var fraction: ArraySlice<UInt8>?
        if let point = digits.firstIndex(of: UInt8(ascii: ".")) {
            fraction = digits[(point + 1)...]
            digits = digits[..<point]
        }
        guard digits.allSatisfy(\.isDigit) else { throw .notDigits }
        guard [4, 6, 8, 10, 12, 14].contains(digits.count) else { throw .length }
        func pair(_ index: Int) -> Int? {
            guard digits.count >= index + 2 else { return nil }
            let start = digits.startIndex + index
            return Int(digits[start] - 0x30) * 10 + Int(digits[start + 1] - 0x30)
        }
        year = (pair(0) ?? 0) * 100 + (pair(2) ?? 0)
        month = pair(4)
        day = pair(6)
        hour = pair(8)
        minute = pair(10)
        second = pair(12)
        try checkCalendar()
        if let fraction {
            guard digits.count == 14, (1...4).contains(fraction.count), fraction.allSatisfy(\.isDigit) else {
                throw .fraction
            }
            self.fraction = String(decoding: fraction, as: UTF8.self)
        }
        if !zone.isEmpty { offsetMinutes = try Self.offset(zone) }
    }

    private func checkCalendar() throws(TimestampError) {
        guard year > 0 else { throw .year }
        if let month {
            guard (1...12).contains(month) else { throw .month }
            if let day { guard (1...Self.days(in: month, of: year)).contains(day) else { throw .day } }
        }
        if let hour { guard hour < 24 else { throw .hour } }
        if let minute { guard minute < 60 else { throw .minute } }
        if let second { guard second < 60 else { throw .second } }
    }

    private static func offset(_ zone: ArraySlice<UInt8>) throws(TimestampError) -> Int {
        let digits = zone.dropFirst()
        guard digits.count == 4, digits.allSatisfy(\.isDigit) else { throw .zone }
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard value / 100 <= 14, value % 100 < 60 else { throw .zone }
        let minutes = value / 100 * 60 + value % 100
        return zone.first == UInt8(ascii: "-") ? -minutes : minutes
    }

    public static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The digits as written, without fraction and zone: `YYYY…`.
    public var digits: String {
        func padded(_ value: Int, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        return padded(year, 4) + [month, day, hour, minute, second].compactMap { $0 }.map { padded($0, 2) }.joined()
    }

    /// Compares by the precision that both have; zones are taken into account if both state one.
    ///
    /// - Returns: a negative number, zero or a positive number.
    package func compared(to other: Timestamp) -> Int {
        var (left, right) = (self, other)
        if let a = offsetMinutes, let b = other.offsetMinutes, a != b, minute != nil, other.minute != nil {
            left = left.movedToUTC()
            right = right.movedToUTC()
        }
        let pairs: [(Int?, Int?)] = [
            (left.year, right.year), (left.month, right.month), (left.day, right.day), (left.hour, right.hour),
            (left.minute, right.minute), (left.second, right.second),
        ]
        for case (let a?, let b?) in pairs where a != b { return a - b }
        guard left.second != nil, right.second != nil, let a = left.fraction, let b = right.fraction else { return 0 }
        let width = min(a.count, b.count)
        return (Int(a.prefix(width)) ?? 0) - (Int(b.prefix(width)) ?? 0)
    }

    /// The same instant with offset zero. Needs at least minutes; otherwise it returns itself.
    package func movedToUTC() -> Timestamp {
        guard let month, let day, let hour, let minute, let offsetMinutes else { return self }
        var moved = self
        moved.offsetMinutes = 0
        let total = Self.dayNumber(year, month, day) * 1440 + hour * 60 + minute - offsetMinutes
        let dayNumber = Int((Double(total) / 1440).rounded(.down))
        (moved.year, moved.month, moved.day) = Self.date(ofDayNumber: dayNumber)
        moved.hour = (total - dayNumber * 1440) / 60
        moved.minute = (total - dayNumber * 1440) % 60
        return moved
    }

    /// Days since 1970-01-01 in the Gregorian calendar.
    package static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The date of a day counted from 1970-01-01.
    package static func date(ofDayNumber number: Int) -> (Int, Int, Int) {
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }

    /// A moment given as microseconds since 1970 UTC, to milliseconds, with the offset `+0000`: `20240305101500.123+0000`.
    package static func text(microseconds: Int64) -> String {
        let seconds = Int((microseconds / 1_000_000))
        let day = seconds / 86_400
        let (year, month, date) = Self.date(ofDayNumber: day)
        let time = seconds % 86_400
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let milliseconds = Int(microseconds % 1_000_000) / 1000
        let fraction = String(String(1000 + milliseconds).dropFirst())
        return
            "\(year)\(two(month))\(two(date))\(two(time / 3600))\(two(time / 60 % 60))\(two(time % 60)).\(fraction)+0000"
    }
}

/// Which part of a ``Timestamp`` is wrong.
public enum TimestampError: String, Error, Hashable, Sendable {
    case notDigits = "digits expected"
    case length = "must have 4, 6, 8, 10, 12 or 14 digits"
    case year = "no such year"
    case month = "no such month"
    case day = "no such day in that month"
    case hour = "no such hour"
    case minute = "no such minute"
    case second = "no such second"
    case fraction = "the fraction has one to four digits and follows the seconds"
    case zone = "the zone is +HHMM or -HHMM"
}
