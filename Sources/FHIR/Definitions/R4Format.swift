/// The primitive types and the form of their values: R4's regular expressions (FHIR R4, section 2.24.0.1) written out
/// by hand, with the calendar for dates.
enum R4Format: String {
    case base64Binary, boolean, canonical, code, date, dateTime, decimal, id, instant, integer, markdown, oid
    case positiveInt, string, time, unsignedInt, uri, url, uuid, xhtml

    enum Problem {
        /// Nothing, or nothing but white space.
        case empty
        /// A control character other than tab, line feed and carriage return.
        case control
        /// Not as the type is written.
        case format
        /// Written as a date, but no such day exists.
        case calendar
    }

    /// Whether JSON writes a value of this type as a string.
    var isString: Bool {
        switch self {
        case .boolean, .decimal, .integer, .positiveInt, .unsignedInt: false
        default: true
        }
    }

    /// What is wrong with a value of a type that JSON writes as a string.
    func problem(in text: String) -> Problem? {
        var text = text
        return text.withUTF8 { bytes in
            if bytes.allSatisfy({ $0 < 0x80 }) { return problem(in: bytes[...]) }
            return problem(inUnicode: String(decoding: bytes, as: UTF8.self))
        }
    }

    private func problem(in bytes: ASCIIText) -> Problem? {
        var isBlank = true
        for byte in bytes {
            if byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D { return .control }
            if !Self.isSpace(byte) { isBlank = false }
        }
        if isBlank { return .empty }
        switch self {
        case .date, .dateTime, .instant: return dateProblem(in: bytes)
        default: return isWellFormed(bytes) ? nil : .format
        }
    }

    private func isWellFormed(_ bytes: ASCIIText) -> Bool {
        switch self {
        case .id: Self.isID(bytes)
        case .code: Self.isCode(bytes)
        case .uri, .url, .canonical: !bytes.contains(where: Self.isSpace)
        case .oid: Self.isOID(bytes)
        case .uuid: Self.isUUID(bytes)
        case .base64Binary: Self.isBase64(bytes)
        case .time:
            Self.time(in: bytes).map { $0.isEmpty } ?? false
        default: true
        }
    }

    /// Text beyond ASCII, which only the free types allow.
    private func problem(inUnicode text: String) -> Problem? {
        let scalars = text.unicodeScalars
        if scalars.contains(where: { $0.value < 0x20 && !"\t\n\r".unicodeScalars.contains($0) }) { return .control }
        if scalars.allSatisfy(\.properties.isWhitespace) { return .empty }
        switch self {
        case .string, .markdown, .xhtml: return nil
        case .uri, .url, .canonical: return scalars.contains(where: \.properties.isWhitespace) ? .format : nil
        case .code:
            let spaces = scalars.map(\.properties.isWhitespace)
            let isDouble = zip(spaces, spaces.dropFirst()).contains { $0 && $1 }
            return isDouble || spaces.first == true || spaces.last == true ? .format : nil
        default: return .format
        }
    }
}

// MARK: The types

typealias ASCIIText = Slice<UnsafeBufferPointer<UInt8>>

