internal import ArgumentParser
internal import Console

/// `wardline why`: what each route said about a message.
struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Shows what each route said about a message, with the values that it saw.",
        discussion: """
            By the configuration that routed the message. It shows values of the message; that it was read is an audit \
            event.

              wardline why 17
              wardline why 17 --not-to state-registry.fhir
            """)

    @Argument(help: ArgumentHelp("Sequence number of the message.", valueName: "seq"))
    var seq: Int64

    @Option(help: ArgumentHelp("Why it did not go to this endpoint.", valueName: "provider.endpoint"))
    var notTo: String?

    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.run { client in
            let why: AdminAPI.Why = try await client.get("messages/\(seq)/why", notTo.map { ["not": $0] } ?? [:])
            try options.print([why]) { $0.flatMap { WhyText().lines($0) } }
        }
    }
}
