internal import ArgumentParser
internal import Console
internal import Foundation

/// `wardline ledger`: proves by counting that nothing is lost.
struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Counts everything received and what became of it.",
        discussion: """
            frames = framing errors + batches + single messages; messages = refused + duplicate + acknowledgements + \
            filtered + unrouted + held at intake + accepted; accepted = its deliveries, each delivered, skipped, queued or \
            held. Exits 1 if a sum does not hold.
            """)

    @OptionGroup var options: AdminOptions

    @Option(help: ArgumentHelp("From this time on, as 2026-03-05T00:00:00Z; rounded to the hour.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Up to this time; rounded to the hour.", valueName: "time"))
    var to: String?

    func run() async throws {
        var query: [String: String] = [:]
        query["from"] = try from.map(Self.microseconds)
        query["to"] = try to.map(Self.microseconds)
        var isBalanced = false
        try await options.run { client in
            let ledger: AdminAPI.Ledger = try await client.get("ledger", query)
            isBalanced = ledger.balanced
            try options.print([ledger]) { _ in text(ledger) }
        }
        if !isBalanced { throw ExitCode.failure }
    }

    private static func microseconds(_ text: String) throws -> String {
        guard let time = GivenTime.microseconds(text) else {
            throw ValidationError(
                "\(text) is no time; write it as 2026-03-05, 2026-03-05T08:00 or 2026-03-05T08:00:00Z.")
        }
        return "\(time)"
    }

    private func text(_ ledger: AdminAPI.Ledger) -> [String] {
        let rows: [(String, Int)] = [
            ("frames received", ledger.received), ("  framing errors", ledger.framingErrors),
            ("  batches", ledger.batches), ("  (empty frames, not counted above)", ledger.empty),
            ("messages", ledger.messages), ("  refused", ledger.refused), ("  duplicates", ledger.duplicate),
            ("  acknowledgements", ledger.acknowledgements), ("  filtered", ledger.filtered),
            ("  unrouted", ledger.unrouted), ("  held at intake", ledger.heldAtIntake), ("  accepted", ledger.accepted),
            ("  (of these not routed yet)", ledger.pending), ("  queries", ledger.queries),
            ("sent again by a person", ledger.resent), ("answers of the broker", ledger.answers),
            ("deliveries", ledger.deliveries.total), ("  delivered", ledger.deliveries.delivered),
            ("  queued", ledger.deliveries.queued), ("  held", ledger.deliveries.held),
            ("  skipped", ledger.deliveries.skipped),
        ]
        return rows.map { name, count in
            let number = "\(count)"
            return name.padded(to: 38) + String(repeating: " ", count: max(0, 10 - number.count)) + number
        } + [ledger.balanced ? "balanced: every frame, message and delivery is accounted for" : "NOT BALANCED"]
    }
}
