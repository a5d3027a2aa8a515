internal import ArgumentParser
internal import Console

/// `wardline tail`: the routing log, live.
struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Follows the routing log of the running broker.",
        discussion: """
            One line a step: received, routed, delivered, held, … With --after N it begins behind that event of the audit \
            log, so that an interrupted tail goes on without a gap; every JSON line has its "event" number.
            """)

    @OptionGroup var options: AdminOptions

    @Option(help: "Only messages from or to this provider.")
    var provider: String?

    @Option(help: "Only what this route did.")
    var route: String?

    @Option(help: ArgumentHelp("Only this message type: ADT or ADT^A01.", valueName: "type"))
    var type: String?

    @Option(help: "Only steps with this state: accepted, refused, queued, delivered, held, retry, …")
    var state: String?

    @Option(help: ArgumentHelp("Begin behind this event number.", valueName: "event"))
    var after: Int64?

    @Option(help: ArgumentHelp("Begin with the last so many events.", valueName: "count"))
    var last: Int64 = 10

    @Flag(help: "End at the last event there is.")
    var once = false

    @Flag(help: "Show patient identifiers; each reading is an audit event.")
    var phi = false

    func run() async throws {
        var query: [String: String] = ["follow": once ? "0" : "1"]
        query["provider"] = provider
        query["route"] = route
        query["type"] = type
        query["state"] = state
        if let after { query["after"] = "\(after)" } else { query["last"] = "\(last)" }
        if phi { query["phi"] = "1" }
        let text = StepText()
        try await options.run { client in
            try await client.events(query) { step in
                Output.line(options.format == .json ? try AdminOptions.json(step) : text.line(step))
            }
        }
    }
}
