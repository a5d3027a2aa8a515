internal import ArgumentParser
internal import Console

/// `wardline status`: the running broker at a glance.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows listeners, endpoints and queues of the running broker.",
        discussion:
            "Exits 1 if a listener or an endpoint is paused, if one holds messages or is overdue, or if the journal has failed."
    )

    @OptionGroup var options: AdminOptions

    func run() async throws {
        var isWell = true
        try await options.run { client in
            let status: AdminAPI.Status = try await client.get("status")
            isWell =
                status.failure == nil && status.listeners.allSatisfy { $0.state == "running" }
                && status.endpoints.allSatisfy { $0.state == "running" && $0.held == 0 && $0.overdue != true }
            try options.print([status]) { _ in text(status) }
        }
        if !isWell { throw ExitCode.failure }
    }

    private func text(_ status: AdminAPI.Status) -> [String] {
        var lines = [
            "\(status.broker), wardline \(status.version), since \(MomentText.text(status.since))",
            "configuration \(status.configuration.prefix(12)), last message \(status.lastSeq), last event \(status.lastEvent)",
        ]
        if let failure = status.failure { lines.append("JOURNAL FAILED: \(failure)") }
        lines.append("")
        lines += TextTable.lines(
            ["LISTENER", "STATE", "ADDRESS", "TLS", "CONNECTIONS"],
            status.listeners.map {
                (
                    [$0.name, $0.state, $0.address, $0.tls ? "yes" : "NO", "\($0.connections)"],
                    reason($0.reason, $0.until, nil)
                )
            })
        lines.append("")
        lines += TextTable.lines(
            ["ENDPOINT", "STATE", "QUEUED", "HELD", "OLDEST"],
            status.endpoints.map {
                (
                    [$0.endpoint, $0.state, "\($0.queued)", "\($0.held)", TextTable.age($0.oldestSeconds)],
                    reason($0.reason, $0.until, $0.overdue)
                )
            })
        return lines
    }

    private func reason(_ reason: String?, _ until: String?, _ overdue: Bool?) -> String? {
        let parts = [overdue == true ? "OVERDUE" : nil, reason, until.map { "until \(MomentText.text($0))" }].compactMap
        { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
