/// Rows of text in columns as wide as they need to be.
enum TextTable {
    /// - Parameter width: the last column goes on under itself where a row is longer.
    static func lines(_ header: [String], _ rows: [[String]], width: Int = Output.columns) -> [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].columns }.max() ?? 0 }
        let start = widths.dropLast().reduce(0) { $0 + $1 + 2 }
        return all.flatMap { row in
            let head = zip(row.dropLast(), widths).map { $0.padded(to: $1 + 2) }.joined()
            guard width - start >= lastColumnMin else { return [(head + (row.last ?? "")).trimmedEnd] }
            return (row.last ?? "").wrapped(to: width - start).enumerated().map { number, line in
                ((number == 0 ? head : String(repeating: " ", count: start)) + line).trimmedEnd
            }
        }
    }

    /// Rows of which some have a note below them, over the whole width.
    static func lines(
        _ header: [String], _ rows: [(cells: [String], note: String?)], width: Int = Output.columns
    ) -> [String] {
        let table = lines(header, rows.map(\.cells), width: .max)
        return table.prefix(1)
            + zip(table.dropFirst(), rows).flatMap { line, row in
                [line] + (row.note?.wrapped(to: width - 4).map { "    " + $0 } ?? [])
            }
    }

    /// Rows with the last cell in its column where all lines are short enough, else below each row.
    static func fitted(_ header: [String], _ rows: [[String]], width: Int = Output.width) -> [String] {
        let table = lines(header, rows, width: .max)
        guard table.contains(where: { $0.columns > width }) else { return table }
        return lines(header.dropLast(), rows.map { (cells: $0.dropLast(), note: $0.last) }, width: width)
    }

    /// Columns under which the last one is not broken: the terminal does that as well.
    private static let lastColumnMin = 16

    /// Seconds as people say them: `12 s`, `4 min`, `3 h`, `2 d`.
    static func age(_ seconds: Int?) -> String {
        guard let seconds else { return "" }
        switch seconds {
        case ..<120: return "\(seconds) s"
        case ..<7_200: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3_600) h"
        default: return "\(seconds / 86_400) d"
        }
    }
}

extension String {
    /// Without spaces at the end.
    var trimmedEnd: String {
        var text = self[...]
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}