extension R4Format {
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte >= 0x41
    }

    /// `[A-Za-z0-9\-\.]{1,64}`
    static func isID(_ bytes: some Collection<UInt8>) -> Bool {
        (1...64).contains(bytes.count)
            && bytes.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }

    static func isID(_ text: some StringProtocol) -> Bool { isID(text.utf8) }

    /// `[^\s]+(\s[^\s]+)*`
    private static func isCode(_ bytes: ASCIIText) -> Bool {
        var wasSpace = true
        for byte in bytes {
            let space = isSpace(byte)
            if space && wasSpace { return false }
            wasSpace = space
        }
        return !wasSpace
    }

    /// `urn:oid:[0-2](\.(0|[1-9][0-9]*))+`
    private static func isOID(_ bytes: ASCIIText) -> Bool {
        guard bytes.starts(with: "urn:oid:".utf8) else { return false }
        let arcs = bytes.dropFirst(8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard arcs.count > 1, arcs[0].count == 1, let root = arcs[0].first, (0x30...0x32).contains(root) else {
            return false
        }
        return arcs.dropFirst().allSatisfy { arc in
            !arc.isEmpty && arc.allSatisfy(isDigit) && (arc.count == 1 || arc.first != UInt8(ascii: "0"))
        }
    }

    static func isUUID(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { isUUID($0[...]) }
    }

    /// `urn:uuid:` and 8-4-4-4-12 lower-case hexadecimal digits.
    private static func isUUID(_ bytes: ASCIIText) -> Bool {
        guard bytes.starts(with: "urn:uuid:".utf8), bytes.count == 45 else { return false }
        return zip(0..., bytes.dropFirst(9)).allSatisfy { index, byte in
            if index == 8 || index == 13 || index == 18 || index == 23 { return byte == UInt8(ascii: "-") }
            return isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
    }

    /// Groups of four characters of the alphabet, white space only between groups.
    private static func isBase64(_ bytes: ASCIIText) -> Bool {
        var inGroup = 0
        for byte in bytes {
            if isSpace(byte) {
                if inGroup != 0 { return false }
                continue
            }
            guard
                isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
                    || byte == UInt8(ascii: "=")
            else { return false }
            inGroup = (inGroup + 1) % 4
        }
        return inGroup == 0
    }
}

// MARK: Dates and times

extension R4Format {
    /// The number that so many digits at the start make, and what follows; nil if they are not all digits.
    private static func number(_ digits: Int, in bytes: ASCIIText) -> (value: Int, rest: ASCIIText)? {
        guard bytes.count >= digits, bytes.prefix(digits).allSatisfy(isDigit) else { return nil }
        return (bytes.prefix(digits).reduce(0) { $0 * 10 + Int($1 & 0x0F) }, bytes.dropFirst(digits))
    }

    /// The number behind a character, if it stands there and the number lies in the range.
    private static func number(
        _ digits: Int, after mark: Unicode.Scalar, in bytes: ASCIIText, _ range: ClosedRange<Int>
    ) -> (value: Int, rest: ASCIIText)? {
        guard bytes.first == UInt8(ascii: mark), let found = number(digits, in: bytes.dropFirst()),
            range.contains(found.value)
        else { return nil }
        return found
    }

    /// What follows `hh:mm:ss[.fraction]`; nil if it is not there. Second 60 is a leap second.
    private static func time(in bytes: ASCIIText) -> ASCIIText? {
        guard let hour = number(2, in: bytes), hour.value < 24,
            let minute = number(2, after: ":", in: hour.rest, 0...59),
            let second = number(2, after: ":", in: minute.rest, 0...60)
        else { return nil }
        guard second.rest.first == UInt8(ascii: ".") else { return second.rest }
        let fraction = second.rest.dropFirst().prefix(while: isDigit)
        return fraction.isEmpty ? nil : second.rest.dropFirst(1 + fraction.count)
    }

    /// `Z`, or `±hh:mm` up to 14:00.
    private static func isOffset(_ bytes: ASCIIText) -> Bool {
        if bytes.elementsEqual(CollectionOfOne(UInt8(ascii: "Z"))) { return true }
        guard bytes.first == UInt8(ascii: "+") || bytes.first == UInt8(ascii: "-"),
            let hour = number(2, in: bytes.dropFirst()), let minute = number(2, after: ":", in: hour.rest, 0...59)
        else { return false }
        return minute.rest.isEmpty && (hour.value < 14 || (hour.value == 14 && minute.value == 0))
    }

    /// `YYYY[-MM[-DD[Thh:mm:ss[.f](Z|±hh:mm)]]]`, of which a date has no time and an instant lacks nothing.
    private func dateProblem(in bytes: ASCIIText) -> Problem? {
        guard let year = Self.number(4, in: bytes), year.value > 0 else { return .format }
        if year.rest.isEmpty { return self == .instant ? .format : nil }
        guard let month = Self.number(2, after: "-", in: year.rest, 1...12) else { return .format }
        if month.rest.isEmpty { return self == .instant ? .format : nil }
        guard let day = Self.number(2, after: "-", in: month.rest, 1...31) else { return .format }
        if day.rest.isEmpty {
            if self == .instant { return .format }
        } else {
            guard self != .date, day.rest.first == UInt8(ascii: "T"),
                let offset = Self.time(in: day.rest.dropFirst()), Self.isOffset(offset)
            else { return .format }
        }
        return day.value <= Self.days(in: month.value, of: year.value) ? nil : .calendar
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
