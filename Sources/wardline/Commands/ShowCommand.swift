internal import ArgumentParser
internal import FHIR
internal import HL7

/// `wardline show`: a message, field by field.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows messages field by field, with the names of their version's definitions.")

    @Argument(help: ArgumentHelp("Files of HL7 v2 messages; - is standard input.", valueName: "file"))
    var files: [String]

    @Option(help: "What to print: text, or json (one object a value).")
    var format = OutputFormat.text

    func run() throws {
        var isClean = true
        var isFirst = true
        for item in try MessageFiles.items(of: files) {
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

    private func printJSON(_ view: MessageView, _ item: MessageFiles.Item) {
        for line in view.lines where line.depth > 0 && !line.value.isEmpty {
            Output.json([
                "file": .string(item.file), "index": .number(JSONNumber(item.index)), "path": .string(line.place),
                "name": .string(line.name), "value": .string(line.value),
            ])
        }
    }
}
