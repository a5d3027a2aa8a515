internal import ArgumentParser
internal import Broker
internal import Console
internal import Foundation

/// `wardline resend`
struct ResendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resend",
        abstract: "Sends messages again, as new entries; the old ones stay as they are.",
        discussion: """
            One message by its number, or all that --matching finds: with --dry-run it only says which. Many are sent in \
            their order, at --rate, and go on after a restart; `wardline resends` shows how far they are.

              wardline resend 17 --to lakeside-clinic.inbox --reason 'clinic lost it'
              wardline resend 17 --edited fixed.hl7 --dry-run --reason 'wrong ward'
              wardline resend --matching provider=general-hospital --matching from=2026-11-28 --as then --dry-run …
            """)

    @Argument(help: ArgumentHelp("Sequence number of the message.", valueName: "seq"))
    var seq: Int64?

    @Option(
        help: ArgumentHelp(
            "Where to; may be given more than once. Default: everywhere it went before.",
            valueName: "provider.endpoint"))
    var to: [String] = []

    @Option(
        help: ArgumentHelp(
            "Instead of a number: patient, name, born, visit, order, accession, controlId, provider, type, state, from, "
                + "to or text, as for `wardline find`. May be given more than once; all must apply.",
            valueName: "key=value"))
    var matching: [String] = []

    @Option(
        name: .customLong("as"), help: "Edited and mapped by which configuration: now, or then (that of its day).",
        transform: Self.choice)
    var choice: Resend.Choice = .now

    @Option(help: ArgumentHelp("Of many: at most so many a second.", valueName: "number"))
    var rate = 10.0

    @Option(help: ArgumentHelp("Send this changed copy; what differs is shown.", valueName: "file"))
    var edited: String?

    @Flag(help: "Only say what would be sent.")
    var dryRun = false

    @OptionGroup var options: ChangeOptions

    private static func choice(_ text: String) throws -> Resend.Choice {
        guard let choice = Resend.Choice(rawValue: text) else { throw ValidationError("--as is now or then.") }
        return choice
    }

    func validate() throws {
        if (seq == nil) == matching.isEmpty {
            throw ValidationError("Say which: one sequence number, or --matching key=value.")
        }
        if edited != nil, seq == nil { throw ValidationError("--edited goes with one sequence number.") }
        if dryRun, seq != nil, edited == nil {
            throw ValidationError("--dry-run goes with --matching or --edited; see one message with wardline show.")
        }
        _ = try search()
    }

    func run() async throws {
        if let seq, let edited { return try await send(seq, edited) }
        if let seq {
            return try await options.change("messages/\(seq)/resend", to: to, choice: choice)
        }
        var asked = AdminAPI.ResendRequest(reason: options.reason, query: try search())
        (asked.to, asked.as, asked.rate, asked.dryRun) = (to, choice, rate, dryRun)
        let (admin, request) = (options.admin, asked)
        try await admin.run { client in
            let made: AdminAPI.Resends = try await client.send(.post, "resends", request, timeout: .seconds(600))
            try admin.print([made]) { $0.flatMap(ResendsCommand.lines) }
        }
    }

    private func search() throws -> AdminAPI.Search {
        var search = AdminAPI.Search()
        for text in matching {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let field = Self.fields[parts[0]] else {
                let names = Self.fields.keys.sorted().joined(separator: ", ")
                throw ValidationError("\(text) is not key=value; the keys are \(names).")
            }
            search[keyPath: field] = parts[1]
        }
        return search
    }

    private static var fields: [String: WritableKeyPath<AdminAPI.Search, String?>] {
        [
            "patient": \.patient, "name": \.name, "born": \.born, "visit": \.visit, "order": \.order,
            "accession": \.accession, "controlId": \.controlId, "provider": \.provider, "type": \.type,
            "state": \.state, "from": \.from, "to": \.to, "text": \.text,
        ]
    }

    // MARK: A changed copy

    private func send(_ seq: Int64, _ file: String) async throws {
        let items = try MessageFiles.items(of: [file])
        guard let item = items.first, items.count == 1 else {
            throw ValidationError("\(file) has \(items.count) messages; a changed copy is one.")
        }
        var asked = AdminAPI.Edit(reason: options.reason, message: Data(item.bytes).base64EncodedString())
        (asked.to, asked.as, asked.dryRun) = (to, choice, dryRun)
        let (admin, edit) = (options.admin, asked)
        try await admin.run { client in
            let done: AdminAPI.Edited = try await client.send(.post, "messages/\(seq)/edit", edit)
            try admin.print([done]) { $0.flatMap(Self.lines) }
        }
    }

    private static func lines(_ edited: AdminAPI.Edited) -> [String] {
        let title =
            edited.seq.map { "#\($0): a changed copy of #\(edited.parent) was sent" }
            ?? "a changed copy of #\(edited.parent) would be sent"
        let changes = edited.changes.flatMap {
            DifferenceText.lines($0, width: Output.columns, isColoured: Output.isColoured)
        }
        let findings = edited.findings.map { "\($0.severity) \($0.code) \($0.location ?? ""): \($0.text)" }
        return [title] + changes + (findings.isEmpty ? [] : [""] + findings)
    }
}
