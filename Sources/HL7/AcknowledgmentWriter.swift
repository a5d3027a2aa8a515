/// Writes MSA and ERR in the shape of a version.
///
///     up to 2.4   MSA|AE|id|first text        ERR|PID^1^3^101&Required field missing&HL70357~…
///     2.5 – 2.6   MSA|AE|id|first text        ERR||PID^1^3|101^Required field missing^HL70357|E||||text
///     from 2.7    MSA|AE|id                   ERR||…
struct AcknowledgmentWriter {
    private(set) var bytes: [UInt8] = []
    private let delimiters: Delimiters
    private let charset: Charset
    /// 21 … 28: the version without its point, or that of 2.5 where it is not known.
    private let year: Int

    /// - Parameter delimiters: all of them present.
    init(delimiters: Delimiters, charset: Charset, version: String) {
        self.delimiters = delimiters
        self.charset = charset
        year = Self.year(of: version) ?? 25
    }

    /// 21 for 2.1, 23 for 2.3.1, … or nil for what is not a 2.x version.
    static func year(of version: String) -> Int? {
        let parts = version.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0] == "2", let minor = Int(parts[1]), (1...9).contains(minor) else { return nil }
        return 20 + minor
    }

    mutating func msa(_ code: Acknowledgment.Code, controlID: ArraySlice<UInt8>, problems: [Acknowledgment.Problem]) {
        bytes += "MSA".utf8
        field(code.rawValue.utf8)
        field(controlID)
        if year < 27, let first = problems.first { field(escaped(first.text)) }
        bytes.append(0x0D)
    }

    mutating func errors(_ problems: ArraySlice<Acknowledgment.Problem>) {
        guard !problems.isEmpty else { return }
        if year < 25 {
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
