internal import Console
internal import HL7
internal import HL7Conformance

/// Lays a message out for a screen: place, name, type and value in columns, values going on under themselves, findings
/// below what they concern.
///
///     PV1  Patient Visit
///       PV1-2        Patient Class             IS   I  = Inpatient (0004)
///       PV1-3        Assigned Patient Location PL
///         PV1-3.1    Point of Care             IS   3W
struct MessageText {
    /// Columns of the screen.
    var width: Int
    var isColoured: Bool
    /// Values are cut after so many characters, with how to see the rest; nil: never.
    var valueCharactersMax: Int? = 2_000

    /// Columns of the three cells before the value.
    private struct Columns {
        var place: Int
        var name: Int
        var type: Int
        var value: Int { place + name + type + 6 }
    }

    func lines(_ shown: [ShownLine]) -> [String] {
        let columns = columns(for: shown)
        var advised: Set<String> = []
        return shown.flatMap { line in
            let own = line.depth == .segment ? heading(line) : row(line, columns)
            return own + line.findings.flatMap { finding($0, at: line.location, advised: &advised) }
        }
    }

    // MARK: Rows

    private func columns(for lines: [ShownLine]) -> Columns {
        let places = lines.filter { $0.depth != .segment }.map { indent($0) + $0.place.count }
        let types = lines.map(\.type.count)
        return Columns(
            place: min(max(places.max() ?? 0, 10), 18), name: width >= 100 ? 34 : width >= 76 ? 25 : 16,
            type: min(max(types.max() ?? 0, 2), 4))
    }

    private func indent(_ line: ShownLine) -> Int { line.depth.rawValue * 2 }

    private func heading(_ line: ShownLine) -> [String] {
        var text = line.name.isEmpty ? line.place : "\(line.place)  \(line.name)"
        text = TextStyle.bold.paint(text.visible, isColoured)
        if line.presence == .absent { text += TextStyle.dim.paint("  (not in the message)", isColoured) }
        guard let note = line.meaning else { return ["", text] }
        return ["", text] + note.wrapped(to: width - 2).map { TextStyle.dim.paint("  " + $0, isColoured) }
    }

    private func row(_ line: ShownLine, _ columns: Columns) -> [String] {
        let place = String(repeating: " ", count: indent(line)) + line.place
        let room = width - columns.value
        var values = pieces(line, room)
        // What is long, or has no room beside the names, goes below them over the whole width.
        let goesBelow = !values.isEmpty && (room < 16 || values.count > 5)
        let below = goesBelow ? pieces(line, width - 8) : []
        if goesBelow { values = [] }
        let names = line.name.visible.wrapped(to: columns.name)
        var rows: [String] = []
        // A place that is too long for its column has a line of its own.
        if place.count > columns.place { rows.append(place) }
        for number in 0..<max(names.count, values.count) {
            let isFirst = number == 0
            let head = isFirst && place.count <= columns.place ? place : ""
            let name = number < names.count ? names[number] : ""
            let type = (isFirst ? line.type : "").padded(to: columns.type)
            let value = number < values.count ? values[number] : ""
            let start = "\(head.padded(to: columns.place))  \(name.padded(to: columns.name))  "
            rows.append("\(start)\(TextStyle.dim.paint(type, isColoured))  \(value)".trimmedEnd)
        }
        return rows + below.map { String(repeating: " ", count: 8) + $0 }
    }

    /// The value and what it stands for, in lines of a width.
    private func pieces(_ line: ShownLine, _ width: Int) -> [String] {
        func dim(_ text: String) -> [String] { text.wrapped(to: width).map { TextStyle.dim.paint($0, isColoured) } }
        switch line.presence {
        case .absent: return dim("(not there)")
        case .empty: return dim("(empty)")
        case .null: return ["\"\""] + dim("= null: delete what you hold")
        case .value: break
        }
        guard let value = line.value.map(shortened) else { return [] }
        let lines = value.visible.wrapped(to: width)
        guard let meaning = line.meaning else { return lines }
        if let only = lines.first, lines.count == 1, only.columns + 4 + meaning.columns <= width {
            return [only + "  " + TextStyle.dim.paint("= " + meaning, isColoured)]
        }
        return lines
            + meaning.wrapped(to: width - 2).enumerated().map { number, text in
                TextStyle.dim.paint((number == 0 ? "= " : "  ") + text, isColoured)
            }
    }

    private func shortened(_ value: String) -> String {
        guard let valueCharactersMax, value.count > valueCharactersMax else { return value }
        return value.prefix(valueCharactersMax)
            + "\n… \(value.count - valueCharactersMax) more characters; --path shows all"
    }

    // MARK: Findings

    /// A finding; its advice only where it is new in this message.
    func finding(_ finding: ShownFinding, at place: Location?, advised: inout Set<String>) -> [String] {
        let label = "\(finding.severity.rawValue) \(finding.code)"
        var text = finding.text
        if let location = finding.location, "\(location)" != place.map({ "\($0)" }) { text = "\(location): \(text)" }
        let indent = 6
        let start = indent + label.count + 2
        let margin = String(repeating: " ", count: start)
        var lines = text.visible.wrapped(to: width - start).enumerated().map { number, line in
            number == 0
                ? String(repeating: " ", count: indent) + finding.severity.style.paint(label, isColoured) + "  " + line
                : margin + line
        }
        if let advice = finding.advice, advised.insert(advice).inserted {
            lines += advice.wrapped(to: width - start - 2).enumerated().map { number, line in
                margin + TextStyle.dim.paint((number == 0 ? "> " : "  ") + line, isColoured)
            }
        }
        return lines
    }
}

extension Severity {
    var style: TextStyle {
        switch self {
        case .error: .red
        case .warning: .yellow
        case .information: .cyan
        }
    }
}
