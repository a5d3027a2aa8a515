internal import ArgumentParser
internal import Console

/// `wardline reload`
struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Makes the running broker use its interfaces folder as it is now.",
        discussion: """
            A folder with mistakes is refused, and the broker goes on with the old one. Listeners that are new are bound, \
            those that are gone are closed, and the others keep their connections.
            """)

    @OptionGroup var options: ChangeOptions

    func run() async throws { try await options.change("configuration/reload") }
}
