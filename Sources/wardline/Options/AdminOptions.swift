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
