internal import ArgumentParser
internal import Console

/// `wardline trace`: the whole way of one message.
struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Shows the whole way of one message, with times.",
        discussion: "The message is named by its sequence number or by its control id (MSH-10).")

    @Argument(help: ArgumentHelp("Sequence number or control id.", valueName: "seq|control-id"))
    var message: String

    @OptionGroup var options: AdminOptions

    @Flag(help: "Show patient identifiers; each reading is an audit event.")
    var phi = false

    func run() async throws {
        try await options.run { client in
            for seq in try await seqs(client) { try await trace(seq, client) }
        }
    }

    /// A number may be a control id too: what is not a seq is looked for as one.
    private func seqs(_ client: AdminClient) async throws -> [Int64] {
        let found: [AdminAPI.Message] = try await client.get("messages", ["controlId": message])
        var seqs = found.map(\.seq).sorted()
        if let seq = Int64(message), !seqs.contains(seq) {
            if found.isEmpty { return [seq] }
            seqs.append(seq)
        }
        guard !seqs.isEmpty else { throw AdminError("no message has the control id \(message)") }
        return seqs
    }

    private func trace(_ seq: Int64, _ client: AdminClient) async throws {
        let steps: [AdminAPI.Step] = try await client.get("messages/\(seq)/trace", phi ? ["phi": "1"] : [:])
        let text = StepText()
        try options.print(steps, text: text.trace)
        guard options.format == .text else { return }
        let message: AdminAPI.Message = try await client.get("messages/\(seq)")
        for finding in message.findings {
            let place = finding.location.map { "\($0)  " } ?? ""
            Output.lines("\(finding.severity) \(finding.code)  \(place)\(finding.text)", indent: 2)
        }
        for delivery in message.deliveries where delivery.state == "queued" || delivery.state == "held" {
            let reason = delivery.reason.map { ": \($0)" } ?? ""
            let next = delivery.nextTry.map { ", next try \(MomentText.next($0))" } ?? ""
            Output.lines("now \(delivery.state) for \(delivery.endpoint)\(reason)\(next)", indent: 2)
        }
    }
}
