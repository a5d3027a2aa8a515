internal import Yams

/// `broker.yaml`: the broker itself, its listeners and limits.
extension FolderReader {
    func readBroker(_ file: Configuration.File) {
        let keys = [
            "broker", "processing", "listeners", "admin", "duplicateWindow", "drain", "limits", "audit", "retention",
            "plaintext", "alerts",
        ]
        guard let node = YAMLDocument.node(of: file, findings: findings),
            let fields = YAMLFields(node, file.name, findings, what: "broker.yaml", keys: keys)
        else { return }
        var settings = BrokerSettings(name: fields.name("broker", example: "riverside") ?? "")
        settings.processing = processing(fields) ?? settings.processing
        settings.duplicateWindow = fields.duration("duplicateWindow") ?? settings.duplicateWindow
        settings.drain = fields.duration("drain") ?? settings.drain
        settings.limits = limits(fields, base: settings.limits)
        settings.isPlaintextAnywhere = isPlaintextAnywhere(fields)
        if let audit = mapping(fields, "audit", keys: ["key"]) {
            settings.audit.keyFile = audit.text("key").map { FolderFiles.absolute($0, base: base) }
        }
        let retentionKeys = ["bodies", "bodiesSize", "deliveries", "audit", "legalHold"]
        if let retention = mapping(fields, "retention", keys: retentionKeys) {
            settings.retention.bodies = retention.duration("bodies") ?? settings.retention.bodies
            settings.retention.bodiesSize = retention.size("bodiesSize", in: 1 << 20...1 << 50).map(Int64.init)
            let held = retention.texts("legalHold") ?? []
            settings.retention.legalHold = held.map(\.text)
            legalHolds = held.map { Placed(value: $0.text, place: $0.place) }
            settings.retention.deliveries = retention.duration("deliveries") ?? settings.retention.deliveries
            settings.retention.audit = retention.duration("audit") ?? settings.retention.audit
        }
        settings.alerts = alerts(fields)
        broker = settings
        readListeners(fields, settings)
        readAdmin(fields)
    }

    /// After the listeners: without a certificate of its own the console shows that of the first of them.
    private func readAdmin(_ fields: YAMLFields) {
        guard let admin = mapping(fields, "admin", keys: ["bind", "tls"]) else { return }
        var settings = AdminSettings()
        settings.bind = admin.bind("bind") ?? settings.bind
        if let tls = mapping(admin, "tls", keys: ["certificate", "key"]) {
            settings.tls = certificateAndKey(tls).map { .init(certificate: $0.certificate, key: $0.key) }
        } else if let tls = listeners?.lazy.compactMap(\.tls).first {
            settings.tls = .init(certificate: tls.certificate, key: tls.key)
        }
        self.admin = settings
    }

    /// A mapping below a key.
    func mapping(_ fields: YAMLFields, _ key: String, keys: [String]) -> YAMLFields? {
        fields.node(key).flatMap { YAMLFields($0, fields.file, findings, what: key, keys: keys) }
    }

    /// MSH-11 values.
    func processing(_ fields: YAMLFields) -> [String]? {
        fields.texts("processing")?.map { text, place in
            if !["D", "N", "P", "T"].contains(text) {
                findings.error(place, "processing cannot be \"\(text)\"; write values of HL7 table 0103: P, T, D or N")
            }
            return text
        }
    }

    func isPlaintextAnywhere(_ fields: YAMLFields) -> Bool {
        guard let text = fields.text("plaintext") else { return false }
        if text != "anywhere" {
            fields.error("plaintext", "plaintext cannot be \"\(text)\"; write anywhere or delete the key")
        }
        return text == "anywhere"
    }

