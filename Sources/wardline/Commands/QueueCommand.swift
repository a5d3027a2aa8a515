internal import ArgumentParser
internal import Console

/// `wardline queue`: what waits for each endpoint.
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Shows what waits for each endpoint: how much, how long, and why.")

    @Argument(help: ArgumentHelp("Only this endpoint.", valueName: "provider.endpoint"))
    var endpoint: String?

    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.run { client in
            let all: [AdminAPI.Queue] = try await client.get("queues")
            let queues = all.filter { endpoint == nil || $0.endpoint == endpoint }
            if let endpoint, queues.isEmpty {
                throw AdminError("no endpoint \(endpoint); `wardline status` lists them")
            }
            try options.print(queues, text: Self.lines)
        }
    }

    /// Of many endpoints only those for which something waits, and how many there are besides.
    static func lines(_ queues: [AdminAPI.Queue]) -> [String] {
        let waiting = queues.filter { $0.queued + $0.held > 0 || $0.reason != nil || queues.count == 1 }
        let others = queues.count - waiting.count
        let note = waiting.isEmpty ? "nothing waits for any of \(others) endpoints" : "nothing waits for \(others) more"
        let table = TextTable.lines(
            ["ENDPOINT", "QUEUED", "HELD", "OLDEST", "HEAD", "NEXT TRY"],
            waiting.map {
                (
                    [
                        $0.endpoint, "\($0.queued)", "\($0.held)", TextTable.age($0.oldestSeconds),
                        $0.head.map { "#\($0)" } ?? "", $0.nextTry.map { MomentText.next($0) } ?? "",
                    ], $0.reason
                )
            })
        return (waiting.isEmpty ? [] : table) + (others == 0 ? [] : [note])
    }
}
