internal import ArgumentParser
internal import CLinux
internal import Logging

/// `wardline serve`: runs the broker.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs the broker.",
        discussion: """
            Prints one line {"event":"ready",…} once every listener is bound; logs JSON lines on standard error. SIGTERM \
            drains and exits 0; SIGHUP reads the interfaces folder again. Exits 1 on failure, 2 on misuse, and 3 when the \
            disk can no longer be trusted.
            """)

    @Option(help: ArgumentHelp("The interfaces folder.", valueName: "dir"))
    var interfaces = "Interfaces"

    @Option(help: ArgumentHelp("The data folder; made if it is not there.", valueName: "dir"))
    var data = "var"

    @Option(
        help: ArgumentHelp("What to log: debug, info, notice, warning or error.", valueName: "level"),
        transform: ServeCommand.level)
    var logLevel = Logger.Level.info

    func run() async throws {
        useFewHeaps()
        let level = logLevel
        LoggingSystem.bootstrap { _ in JSONLogHandler(logLevel: level) }
        try await BrokerProcess(interfaces: interfaces, data: data).run()
    }

    /// Messages are made by one thread and freed by another: with a heap for each thread, which glibc makes, half as much
    /// memory again lies idle.
    private func useFewHeaps() { clinux_heaps_max(2) }

    private static func level(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else {
            throw ValidationError("\(text) is no log level; write debug, info, notice, warning or error.")
        }
        return level
    }
}
