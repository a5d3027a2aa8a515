import HL7

/// Numbers on bytes: NM and SI (HL7 2.5.1 §2.A.47, §2.A.70).
enum NumberFormat {
    /// An optional sign, digits, at most one decimal point.
    static func isNumber(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        var at = range.lowerBound
        if at < range.upperBound, bytes[at] == 0x2B || bytes[at] == 0x2D { at += 1 }
        var digits = 0
        var points = 0
        while at < range.upperBound {
            if bytes[at] == 0x2E {
                points += 1
            } else if bytes[at] >= 0x30 && bytes[at] <= 0x39 {
                digits += 1
            } else {
                return false
            }
            at += 1
        }
        return digits > 0 && points <= 1
    }

    static func isDigits(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        for at in range where bytes[at] < 0x30 || bytes[at] > 0x39 { return false }
        return true
    }
}

/// Dates and times on bytes: DT, TM, DTM (HL7 2.5.1 §2.A.21, §2.A.22, §2.A.75). ``Timestamp`` says the same with
/// values and reasons; this is what runs on every field before the acknowledgement.
enum TemporalFormat {
    /// `YYYY[MM[DD]]`
    static func isDate(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        let count = range.count
        return (count == 4 || count == 6 || count == 8) && NumberFormat.isDigits(bytes, range)
            && isCalendar(bytes, range.lowerBound, digits: count)
    }

    /// `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`
    static func isDateTime(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        let end = endOfDigits(bytes, range)
        let count = end - range.lowerBound
        guard count >= 4, count <= 14, count.isMultiple(of: 2) else { return false }
        let start = range.lowerBound
        guard isCalendar(bytes, start, digits: min(count, 8)) else { return false }
        if count > 8, !isClock(bytes, start + 8, digits: count - 8) { return false }
        return isTail(bytes, end..<range.upperBound, allowsFraction: count == 14)
    }

    /// `HH[MM[SS[.S[S[S[S]]]]]][+/-ZZZZ]`
    static func isTime(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        let end = endOfDigits(bytes, range)
        let count = end - range.lowerBound
        guard count == 2 || count == 4 || count == 6, isClock(bytes, range.lowerBound, digits: count) else {
            return false
        }
        return isTail(bytes, end..<range.upperBound, allowsFraction: count == 6)
    }

    /// How many digits a date or time begins with: its precision, once its form is known to be right.
    static func digits(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int {
        endOfDigits(bytes, range) - range.lowerBound
    }

    private static func endOfDigits(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int {
        var at = range.lowerBound
        while at < range.upperBound, bytes[at] >= 0x30, bytes[at] <= 0x39 { at += 1 }
        return at
    }

    private static func pair(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
        Int(bytes[at] &- 0x30) * 10 + Int(bytes[at + 1] &- 0x30)
    }

    private static func isCalendar(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, digits: Int) -> Bool {
        let year = pair(bytes, start) * 100 + pair(bytes, start + 2)
        if year == 0 { return false }
        if digits < 6 { return true }
        let month = pair(bytes, start + 4)
        guard month >= 1, month <= 12 else { return false }
        if digits < 8 { return true }
        let day = pair(bytes, start + 6)
        return day >= 1 && day <= Timestamp.days(in: month, of: year)
    }

    private static func isClock(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, digits: Int) -> Bool {
        pair(bytes, start) < 24 && (digits < 4 || pair(bytes, start + 2) < 60)
            && (digits < 6 || pair(bytes, start + 4) < 60)
    }

    /// A fraction and a zone, both optional.
    private static func isTail(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, allowsFraction: Bool) -> Bool {
        var at = range.lowerBound
        if at < range.upperBound, bytes[at] == 0x2E {
            let end = endOfDigits(bytes, (at + 1)..<range.upperBound)
            let count = end - at - 1
            guard allowsFraction, count >= 1, count <= 4 else { return false }
            at = end
        }
        if at == range.upperBound { return true }
        guard range.upperBound - at == 5, bytes[at] == 0x2B || bytes[at] == 0x2D,
            NumberFormat.isDigits(bytes, (at + 1)..<range.upperBound)
        else { return false }
        return pair(bytes, at + 1) <= 14 && pair(bytes, at + 3) < 60
    }
}
