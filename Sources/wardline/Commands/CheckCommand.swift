internal import ArgumentParser
internal import FHIR
internal import Interfaces

/// `wardline check`: reads the whole interfaces folder and reports every mistake.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks an interfaces folder and runs the tests stored in it.",
        discussion: """
            Also runs the tests of routes and the examples of profiles. Prints each finding as file:line: what, and what \
            to write instead. Exits 1 if there is an error.
            """)

    @Option(help: ArgumentHelp("The interfaces folder.", valueName: "dir"))
    var interfaces = "Interfaces"

    @Option(help: "What to print: text or json (one object a finding).")
    var format = OutputFormat.text

    func run() throws {
        let (configuration, all) = InterfaceFolder.check(interfaces)
        for finding in all {
            switch format {
            case .text: Output.line("\(finding.severity == .warning ? "warning: " : "")\(finding)")
            case .json:
                var object: JSONObject = [
                    "severity": .string(finding.severity.rawValue), "file": .string(finding.file),
                ]
                if let line = finding.line { object["line"] = .number(JSONNumber(line)) }
                object["text"] = .string(finding.text)
                Output.json(object)
            }
        }
        let errors = all.count { $0.severity == .error }
        if format == .text { summarise(configuration, errors: errors, warnings: all.count - errors) }
        if errors > 0 { throw ExitCode.failure }
    }

    private func summarise(_ configuration: Configuration?, errors: Int, warnings: Int) {
        let counts = "\(errors) error\(errors == 1 ? "" : "s"), \(warnings) warning\(warnings == 1 ? "" : "s")"
        guard let configuration else { return Output.line("\(interfaces): \(counts)") }
        let tests = configuration.routes.reduce(0) { $0 + $1.tests.count }
        let examples = configuration.profiles.values.reduce(0) { $0 + $1.examples.count }
        Output.line(
            """
            \(interfaces): \(counts); \(configuration.listeners.count) listeners, \(configuration.providers.count) \
            providers, \(configuration.routes.count) routes, \(configuration.profiles.count) profiles; \
            \(tests) route tests and \(examples) examples run; \
            configuration \(configuration.hash.prefix(12))
            """)
    }
}
