/// A line of a file of the folder.
struct Place: Hashable, Sendable {
    var file: String
    /// Counted from 1; nil: the whole file.
    var line: Int?
}

/// Collects what all readers find, so that one run reports everything.
final class FindingList {
    private var findings: [InterfaceFinding] = []
    private(set) var hasErrors = false

    func error(_ place: Place, _ text: String) {
        hasErrors = true
        add(InterfaceFinding(severity: .error, file: place.file, line: place.line, text: text))
    }

    func warning(_ place: Place, _ text: String) {
        add(InterfaceFinding(severity: .warning, file: place.file, line: place.line, text: text))
    }

    private func add(_ finding: InterfaceFinding) {
        if !findings.contains(finding) { findings.append(finding) }
    }

    /// By file and line; those of one line as found.
    var sorted: [InterfaceFinding] {
        findings.enumerated()
            .sorted {
                ($0.element.file, $0.element.line ?? 0, $0.offset) < ($1.element.file, $1.element.line ?? 0, $1.offset)
            }
            .map(\.element)
    }
}
