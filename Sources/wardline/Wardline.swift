internal import ArgumentParser

/// The command line: one file per command under `Commands/`.
@main
struct Wardline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wardline",
        abstract: "Receives HL7 v2 over MLLP/TLS, keeps it, and passes it on as HL7 v2 and FHIR.",
        subcommands: [
            ServeCommand.self,
            DemoCommand.self,
            CheckCommand.self,
            ValidateCommand.self,
            MapCommand.self,
            ShowCommand.self,
            SendCommand.self,
            ListenCommand.self,
            StatusCommand.self,
            TailCommand.self,
            TraceCommand.self,
            QueueCommand.self,
            HoldCommand.self,
            ReleaseCommand.self,
            SkipCommand.self,
            ResendCommand.self,
            PauseCommand.self,
            ResumeCommand.self,
            LedgerCommand.self,
            AuditCommand.self,
            CertsCommand.self,
        ])

    /// Exits 0 if all is fine, 1 after findings or failures, 2 after misuse.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
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
