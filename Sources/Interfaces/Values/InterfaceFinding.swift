/// Something in the interfaces folder that is wrong or doubtful: what, and what to write instead.
package struct InterfaceFinding: Hashable, Sendable, CustomStringConvertible {
    package enum Severity: String, Hashable, Sendable { case error, warning }

    package var severity: Severity
    /// Path below the interfaces folder; the folder itself as given where it cannot be read.
    package var file: String
    /// Counted from 1; nil: the whole file.
    package var line: Int?
    package var text: String

    package init(severity: Severity, file: String, line: Int?, text: String) {
        self.severity = severity
        self.file = file
        self.line = line
        self.text = text
    }

    /// `routes/admissions.yaml:3: unknown key "form"; write "from"`
    package var description: String { line.map { "\(file):\($0): \(text)" } ?? "\(file): \(text)" }
}
