/// Writes MSA and ERR in the shape of a version.
///
///     up to 2.4   MSA|AE|id|first text        ERR|PID^1^3^101&Required field missing&HL70357~…
///     2.5 – 2.6   MSA|AE|id|first text        ERR||PID^1^3|101^Required field missing^HL70357|E||||text
///     from 2.7    MSA|AE|id                   ERR||…
struct AcknowledgmentWriter {
    private(set) var bytes: [UInt8] = []
    private let delimiters: Delimiters
    private let charset: Charset
    private let version: AcknowledgmentVersion

    /// - Parameter delimiters: all of them present.
    init(delimiters: Delimiters, charset: Charset, version: AcknowledgmentVersion) {
        self.delimiters = delimiters
        self.charset = charset
        self.version = version
        bytes.reserveCapacity(64)
    }

    mutating func msa(_ code: Acknowledgment.Code, controlID: ArraySlice<UInt8>, problems: [Acknowledgment.Problem]) {
        bytes += "MSA".utf8
        field(code.rawValue.utf8)
        field(controlID)
        if version.minor < 7, let first = problems.first { field(escaped(first.text)) }
        bytes.append(0x0D)
    }

    mutating func errors(_ problems: ArraySlice<Acknowledgment.Problem>) {
        guard !problems.isEmpty else { return }
        if version.minor < 5 {
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

    /// A text in the character set of the answer, with a question mark for what the set lacks.
    private func escaped(_ text: String) -> [UInt8] {
        let escaped = Escape.encoded(text, delimiters: delimiters) ?? text
        return charset.encoded(escaped) ?? escaped.unicodeScalars.map { $0.isASCII ? UInt8($0.value) : 0x3F }
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
    /// 5 of 2.5.1; that of 2.5 where the version is not known.
    let minor: Int
    let isKnown: Bool
    /// MSH-9 has a structure after 2.3: from 2.3.1 on.
    let namesStructure: Bool

    /// Answered in 2.5.1.
    static let unknown = AcknowledgmentVersion([])

    init(of message: Message) { self.init(message.header.segment.field(12)?.component(1)?.bytes ?? []) }

    private init(_ text: ArraySlice<UInt8>) {
        let bytes = text.prefix(4)
        let digit = bytes.count >= 3 ? bytes[bytes.startIndex + 2] : 0
        let point = UInt8(ascii: ".")
        isKnown =
            bytes.starts(with: [UInt8(ascii: "2"), point]) && digit.isDigit && digit != UInt8(ascii: "0")
            && (bytes.count == 3 || bytes.last == point)
        minor = isKnown ? Int(digit - 0x30) : 5
        namesStructure = minor > 3 || (minor == 3 && bytes.count == 4)
    }
}
