internal import ArgumentParser

/// The command line: one file per command under `Commands/`.
@main
struct Wardline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wardline",
        abstract: "Receives HL7 v2 over MLLP/TLS, keeps it, and passes it on as HL7 v2 and FHIR.",
        discussion:
            "Every command exits 0 if all is fine, 1 after findings or failures, and 2 if it was called wrongly.",
        groupedSubcommands: [
            CommandGroup(name: "Broker", subcommands: [ServeCommand.self, DemoCommand.self, CheckCommand.self]),
            CommandGroup(
                name: "Message file",
                subcommands: [ValidateCommand.self, MapCommand.self, ShowCommand.self, ExportCommand.self]),
            CommandGroup(name: "Test peer", subcommands: [SendCommand.self, ListenCommand.self]),
            CommandGroup(
                name: "Operator",
                subcommands: [
                    StatusCommand.self, TailCommand.self, FindCommand.self, TraceCommand.self, WhyCommand.self,
                    QueueCommand.self, LedgerCommand.self, AlertsCommand.self,
                    HoldCommand.self, ReleaseCommand.self, SkipCommand.self, ResendCommand.self, PauseCommand.self,
                    ResumeCommand.self, PlanCommand.self, ReloadCommand.self, ResendsCommand.self, PurgeCommand.self,
                ]),
            CommandGroup(
                name: "Administration",
                subcommands: [
                    AccountsCommand.self, AuditCommand.self, BackupCommand.self, RestoreCommand.self, CertsCommand.self,
                ]),
        ])

    /// Exits 0 if all is fine, 1 after findings or failures, 2 after misuse.
    static func main() async {
        do {
            var command = try parseAsRoot()
            do {
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            } catch let error as ValidationError {
                // It was called rightly, with something that does not exist: how to call it would be no help.
                Output.error("Error: \(error.message)")
                exit(withError: ExitCode(2))
            }
        } catch {
            let code = exitCode(for: error)
            let text = fullMessage(for: error)
            if code.isSuccess {
                Output.line(text)
            } else {
                if !text.isEmpty { Output.error(text) }
                exit(withError: code == .validationFailure ? ExitCode(2) : code)
            }
        }
    }
}
