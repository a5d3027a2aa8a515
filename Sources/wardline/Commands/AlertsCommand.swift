internal import ArgumentParser
internal import Console
internal import Foundation

/// `wardline alerts`: what a person should look at.
struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Shows open alerts, and says who has them in hand.",
        subcommands: [List.self, Acknowledge.self, Silence.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the open alerts, the most serious first.",
            discussion: "Exits 1 if one is open that nobody has acknowledged and that is not silenced.")

        @OptionGroup var admin: AdminOptions

        func run() async throws {
            var isWell = true
            try await admin.run { client in
                let alerts: [AdminAPI.Alert] = try await client.get("alerts")
                isWell = alerts.allSatisfy { $0.acknowledgedBy != nil || $0.silencedUntil != nil }
                try admin.print(alerts) { $0.isEmpty ? ["no alerts"] : AlertsCommand.lines($0) }
            }
            if !isWell { throw ExitCode.failure }
        }
    }

    struct Acknowledge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "acknowledge", abstract: "Says that you have an alert in hand.", aliases: ["ack"])

        @Argument(help: ArgumentHelp("The alert, as `wardline alerts` lists it.", valueName: "id"))
        var id: String
        @OptionGroup var options: ChangeOptions

        func run() async throws { try await options.change("alerts/\(AlertsCommand.part(id))/acknowledge") }
    }

    struct Silence: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "silence", abstract: "Tells nobody of an alert until a time.",
            discussion: "A time that has passed, or --until now, ends the silence.")

        @Argument(help: ArgumentHelp("The alert, as `wardline alerts` lists it.", valueName: "id"))
        var id: String
        @Option(help: ArgumentHelp("As 2026-03-05T06:00, or now.", valueName: "time"))
        var until: String
        @Option(help: "Why; kept in the audit log.")
        var reason: String
        @OptionGroup var admin: AdminOptions

        func run() async throws {
            let until = until == "now" ? Date.now.formatted(.iso8601) : until
            let silence = AdminAPI.Silence(until: until, reason: reason)
            try await admin.run { client in
                let done: AdminAPI.Done = try await client.send(
                    .post, "alerts/\(AlertsCommand.part(id))/silence", silence)
                try admin.print([done]) { $0.map(\.done) }
            }
        }
    }

    private static func part(_ id: String) -> String {
        id.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-", ".", "_", ":", "="])) ?? id
    }

    private static func lines(_ alerts: [AdminAPI.Alert]) -> [String] {
        TextTable.lines(
            ["SEVERITY", "ALERT", "SINCE", "IN HAND", "SILENT UNTIL"],
            alerts.map {
                (
                    [
                        $0.severity, $0.id, MomentText.text($0.openedAt), $0.acknowledgedBy ?? "",
                        $0.silencedUntil.map { MomentText.text($0) } ?? "",
                    ],
                    $0.now == $0.text ? $0.text : "\($0.text); now: \($0.now)"
                )
            })
    }
}
