internal import HL7
internal import HL7Conformance
internal import Yams

/// `providers/NAME.yaml`: who sends, and how that is recognised. Endpoints are in `FolderReader+Endpoints.swift`.
extension FolderReader {
    func readProvider(_ file: Configuration.File) {
        guard let node = YAMLDocument.node(of: file, findings: findings),
            let fields = YAMLFields(
                node, file.name, findings, what: "a provider", keys: ["provider", "name", "sends", "receives"]),
            let name = fields.name("provider", example: Self.stem(of: file.name))
        else {
            hasUnreadableProviders = true
            return
        }
        claim(name, kind: "provider", fields)
        var provider = Provider(name: name, title: fields.text("name"))
        if let sends = fields.node("sends") {
            for element in fields.elements(sends) {
                guard let (rule, place) = sender(element, file.name) else { continue }
                provider.senders.append(rule)
                senders.append(Placed(value: (name, rule), place: place))
            }
        }
        if let node = fields.node("receives"),
            let receives = YAMLFields(node, file.name, findings, what: "receives")
        {
            for key in receives.keys {
                guard YAMLFields.isName(key) else {
                    receives.error(key, "\"\(key)\" is not a name; write letters, digits and hyphens, as inbox")
                    continue
                }
                guard let node = receives.node(key) else { continue }
                if let endpoint = endpoint("\(name).\(key)", node, file.name) {
                    provider.endpoints.append(endpoint)
                } else {
                    unreadableEndpoints.insert("\(name).\(key)")
                }
            }
        }
        if !fields.has("sends"), !fields.has("receives") {
            findings.error(fields.place, "a provider sends or receives; write sends: or receives:")
        }
        providers.append(provider)
    }

    // MARK: Senders

    private static let senderKeys = [
        "as", "certificate", "listener", "messages", "strictness", "onError", "profile", "charset", "timezone",
        "identifiers", "rules", "assume", "processing", "duplicateId", "ack",
    ]

    private func sender(_ node: Node, _ file: String) -> (SenderRule, Place)? {
        guard let fields = YAMLFields(node, file, findings, what: "a sender", keys: Self.senderKeys) else { return nil }
        var rule = SenderRule()
        recognition(fields, &rule)
        rule.messages = fields.texts("messages")?.compactMap(pattern)
        rule.strictness = fields.word("strictness", .standard)
        rule.onError = fields.word("onError", .forward)
        rule.profile = fields.text("profile")
        if let profile = rule.profile, !profileNames.contains(profile) {
            let remedy = Spelling.nearest(to: profile, among: profileNames).map { "write \($0)" }
            fields.error(
                "profile", "there is no profiles/\(profile).yaml; \(remedy ?? "write that file or delete the key")")
        }
        rule.rules = ruleSettings(fields)
        rule.charset = charset(fields)
        rule.timezone = timezone(fields)
        rule.identifiers = identifiers(fields)
        if let assume = mapping(fields, "assume", keys: ["version", "processingId"]) {
            rule.assume = assumptions(assume)
        }
        rule.processing = processing(fields)
        rule.duplicateID = fields.word("duplicateId", rule.strictness == .strict ? .refuse : .accept)
        if let ack = mapping(fields, "ack", keys: ["mode", "to"]) {
            rule.ackMode = ack.word("mode", .auto)
            rule.ackTo = ack.text("to")
            if let target = rule.ackTo {
                acknowledgementTargets.append(Placed(value: target, place: ack.place("to")))
            }
        }
        return (rule, fields.place)
    }

