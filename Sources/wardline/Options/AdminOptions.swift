internal import ArgumentParser
internal import Console
internal import Foundation

/// Which running broker a command talks to, and how it prints.
struct AdminOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data folder of the running broker.", valueName: "dir"))
    var data = "var"

    @Option(help: "What to print: text or json (one object a line).")
    var format = OutputFormat.text

    var client: AdminClient { AdminClient(data: data) }

    /// Prints values as JSON lines, or as `text` makes them.
    func print<Value: Encodable>(_ values: [Value], text: ([Value]) -> [String]) throws {
        switch format {
        case .json: for value in values { Output.line(try AdminOptions.json(value)) }
        case .text: for line in text(values) { Output.line(line) }
        }
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Runs what talks to the broker, and tells a failure in a line instead of a stack.
    func run(_ body: (AdminClient) async throws -> Void) async throws {
        do {
            try await body(client)
        } catch let error as AdminError {
            Output.error("\(error)")
            throw ExitCode.failure
        }
    }
}

/// Rows of text in columns as wide as they need to be.
enum TextTable {
    static func lines(_ header: [String], _ rows: [[String]]) -> [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += column == row.count - 1 ? cell : cell.padded(to: widths[column] + 2)
            }
            return line
        }
    }

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
    /// Filled with spaces to a width.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
