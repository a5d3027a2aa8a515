internal import ArgumentParser
internal import FHIR
internal import HL7
internal import HL7Conformance

/// `wardline validate`: judges messages as intake would under `onError: refuse`.
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Checks messages against the HL7 definitions of their version.",
        discussion: """
            A file may hold one message, many, or a batch. Prints a verdict for each message, AA, AE (content errors) or \
            AR (header errors), and what led to it: where, how bad, the code of HL7 table 0357, and what was expected. \
            Exits 1 if any verdict is not AA.

              wardline validate message.hl7
              wardline validate feed/*.hl7 --format json
              wardline validate message.hl7 --interfaces Interfaces --from general-hospital
              wardline validate message.hl7 --profile hospital-adt

            To see findings at the fields they concern: wardline show. The rule that a finding comes from, as the key \
            `rules` of a sender names it, is in the JSON.
            """)

    @Argument(help: ArgumentHelp("Files of HL7 v2 messages; - is standard input.", valueName: "file"))
    var files: [String]

    @OptionGroup var options: SenderOptions

    @Option(
        help: ArgumentHelp(
            "A conformance profile to check against: its name in the interfaces folder, or the path of its file.",
            valueName: "name"))
    var profile: String?

    @Option(help: "What to print: text or json (one object a message).")
    var format = OutputFormat.text

    func run() throws {
        var sender = try options.sender()
        if let profile { sender.profile = try options.profile(named: profile) }
        let text = JudgedText(width: Output.columns, isColoured: Output.isColoured)
        var totals = JudgedTotals()
        for item in try MessageFiles.items(of: files) {
            if let batch = item.batch {
                // About no message, so no object among those of messages.
                let lines = text.lines(batch, file: item.file, batch.findings(options.strictness))
                for line in lines { format == .text ? Output.line(line) : Output.error(line) }
            }
            let judged = JudgedMessage(item, sender)
            totals.add(judged)
            switch format {
            case .json: Output.json(judged.json)
            case .text: for line in text.lines(judged) { Output.line(line) }
            }
        }
        if format == .text, totals.messages > 1 { Output.line("\n\(totals)") }
        if !totals.isClean { throw ExitCode.failure }
    }
}

/// A message with its findings and verdict.
struct JudgedMessage {
    let item: MessageFiles.Item
    let message: Message?
    let findings: [Finding]
    let verdict: Verdict

    init(_ item: MessageFiles.Item, _ sender: Sender) {
        self.item = item
        do throws(ParseError) {
            let message = try sender.message(item.bytes)
            self.message = message
            let ofBatch = item.batchProblems.map { problem in
                Finding(severity: .error, rule: .batchCount, location: problem.location, text: problem.text)
            }
            findings = ofBatch + sender.validator(for: message).findings(in: message)
        } catch {
            message = nil
            findings = [Finding(error)]
        }
        verdict = item.batchProblems.isEmpty ? Verdict(findings) : .reject
    }

    var controlID: String { message?["MSH-10"] ?? "" }

    var json: JSONObject {
        let header = message?.header
        return [
            "file": .string(item.file), "index": .number(JSONNumber(item.index)), "controlId": .string(controlID),
            "type": .string(header?.type ?? ""), "version": .string(header?.version ?? ""),
            "ack": .string(verdict.rawValue),
            "findings": .array(
                findings.map { finding in
                    [
                        "severity": .string(finding.severity.rawValue), "code": .string("\(finding.code)"),
                        "location": .string(finding.location?.description ?? ""), "text": .string(finding.text),
                        "rule": .string(finding.rule.rawValue),
                    ]
                }),
        ]
    }
}
