/// Writes MSA and ERR in the shape of a version.
///
///     up to 2.4   MSA|AE|id|first text        ERR|PID^1^3^101&Required field missing&HL70357~…
///     2.5 – 2.6   MSA|AE|id|first text        ERR||PID^1^3|101^Required field missing^HL70357|E||||text
///     from 2.7    MSA|AE|id                   ERR||…
struct AcknowledgmentWriter {
    private(set) var bytes: [UInt8] = []
    private let delimiters: Delimiters
    /// 21 … 28: the version without its point, or that of 2.5 where it is not known.
    private let year: Int

    init(delimiters: Delimiters, version: String) {
        var delimiters = delimiters
        // What a short MSH-2 leaves out is still needed to write an ERR.
        if delimiters.component == Delimiters.absent { delimiters.component = Delimiters.standard.component }
        if delimiters.repetition == Delimiters.absent { delimiters.repetition = Delimiters.standard.repetition }
        if delimiters.subcomponent == Delimiters.absent { delimiters.subcomponent = Delimiters.standard.subcomponent }
        self.delimiters = delimiters
        year = Self.year(of: version) ?? 25
    }

    /// 21 for 2.1, 23 for 2.3.1, … or nil for what is not a 2.x version.
    static func year(of version: String) -> Int? {
        let parts = version.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0] == "2", let minor = Int(parts[1]), (1...9).contains(minor) else { return nil }
        return 20 + minor
    }

    mutating func msa(_ code: Acknowledgment.Code, controlID: ArraySlice<UInt8>, problems: [Acknowledgment.Problem]) {
        add("MSA", code.rawValue)
        bytes.append(delimiters.field)
        bytes += controlID
        if year < 27, let first = problems.first { field(escaped(first.text)) }
        bytes.append(0x0D)
    }

    mutating func errors(_ problems: ArraySlice<Acknowledgment.Problem>) {
        guard !problems.isEmpty else { return }
        if year < 25 {
            add("ERR")
            bytes.append(delimiters.field)
            for (number, problem) in problems.enumerated() {
                if number > 0 { bytes.append(delimiters.repetition) }
                let name = escaped(Acknowledgment.name(ofCode: problem.code))
                let code = join(["\(problem.code)", name, "HL70357"], delimiters.subcomponent)
                let location = problem.location
                let repetition = join(
                    [
                        location?.segment ?? "", location.map { "\($0.occurrence)" } ?? "",
                        location?.field.map(String.init) ?? "", code,
                    ], delimiters.component
                )
                bytes += repetition.utf8
            }
            bytes.append(0x0D)
            return
        }
        for problem in problems {
            let name = escaped(Acknowledgment.name(ofCode: problem.code))
            add("ERR", "", problem.location.map(errorLocation) ?? "")
            field(join(["\(problem.code)", name, "HL70357"], delimiters.component))
            field(problem.severity.rawValue)
            for text in ["", "", "", escaped(problem.text)] { field(text) }
            bytes.append(0x0D)
        }
    }

    /// ERR-2: segment, sequence, field, repetition, component, sub-component; what comes after the last known is left out.
    private func errorLocation(_ location: Location) -> String {
        var parts = [location.segment, "\(location.occurrence)"]
        if let field = location.field {
            parts.append("\(field)")
            if location.repetition != nil || location.component != nil { parts.append("\(location.repetition ?? 1)") }
            if let component = location.component { parts.append("\(component)") }
            if location.component != nil, let subcomponent = location.subcomponent { parts.append("\(subcomponent)") }
        }
        return join(parts, delimiters.component)
    }

    private func escaped(_ text: String) -> String { Escape.encoded(text, delimiters: delimiters) }

    private func join(_ parts: [String], _ delimiter: UInt8) -> String {
        parts.joined(separator: String(Unicode.Scalar(delimiter)))
    }

    private mutating func add(_ name: String, _ fields: String...) {
        bytes += name.utf8
        for text in fields { field(text) }
    }

    private mutating func field(_ text: String) {
        bytes.append(delimiters.field)
        bytes += text.utf8
    }
}
