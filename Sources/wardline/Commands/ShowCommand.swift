internal import ArgumentParser
internal import Console
internal import FHIR
internal import Foundation
internal import HL7

/// `wardline show`: a message, field by field.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows messages field by field, with the names of their version's definitions.",
        discussion: """
            A number that is no file is the sequence number of a message that the running broker holds; that it was read \
            is an audit event.
            """)

    @Argument(
        help: ArgumentHelp(
            "Files of HL7 v2 messages, or sequence numbers; - is standard input.", valueName: "file|seq"))
    var files: [String]

    @Option(help: ArgumentHelp("The data folder of the running broker, for sequence numbers.", valueName: "dir"))
    var data = "var"

    @Option(help: "What to print: text, or json (one object a value).")
    var format = OutputFormat.text

    func run() async throws {
        var isClean = true
        var isFirst = true
        for item in try await items() {
            do throws(ParseError) {
                let view = MessageView(try Message(parsing: item.bytes))
                switch format {
                case .text:
                    if !isFirst { Output.line("") }
                    Output.line(view.text(isColoured: Output.isTerminal))
                case .json: printJSON(view, item)
                }
            } catch {
                isClean = false
                Output.error("\(item.file) #\(item.index): \(error)")
            }
            isFirst = false
        }
        if !isClean { throw ExitCode.failure }
    }

    private func items() async throws -> [MessageFiles.Item] {
        var items: [MessageFiles.Item] = []
        for name in files {
            guard let seq = Int64(name), seq > 0, !FileManager.default.fileExists(atPath: name) else {
                items += try MessageFiles.items(of: [name])
                continue
            }
            do {
                let bytes = try await AdminClient(data: data).bytes("messages/\(seq)/body")
                items.append(MessageFiles.Item(file: "#\(seq)", index: 1, bytes: bytes))
            } catch let error as AdminError {
                Output.error("\(error)")
                throw ExitCode.failure
            }
        }
        return items
    }

    private func printJSON(_ view: MessageView, _ item: MessageFiles.Item) {
        for line in view.lines where line.depth > 0 && !line.value.isEmpty {
            Output.json([
                "file": .string(item.file), "index": .number(JSONNumber(item.index)), "path": .string(line.place),
                "name": .string(line.name), "value": .string(line.value),
            ])
        }
    }
}
