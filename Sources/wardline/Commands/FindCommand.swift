internal import ArgumentParser
internal import Console
internal import Foundation

/// `wardline find`: messages by what is known of them.
struct FindCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find",
        abstract: "Finds messages by patient, visit, order, sender, state, time or text.",
        discussion: """
            All that is given must apply; newest first. --text reads the messages of the time range one after another and \
            needs --from. Searching by what is a patient's (all but --control-id, --provider, --type and --state) is an \
            audit event, which says by what but not for what.
            """)

    @OptionGroup var options: AdminOptions

    @Option(help: ArgumentHelp("Identifier, alone or with its authority.", valueName: "12345[@AUTHORITY]"))
    var patient: String?

    @Option(help: ArgumentHelp("Family name; case, accents and hyphens do not matter.", valueName: "family"))
    var name: String?

    @Option(help: ArgumentHelp("Birth date.", valueName: "YYYYMMDD"))
    var born: String?

    @Option(help: ArgumentHelp("Visit number (PV1-19).", valueName: "number"))
    var visit: String?

    @Option(help: ArgumentHelp("Placer or filler order number (ORC-2, ORC-3, OBR-2, OBR-3).", valueName: "number"))
    var order: String?

    @Option(help: ArgumentHelp("Accession number (OBR-18, OBR-20, SPM-30, IPC-1).", valueName: "number"))
    var accession: String?

    @Option(help: ArgumentHelp("Control id (MSH-10).", valueName: "id"))
    var controlId: String?

    @Option(help: "Who sent it.")
    var provider: String?

    @Option(help: ArgumentHelp("Message type: ADT or ADT^A01.", valueName: "type"))
    var type: String?

    @Option(help: "What became of it, or of one of its deliveries: held, queued, delivered, refused, unrouted, …")
    var state: String?

    @Option(help: ArgumentHelp("Received from this time on, as 2026-03-05T08:00 or 2026-03-05.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Received up to this time.", valueName: "time"))
    var to: String?

    @Option(help: "Stands in the message; case of Latin letters does not matter.")
    var text: String?

    @Option(help: ArgumentHelp("At most so many messages.", valueName: "count"))
    var limit = 50

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is a positive number.") }
        guard text == nil || from != nil else {
            throw ValidationError("--text reads every message of a time range: say --from.")
        }
    }

    func run() async throws {
        var query: [String: String] = [:]
        let given: [(String, String?)] = [
            ("patient", patient), ("name", name), ("born", born), ("visit", visit), ("order", order),
            ("accession", accession), ("controlId", controlId), ("provider", provider), ("type", type),
            ("state", state), ("from", from), ("to", to), ("text", text),
        ]
        for (name, value) in given { query[name] = value }
        try await options.run { client in try await find(query, client) }
    }

    /// Page by page, each printed when it is there.
    private func find(_ query: [String: String], _ client: AdminClient) async throws {
        var query = query
        var (left, lag) = (limit, Int64(0))
        var hasHeader = false
        while left > 0 {
            query["limit"] = "\(min(left, Self.page))"
            let found: AdminAPI.Found = try await client.get("find", query)
            try options.print(found.messages) {
                $0.isEmpty ? [] : Array(Self.lines($0).dropFirst(hasHeader ? 1 : 0))
            }
            hasHeader = hasHeader || !found.messages.isEmpty
            left -= found.messages.count
            lag = max(lag, found.lag)
            guard let next = found.next else { break }
            if left == 0 { Output.error("there may be more: a larger --limit shows them") }
            query["before"] = "\(next)"
        }
        if left == limit { Output.error("nothing found") }
        if lag > 0 { Output.error("the index is \(lag) messages behind: ask again for the newest") }
    }

    private static let page = 200

    /// A header and the messages.
    static func lines(_ messages: [AdminAPI.Message], width: Int = Output.width, now: Date = .now) -> [String] {
        TextTable.fitted(
            ["MESSAGE", "RECEIVED", "TYPE", "FROM", "CONTROL ID", "STATE", "DELIVERIES"],
            messages.map { message in
                let deliveries = message.deliveries.map { "\($0.endpoint) \($0.state)" }.joined(separator: ", ")
                return [
                    "#\(message.seq)", MomentText.text(message.receivedAt, now: now), message.type,
                    message.provider ?? "unknown", message.controlId, message.disposition,
                    deliveries.isEmpty ? message.routing : deliveries,
                ]
            }, width: width)
    }
}
