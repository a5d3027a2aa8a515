/// Writes MSA and ERR in the shape of a version.
///
///     up to 2.4   MSA|AE|id|first text        ERR|PID^1^3^101&Required field missing&HL70357~…
///     2.5 – 2.6   MSA|AE|id|first text        ERR||PID^1^3|101^Required field missing^HL70357|E||||text
///     from 2.7    MSA|AE|id                   ERR||…
struct AcknowledgmentWriter {
    private(set) var bytes: [UInt8] = []
    private let delimiters: Delimiters
    private let charset: Charset
    private let receivedCharset: Charset
    private let version: AcknowledgmentVersion
    /// Characters of MSA-3 (HL7 2.5.1 §2.15.8.3).
    private static let textMax = 80

    /// - Parameters:
    ///   - delimiters: all of them present.
    ///   - charset: of what is written here.
    ///   - receivedCharset: of the message, which the answer is then brought to.
    init(delimiters: Delimiters, charset: Charset, receivedCharset: Charset, version: AcknowledgmentVersion) {
        self.delimiters = delimiters
        self.charset = charset
        self.receivedCharset = receivedCharset
        self.version = version
        bytes.reserveCapacity(64)
    }

    mutating func msa(_ code: Acknowledgment.Code, controlID: ArraySlice<UInt8>, problems: [Acknowledgment.Problem]) {
        bytes += "MSA".utf8
        field(code.rawValue.utf8)
        field(controlID)
        let first = problems.first { $0.severity == .error } ?? problems.first
        if version.minor < 7, let first { field(escaped(String(first.text.prefix(Self.textMax)))) }
        bytes.append(0x0D)
    }

    mutating func errors(_ problems: ArraySlice<Acknowledgment.Problem>) {
        guard !problems.isEmpty else { return }
        if !version.hasSeverity {
            bytes += "ERR".utf8
            field(joined(problems.map(codeAndLocation), delimiters.repetition))
            bytes.append(0x0D)
            return
        }
        for problem in problems {
            bytes += "ERR".utf8
            field([])
            field(problem.location.map(errorLocation) ?? [])
            field(coded(problem.code, delimiters.component))
            field(problem.severity.rawValue.utf8)
            for _ in 5...7 { field([]) }
            field(escaped(problem.text))
            bytes.append(0x0D)
        }
    }

    /// ERR-1 up to 2.4: segment, sequence, field, code.
    private func codeAndLocation(_ problem: Acknowledgment.Problem) -> [UInt8] {
        let location = problem.location
        return joined(
            [
                location.map { escaped($0.segment) } ?? [], number(location?.occurrence), number(location?.field),
                coded(problem.code, delimiters.subcomponent),
            ], delimiters.component)
    }

    /// ERR-2: segment, sequence, field, repetition, component, sub-component; what comes after the last known is left out.
    private func errorLocation(_ location: Location) -> [UInt8] {
        var parts = [escaped(location.segment), number(location.occurrence)]
        if let field = location.field {
            parts.append(number(field))
            if location.repetition != nil || location.component != nil {
                parts.append(number(location.repetition ?? 1))
            }
            if let component = location.component { parts.append(number(component)) }
            if location.component != nil, let subcomponent = location.subcomponent {
                parts.append(number(subcomponent))
            }
        }
        return joined(parts, delimiters.component)
    }

    private func coded(_ code: Int, _ delimiter: UInt8) -> [UInt8] {
        joined([number(code), escaped(Acknowledgment.name(ofCode: code)), Array("HL70357".utf8)], delimiter)
    }

    private func number(_ number: Int?) -> [UInt8] { number.map { Array("\($0)".utf8) } ?? [] }

    /// A text in the character set of the answer, with a question mark for each character that the set lacks.
    private func escaped(_ text: String) -> [UInt8] {
        let escaped = Escape.encoded(text, delimiters: delimiters) ?? text
        // Every set that can travel in MLLP has ASCII.
        if escaped.utf8.allSatisfy({ $0 < 0x80 }) { return Array(escaped.utf8) }
        let known = escaped.unicodeScalars.map { scalar -> Unicode.Scalar in
            scalar.isASCII || receivedCharset.encoded(String(scalar)) != nil ? scalar : "?"
        }
        let text = String(String.UnicodeScalarView(known))
        return charset.encoded(text) ?? text.unicodeScalars.map { $0.isASCII ? UInt8($0.value) : 0x3F }
    }

    private func joined(_ parts: [[UInt8]], _ delimiter: UInt8) -> [UInt8] {
        Array(parts.joined(separator: [delimiter]))
    }

    private mutating func field(_ value: some Sequence<UInt8>) {
        bytes.append(delimiters.field)
        bytes += value
    }
}

/// What the shape of an answer depends on in MSH-12.1.
struct AcknowledgmentVersion {
    /// 5 of 2.5.1; that of 2.5.1 where the version is not known.
    let minor: Int
    /// ERR-4 says whether it is an error or a warning: from 2.5 on.
    var hasSeverity: Bool { minor >= 5 }
    /// MSH-9 has a structure after 2.3: from 2.3.1 on.
    let namesStructure: Bool
    /// MSH-12 of the answer; nil: that of the message.
    let stated: String?

    /// Answered in 2.5.1.
    static let unknown = AcknowledgmentVersion([], stated: "2.5.1")

    /// - Parameter version: stands for an empty MSH-12.
    init(of message: Message, assuming version: String?) {
        let text = message.header.segment.field(12)?.component(1)?.bytes ?? []
        if Self.isKnown(text) {
            self.init(text, stated: nil)
        } else if text.isEmpty, let version, Self.isKnown(Array(version.utf8)[...]) {
            self.init(Array(version.utf8)[...], stated: version)
        } else {
            self = .unknown
        }
    }

    private init(_ text: ArraySlice<UInt8>, stated: String?) {
        minor = text.count >= 3 ? Int(text[text.startIndex + 2] - 0x30) : 5
        namesStructure = minor > 3 || (minor == 3 && text.count > 3)
        self.stated = stated
    }

    /// 2.1 to 2.9, and the versions between them: 2.3.1, 2.5.1, 2.7.1, 2.8.1 and 2.8.2.
    private static func isKnown(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.count >= 3, text.starts(with: "2.".utf8) else { return false }
        let digit = text[text.startIndex + 2]
        guard digit.isDigit, digit != UInt8(ascii: "0") else { return false }
        if text.count == 3 { return true }
        guard text.count == 5, text[text.startIndex + 3] == UInt8(ascii: "."), let last = text.last else {
            return false
        }
        switch digit {
        case UInt8(ascii: "3"), UInt8(ascii: "5"), UInt8(ascii: "7"): return last == UInt8(ascii: "1")
        case UInt8(ascii: "8"): return last == UInt8(ascii: "1") || last == UInt8(ascii: "2")
        case UInt8(ascii: "9"): return last.isDigit
        default: return false
        }
    }
}
