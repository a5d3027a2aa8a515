internal import Console
internal import FHIR
internal import HL7
internal import HL7Conformance

/// A message that is to be shown, with what is known of it.
struct ShownMessage {
    let item: MessageFiles.Item
    /// What the running broker knows of it; nil for messages of files.
    let entry: AdminAPI.Message?
    let message: Message
    let view: MessageView
    private let verdict: Verdict

    /// - Parameter isJudgedAgain: the findings are those that `sender` gives now, not those that the broker stored.
    init(
        _ item: MessageFiles.Item, entry: AdminAPI.Message?, sender: Sender, isJudgedAgain: Bool
    ) throws(ParseError) {
        self.item = item
        self.entry = entry
        message = try sender.message(item.bytes)
        let validator = sender.validator(for: message)
        let found = validator.findings(in: message)
        verdict = Verdict(found)
        var findings = found.map { ShownFinding($0) }
        if let entry, !isJudgedAgain {
            findings = entry.findings.map { stored in
                var finding = ShownFinding(
                    severity: stored.severity, code: stored.code, location: stored.location, text: stored.text)
                finding.advice = findings.first { $0.text == stored.text }?.advice
                return finding
            }
        }
        view = MessageView(
            message, findings: findings, zone: sender.timeZoneName(for: message), profile: validator.profile)
    }

    /// The message in a few lines: what it is, from whom to whom, how large, and what became of it.
    func heading(width: Int, isColoured: Bool) -> [String] {
        let header = message.header
        func party(_ parts: String...) -> String {
            let known = parts.filter { !$0.isEmpty }
            return known.isEmpty ? "(not stated)" : known.joined(separator: ", ")
        }
        var rows = [
            ("source", entry == nil ? "\(item.file) #\(item.index)" : item.file),
            ("from", party(header.sendingApplication, header.sendingFacility)),
            ("to", party(header.receivingApplication, header.receivingFacility)),
            (
                "message",
                [
                    message["MSH-10"].map { "control id \($0)" } ?? "",
                    header.version.isEmpty ? "" : "version \(header.version)",
                    ShownTime.text(message["MSH-7.1"] ?? "", type: "DTM", zone: nil) ?? "",
                ].filter { !$0.isEmpty }.joined(separator: ", ")
            ),
            ("size", "\(message.segmentCount) segments, \(item.bytes.count) bytes, \(message.charset.name)"),
        ]
        if let entry {
            let sender = entry.provider ?? "an unknown sender"
            rows.append(("received", "\(entry.receivedAt) from \(sender) at \(entry.listener): \(entry.disposition)"))
            for delivery in entry.deliveries {
                let reason = delivery.reason.map { ": \($0)" } ?? ""
                rows.append(("for", "\(delivery.endpoint) \(delivery.state)\(reason)"))
            }
        }
        rows.append(("verdict", verdictText))
        let title = [header.type, view.eventName].filter { !$0.isEmpty }.joined(separator: "  ")
        var lines = title.visible.wrapped(to: width).map { TextStyle.bold.paint($0, isColoured) }
        for (name, text) in rows {
            for (number, line) in text.visible.wrapped(to: width - 12).enumerated() {
                lines.append("  " + (number == 0 ? name : "").padded(to: 10) + line)
            }
        }
        var advised: Set<String> = []
        let text = MessageText(width: width, isColoured: isColoured)
        return lines + view.findingsOfNoPlace.flatMap { text.finding($0, at: nil, advised: &advised) }
    }

    private var verdictText: String {
        let counts = FindingCounts(view.findings.map(\.severity))
        return entry == nil ? "\(verdict.rawValue), \(counts)" : "\(counts)"
    }

    /// One object for each place that has a value or a finding.
    func json(_ filter: PathFilter?) -> [JSONObject] {
        var source: JSONObject = ["file": .string(item.file), "index": .number(JSONNumber(item.index))]
        if let entry { source["seq"] = .number(JSONNumber(Int(entry.seq))) }
        func object(_ finding: ShownFinding) -> JSONValue {
            var object: JSONObject = [
                "severity": .string(finding.severity.rawValue), "code": .string(finding.code),
                "location": .string(finding.location.map { "\($0)" } ?? ""), "text": .string(finding.text),
            ]
            if let advice = finding.advice { object["advice"] = .string(advice) }
            return .object(object)
        }
        var objects: [JSONObject] = []
        let unplaced = view.findingsOfNoPlace
        if filter == nil, !unplaced.isEmpty {
            var line = source
            line["location"] = ""
            line["findings"] = .array(unplaced.map(object))
            objects.append(line)
        }
        for shown in view.lines where filter?.includes(shown) ?? true {
            guard shown.value != nil || !shown.findings.isEmpty else { continue }
            var line = source
            line["location"] = .string(shown.place)
            line["name"] = .string(shown.name)
            if shown.depth != .segment { line["type"] = .string(shown.type) }
            if let value = shown.value { line["value"] = .string(value) }
            if let meaning = shown.meaning { line["meaning"] = .string(meaning) }
            if shown.presence != .value { line["presence"] = .string("\(shown.presence)") }
            if !shown.findings.isEmpty { line["findings"] = .array(shown.findings.map(object)) }
            objects.append(line)
        }
        return objects
    }
}

/// How many findings there are of each severity: `1 error, 2 warnings`.
struct FindingCounts: CustomStringConvertible {
    private var counts: [Severity: Int] = [:]

    init(_ severities: some Sequence<Severity>) {
        for severity in severities { add(severity) }
    }

    mutating func add(_ severity: Severity) { counts[severity, default: 0] += 1 }

    var description: String {
        let parts = Severity.allCases.reversed().compactMap { severity -> String? in
            guard let count = counts[severity] else { return nil }
            let name = severity == .information ? "note" : severity.rawValue
            return "\(count) \(name)\(count == 1 ? "" : "s")"
        }
        return parts.isEmpty ? "no findings" : parts.joined(separator: ", ")
    }
}