    private func recognition(_ fields: YAMLFields, _ rule: inout SenderRule) {
        if let header = mapping(fields, "as", keys: ["application", "facility"]) {
            rule.application = header.text("application")
            rule.facility = header.text("facility")
        }
        rule.certificates = fields.texts("certificate")?.map { $0.text.lowercased() } ?? []
        rule.listener = fields.text("listener")
        guard rule.application != nil || rule.facility != nil || fields.has("certificate") || fields.has("listener")
        else {
            findings.error(
                fields.place,
                "nothing tells this sender from others; write as: { application: NAME, facility: NAME }, "
                    + "certificate: or listener:")
            return
        }
        guard let listeners else { return }
        let named = rule.listener.flatMap { name in listeners.first { $0.name == name } }
        if let name = rule.listener, named == nil {
            let remedy = Spelling.remedy(for: name, among: listeners.map(\.name))
            fields.error("listener", "there is no listener \(name) in broker.yaml; \(remedy)")
        } else if fields.has("certificate") {
            let asks = (named.map { [$0] } ?? listeners).contains { $0.tls?.clients != nil }
            let which = named.map { "the listener \($0.name) does not ask" } ?? "no listener asks"
            if !asks {
                fields.error(
                    "certificate", "\(which) for client certificates; write clients: FILE in its tls: in broker.yaml")
            }
        }
    }

    private func pattern(_ text: String, _ place: Place) -> MessagePattern? {
        func isCode(_ part: Substring) -> Bool {
            part.utf8.count == 3 && part.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
        }
        let parts = text.split(separator: "^", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy(isCode) else {
            findings.error(place, "\"\(text)\" is not a message type; write ADT or ADT^A01")
            return nil
        }
        return MessagePattern(code: String(parts[0]), event: parts.count == 2 ? String(parts[1]) : nil)
    }

    /// `rules:` of a sender: levels of single rules.
    private func ruleSettings(_ fields: YAMLFields) -> RuleSettings {
        var settings = RuleSettings()
        guard let node = fields.node("rules"),
            let named = YAMLFields(node, fields.file, findings, what: "rules")
        else { return settings }
        for name in named.keys {
            guard let rule = Rule(rawValue: name) else {
                let near = Spelling.nearest(to: name, among: Rule.allCases.map(\.rawValue)).map { "write \($0)" }
                named.error(
                    name, "there is no rule \(name); \(near ?? "write one of README.md, as field.length")")
                continue
            }
            if rule.isFixed {
                named.error(name, "\(name) is always an error, since no message can be handled without it; delete it")
                continue
            }
            settings[rule] = named.word(name, RuleSettings.Level.error)
        }
        return settings
    }

    private func assumptions(_ fields: YAMLFields) -> SenderRule.Assumptions {
        let version = fields.text("version")
        if let version, Version.reading(version) == nil {
            let versions = Version.allCases.map(\.rawValue).joined(separator: ", ")
            fields.error(
                "version", "\"\(version)\" is not a version that can be read; write one of \(versions), in quotes")
        }
        let processing = fields.text("processingId")
        if let processing, !["D", "N", "P", "T"].contains(processing) {
            fields.error("processingId", "processingId cannot be \"\(processing)\"; write P, T, D or N")
        }
        return .init(version: version, processingID: processing)
    }

    // MARK: Character sets and time zones

    /// The character set of a key `charset`; `asSent` is nil.
    func charset(_ fields: YAMLFields, allowsAsSent: Bool = false) -> Charset? {
        guard let text = fields.text("charset"), !(allowsAsSent && text == "asSent") else { return nil }
        if let charset = Charset(named: text), !charset.isRefused { return charset }
        let others = allowsAsSent ? "asSent, " : ""
        fields.error(
            "charset",
            "\"\(text)\" is not a character set of HL7 table 0211 that can be used; write \(others)UNICODE UTF-8, "
                + "8859/1, windows-1252 or another")
        return nil
    }

    private func identifiers(_ fields: YAMLFields) -> [String]? {
        guard let types = fields.texts("identifiers")?.map(\.text) else { return nil }
        if Set(types).count < types.count || types.contains("") {
            fields.error("identifiers", "identifiers are types of table 0203, each once; write identifiers: [MR, PI]")
        }
        return types
    }

    private func timezone(_ fields: YAMLFields) -> TimeZoneSetting? {
        guard let text = fields.text("timezone") else { return nil }
        if text == "none" { return TimeZoneSetting.none }
        if let zone = NamedTimeZone(text) { return .named(zone) }
        let near = Spelling.nearest(to: text, among: NamedTimeZone.names) ?? "a name as America/Chicago, UTC or none"
        fields.error("timezone", "there is no time zone \(text); write \(near)")
        return nil
    }
}
