/// Moves HL7 dates by days, and keeps their form: precision, time of day, offset. What is no date stays none.
enum ShiftedDate {
    /// - Parameter value: `YYYY[MM[DD[HHMM…]]]`.
    static func shifted(_ value: some Collection<UInt8>, by days: Int) -> [UInt8] {
        let bytes = Array(value)
        let digits = bytes.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard digits.count >= 4 else { return bytes }
        let year = number(digits[0..<4])
        // Of a year or a month alone its middle is moved.
        let month = digits.count >= 6 ? number(digits[4..<6]) : 7
        let day = digits.count >= 8 ? number(digits[6..<8]) : 15
        guard digits.count != 5, digits.count != 7, (1...12).contains(month),
            (1...Self.days(in: month, of: year)).contains(day)
        else {
            // No date, and another one: the year alone is moved.
            return Array(text(max(1, year + (days < 0 ? -1 : 1)), 4)) + bytes.dropFirst(4)
        }
        let moved = civil(fromDays: Self.days(fromYear: year, month: month, day: day) + days)
        let parts = text(moved.year, 4) + text(moved.month, 2) + text(moved.day, 2)
        let kept = min(digits.count, 8)
        return Array(parts.prefix(kept)) + bytes.dropFirst(kept)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int {
        digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func text(_ number: Int, _ count: Int) -> [UInt8] {
        let digits = Array(String(number).utf8.suffix(count))
        return Array(repeating: UInt8(ascii: "0"), count: count - digits.count) + digits
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 0000-03-01 of the Gregorian calendar, carried back.
    private static func days(fromYear year: Int, month: Int, day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let monthOfYear = (month + 9) % 12
        return 365 * shifted + floor(shifted, 4) - floor(shifted, 100) + floor(shifted, 400)
            + (153 * monthOfYear + 2) / 5 + day - 1
    }

    private static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
        var year = floor(10_000 * days + 14_780, 3_652_425)
        func start(_ year: Int) -> Int { 365 * year + floor(year, 4) - floor(year, 100) + floor(year, 400) }
        while start(year) > days { year -= 1 }
        while start(year + 1) <= days { year += 1 }
        let dayOfYear = days - start(year)
        let month = (5 * dayOfYear + 2) / 153
        return (
            month < 10 ? year : year + 1, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1
        )
    }

    private static func floor(_ number: Int, _ divisor: Int) -> Int {
        number >= 0 ? number / divisor : -((divisor - 1 - number) / divisor)
    }
}