    private func limits(_ fields: YAMLFields, base: ListenerLimits) -> ListenerLimits {
        let keys = [
            "frame", "segments", "connections", "connectionsPerPeer", "framesInFlight", "bytesInFlight",
            "listenerBytesInFlight", "stall", "rate",
        ]
        guard let limits = mapping(fields, "limits", keys: keys) else { return base }
        var result = base
        let sizes = 1_024...(1 << 40)
        result.frameBytesMax = limits.size("frame", in: 1_024...(1 << 30)) ?? base.frameBytesMax
        result.segmentsMax = limits.integer("segments", in: 1...10_000_000) ?? base.segmentsMax
        result.connectionsMax = limits.integer("connections", in: 1...1_000_000) ?? base.connectionsMax
        result.connectionsPerPeerMax =
            limits.integer("connectionsPerPeer", in: 1...1_000_000) ?? base.connectionsPerPeerMax
        result.framesInFlightMax = limits.integer("framesInFlight", in: 1...1_000_000) ?? base.framesInFlightMax
        result.bytesInFlightMax = limits.size("bytesInFlight", in: sizes) ?? base.bytesInFlightMax
        result.listenerBytesInFlightMax =
            limits.size("listenerBytesInFlight", in: sizes) ?? base.listenerBytesInFlightMax
        result.frameStallTime = limits.duration("stall") ?? base.frameStallTime
        result.frameBytesPerSecondMin = limits.size("rate", in: 0...(1 << 30)) ?? base.frameBytesPerSecondMin
        return result
    }

    // MARK: Listeners

    private func readListeners(_ fields: YAMLFields, _ settings: BrokerSettings) {
        guard let node = fields.node("listeners") else {
            fields.findings.error(fields.place, "the key \"listeners\" is missing; write listeners: with at least one")
            return
        }
        guard let named = YAMLFields(node, fields.file, findings, what: "listeners") else { return }
        var listeners: [ListenerSettings] = []
        for name in named.keys {
            guard YAMLFields.isName(name) else {
                named.error(name, "\"\(name)\" is not a name; write letters, digits and hyphens, as hospitals")
                continue
            }
            guard let node = named.node(name), let listener = listener(name, node, named.file, settings) else {
                continue
            }
            if listener.bind.port != 0, let other = listeners.first(where: { $0.bind == listener.bind }) {
                named.error(
                    name, "\(listener.bind) is already bound by the listener \(other.name); choose another port")
            }
            listeners.append(listener)
        }
        if listeners.isEmpty, named.keys.isEmpty { fields.error("listeners", "no listeners; write at least one") }
        self.listeners = listeners
    }

    private func listener(
        _ name: String, _ node: Node, _ file: String, _ settings: BrokerSettings
    ) -> ListenerSettings? {
        let keys = ["bind", "tls", "accept", "limits", "plaintext"]
        guard let fields = YAMLFields(node, file, findings, what: "a listener", keys: keys) else { return nil }
        // A listener that cannot be bound is kept, so that references to it are not reported too.
        let bind = fields.bind("bind") ?? BindAddress(host: "127.0.0.1", port: 0)
        var listener = ListenerSettings(name: name, bind: bind)
        listener.accept = fields.word("accept", .known)
        listener.limits = limits(fields, base: settings.limits)
        let isAnywhere = isPlaintextAnywhere(fields) || settings.isPlaintextAnywhere
        if fields.node("tls")?.scalar?.string == "off" {
            if !bind.isLoopback, !isAnywhere {
                fields.error(
                    "bind",
                    "\(bind) without TLS can be read by others; write tls: or bind to 127.0.0.1, or say "
                        + "plaintext: anywhere")
            }
        } else if let tls = mapping(fields, "tls", keys: ["certificate", "key", "clients"]) {
            let clients = self.file(tls, "clients")
            if let pair = certificateAndKey(tls) {
                listener.tls = .init(certificate: pair.certificate, key: pair.key, clients: clients)
            } else if !tls.has("certificate"), !tls.has("key") {
                findings.error(tls.place, "tls needs certificate and key; write tls: { certificate: FILE, key: FILE }")
            }
        } else if !fields.has("tls") {
            findings.error(
                fields.place, "the key \"tls\" is missing; write tls: { certificate: FILE, key: FILE } or tls: off")
        }
        return listener
    }
}
