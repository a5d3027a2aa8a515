internal import Yams

/// `alerts:` of `broker.yaml`.
extension FolderReader {
    func alerts(_ fields: YAMLFields) -> AlertSettings {
        var settings = AlertSettings()
        let keys = ["every", "webhook", "mail", "command"] + AlertKind.allCases.map(\.rawValue)
        guard let alerts = mapping(fields, "alerts", keys: keys) else { return settings }
        settings.every = alerts.duration("every") ?? settings.every
        for kind in AlertKind.allCases where alerts.node(kind.rawValue)?.scalar?.string == "off" {
            settings.off.insert(kind)
        }
        readThresholds(alerts, &settings)
        if let webhook = webhook(alerts) { settings.channels.append(webhook) }
        if let mail = mail(alerts) { settings.channels.append(.mail(mail)) }
        if let command = alerts.texts("command")?.map(\.text), let program = command.first {
            if program.hasPrefix("/") {
                settings.channels.append(.command(command))
            } else {
                alerts.error(
                    "command", "\"\(program)\" is not the path of a program; write it from the root, as /usr/…")
            }
        }
        return settings
    }

    private func readThresholds(_ alerts: YAMLFields, _ settings: inout AlertSettings) {
        func isOn(_ kind: AlertKind) -> Bool { alerts.has(kind.rawValue) && !settings.off.contains(kind) }
        func number(_ kind: AlertKind, _ range: ClosedRange<Int>, _ fallback: Int) -> Int {
            isOn(kind) ? alerts.integer(kind.rawValue, in: range) ?? fallback : fallback
        }
        func time(_ kind: AlertKind, _ fallback: Duration?) -> Duration? {
            isOn(kind) ? alerts.duration(kind.rawValue) ?? fallback : fallback
        }
        settings.queueDepth = number(.queueDepth, 1...1_000_000_000, settings.queueDepth)
        settings.silence = number(.silence, 5...1_000_000, settings.silence)
        settings.errorRate = number(.errorRate, 1...100, settings.errorRate)
        settings.refusalRate = number(.refusalRate, 1...100, settings.refusalRate)
        settings.disk = number(.disk, 2...3_650, settings.disk)
        settings.oldestAge = time(.oldestAge, nil) ?? settings.oldestAge
        settings.disconnected = time(.disconnected, nil) ?? settings.disconnected
        settings.slow = time(.slow, nil) ?? settings.slow
        settings.clockSkew = time(.clockSkew, nil) ?? settings.clockSkew
        settings.backupAge = time(.backupAge, nil)
        settings.audit = time(.audit, nil)
        for kind in [AlertKind.bodies, .unrouted, .paused] where isOn(kind) {
            alerts.error(kind.rawValue, "\(kind.rawValue) has no threshold; write off or delete the key")
        }
        guard isOn(.certificates), let days = alerts.texts("certificates") else { return }
        let numbers = days.compactMap { Int($0.text) }.filter { (1...3_650).contains($0) }
        guard numbers.count == days.count, !numbers.isEmpty, Set(numbers).count == numbers.count else {
            return alerts.error("certificates", "certificates are days before they expire; write [30, 14, 7, 1]")
        }
        settings.certificates = numbers.sorted(by: >)
    }

    private func webhook(_ alerts: YAMLFields) -> AlertChannelSettings? {
        guard let fields = mapping(alerts, "webhook", keys: ["url", "tls", "bearer"]),
            let url = fields.required("url", example: "https://HOST/PATH")
        else { return nil }
        let isSecure = url.hasPrefix("https://")
        guard isSecure || url.hasPrefix("http://"), !url.contains(" "), !url.contains("@") else {
            fields.error("url", "\"\(url)\" is not an address to post to; write https://HOST/PATH")
            return nil
        }
        if fields.has("tls"), !isSecure { fields.error("tls", "http:// has no TLS; write https://") }
        let bearer = file(fields, "bearer", isSecret: true)
        if bearer != nil, !isSecure, !Self.isLoopback(url) {
            fields.error("bearer", "a token does not go over http://; write https:// in url")
        }
        return .webhook(url: url, tls: clientTLS(fields), bearer: bearer)
    }

    private static func isLoopback(_ url: String) -> Bool {
        let rest = url.drop { $0 != ":" }.dropFirst(3)
        let authority = String(rest.prefix { $0 != "/" && $0 != "?" })
        let address = Units.address(authority, ports: 1...65_535) ?? Units.address(authority + ":80", ports: 1...65_535)
        return address?.isLoopback ?? false
    }

    private func mail(_ alerts: YAMLFields) -> MailSettings? {
        guard let fields = mapping(alerts, "mail", keys: ["server", "tls", "from", "to", "auth"]) else { return nil }
        let server = fields.required("server", example: "smtps://mail.example:465")
        let from = fields.required("from", example: "wardline@hospital.example")
        if !fields.has("to") {
            fields.findings.error(fields.place, "the key \"to\" is missing; write to: [on-call@hospital.example]")
        }
        let to = fields.texts("to") ?? []
        for (text, place) in to + (from.map { [($0, fields.place("from"))] } ?? []) where !Self.isMailAddress(text) {
            fields.findings.error(place, "\"\(text)\" is not a mail address; write NAME@HOST")
        }
        guard let server, let from, !to.isEmpty else { return nil }
        let isSecure = server.hasPrefix("smtps://")
        guard isSecure || server.hasPrefix("smtp://"),
            let address = Units.address(String(server.dropFirst(isSecure ? 8 : 7)), ports: 1...65_535)
        else {
            fields.error(
                "server", "\"\(server)\" is not a mail server; write smtps://HOST:465, or smtp://HOST:25 for STARTTLS")
            return nil
        }
        var mail = MailSettings(
            host: address.host, port: address.port, isSecure: isSecure, from: from, to: to.map(\.text))
        if let tls = clientTLS(fields) { mail.tls = tls }
        mail.auth = file(fields, "auth", isSecret: true)
        return mail
    }

    /// What can stand between the brackets of an SMTP command; whether it exists, the server knows.
    static func isMailAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && text.utf8.count <= 254
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"<>(),;:\\\"[]".utf8.contains($0) }
            }
    }
}
