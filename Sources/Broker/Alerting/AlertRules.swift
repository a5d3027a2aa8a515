package import Interfaces

/// That something is worth a person's attention now, and how much.
package struct AlertReading: Hashable, Sendable {
    package var id: AlertID
    package var level: Int
    /// Numbers and names: never patient data.
    package var text: String

    package init(_ id: AlertID, level: Int = 0, _ text: String) {
        self.id = id
        self.level = level
        self.text = text
    }
}

/// Says which alerts a sample of the broker's state calls for.
///
/// Pure, and with hysteresis: what is open stays so until it is clearly over, so that a value that moves around a limit
/// opens one alert and not a hundred. What a sample does not say leaves an alert as it is.
package struct AlertRules: Sendable {
    private let settings: AlertSettings

    package init(_ settings: AlertSettings) { self.settings = settings }

    /// Attempts or messages of which a share means something.
    private static let countMin = 5
    /// An open alert about a limit closes below so much of it.
    private static let calm = 0.5
    /// Of what may be kept of the text of messages: from here on it is said that the oldest will be removed.
    package static let textShareMax = 0.9
    /// Where retention by size leaves off, so that the alert goes on for as long as it is needed.
    private static let textShareCalm = 0.8

    /// - Parameter open: the alerts that are open, with their levels.
    package func readings(of sample: BrokerSample, open: [AlertID: Int]) -> [AlertReading] {
        var readings: [AlertReading] = []
        for (name, endpoint) in sample.endpoints { readings += judge(endpoint, name, open) }
        for (name, provider) in sample.providers { readings += judge(provider, name, open) }
        for (file, days) in sample.certificates { readings += judge(certificate: file, days, open) }
        readings += judgeBroker(sample, open)
        readings += unknown(sample, open, found: Set(readings.map(\.id)))
        return readings.filter { !settings.off.contains($0.id.kind) }.sorted { "\($0.id)" < "\($1.id)" }
    }

    /// What is open about the last minutes stays so while these are not over since the start: the broker remembers
    /// nothing of the time before it.
    private func unknown(_ sample: BrokerSample, _ open: [AlertID: Int], found: Set<AlertID>) -> [AlertReading] {
        open.compactMap { id, level in
            guard !found.contains(id), let minutes = Self.windows[id.kind], sample.upSeconds < Double(minutes * 60)
            else { return nil }
            return AlertReading(id, level: level, "not known yet since the start of the broker")
        }
    }

    /// Minutes of which something is counted.
    private static let windows: [AlertKind: Int] = [.errorRate: 5, .refusalRate: 5, .slow: 10, .unrouted: 15]

    package static func severity(_ kind: AlertKind, level: Int) -> Alert.Severity {
        switch kind {
        case .audit: .critical
        case .certificates: level == 0 ? .notice : level < 3 ? .warning : .critical
        case .disk: level == 0 ? .warning : .critical
        default: .warning
        }
    }

    // MARK: Endpoints

    private func judge(
        _ endpoint: BrokerSample.Endpoint, _ name: String, _ open: [AlertID: Int]
    ) -> [AlertReading] {
        var readings: [AlertReading] = []
        func add(_ kind: AlertKind, _ value: Double?, from limit: Double, _ text: @autoclosure () -> String) {
            let id = AlertID(kind, name)
            if isOpen(id, value, from: limit, open) { readings.append(AlertReading(id, text())) }
        }
        add(
            .queueDepth, Double(endpoint.waiting), from: Double(settings.queueDepth),
            "\(endpoint.waiting) deliveries wait (limit \(settings.queueDepth))")
        let maxAge = (endpoint.maxAge ?? settings.oldestAge).seconds
        add(
            .oldestAge, endpoint.oldestSeconds ?? 0, from: maxAge,
            "the oldest delivery waits for \(span(endpoint.oldestSeconds)) (limit \(span(maxAge)))")
        // Reached is over at once; that it was reached is what the alert waits for.
        let disconnected = AlertID(.disconnected, name)
        if let seconds = endpoint.unreachedSeconds,
            seconds >= settings.disconnected.seconds || open[disconnected] != nil
        {
            readings.append(AlertReading(disconnected, "its receiver was not reached for \(span(seconds))"))
        } else if endpoint.unreachedSeconds == nil, !endpoint.wasReached, open[disconnected] != nil {
            readings.append(AlertReading(disconnected, "its receiver was not reached since the start of the broker"))
        }
        add(
            .errorRate, share(endpoint.failures, of: endpoint.attempts, .errorRate, name, open),
            from: Double(settings.errorRate),
            "\(endpoint.failures) of \(endpoint.attempts) attempts failed in five minutes")
        add(
            .slow, endpoint.attemptSeconds ?? 0, from: settings.slow.seconds,
            "5 of 100 attempts take \(span(endpoint.attemptSeconds)) or longer (limit \(span(settings.slow.seconds)))")
        if let reason = endpoint.pausedBecause {
            readings.append(AlertReading(AlertID(.paused, name), "the broker has paused it: \(reason)"))
        }
        return readings
    }

    // MARK: Providers

    private func judge(
        _ provider: BrokerSample.Provider, _ name: String, _ open: [AlertID: Int]
    ) -> [AlertReading] {
        var readings: [AlertReading] = []
        let silence = AlertID(.silence, name)
        // Begun anew, the broker knows nothing of the last message: a silence goes on until one comes.
        let goesOn = open[silence] != nil && !provider.hasSent
        let isSilent = provider.expected.map { $0 >= Double(settings.silence) } ?? (open[silence] != nil)
        if goesOn || isSilent {
            let expected = provider.expected.map { ", in which about \(Int($0)) are usual" } ?? ""
            readings.append(AlertReading(silence, "no message for \(span(provider.quietSeconds))\(expected)"))
        }
        let refusals = AlertID(.refusalRate, name)
        let refused = share(provider.refused, of: provider.messages, .refusalRate, name, open)
        if isOpen(refusals, refused, from: Double(settings.refusalRate), open) {
            readings.append(
                AlertReading(refusals, "\(provider.refused) of \(provider.messages) messages refused in five minutes"))
        }
        if provider.hasUnrouted {
            readings.append(AlertReading(AlertID(.unrouted, name), "messages were accepted that no route names"))
        }
        let skew = AlertID(.clockSkew, name)
        if isOpen(skew, provider.skewSeconds.map(abs), from: settings.clockSkew.seconds, open) {
            let seconds = provider.skewSeconds ?? 0
            let text =
                provider.skewSeconds == nil ? "differs" : "is \(span(abs(seconds))) \(seconds > 0 ? "fast" : "slow")"
            readings.append(AlertReading(skew, "the clock of its messages (MSH-7) \(text)"))
        }
        return readings
    }

    // MARK: The broker

    private func judge(certificate file: String, _ days: Double?, _ open: [AlertID: Int]) -> [AlertReading] {
        let id = AlertID(.certificates, file)
        guard let days else { return open[id].map { [AlertReading(id, level: $0, "cannot be read any more")] } ?? [] }
        let level = settings.certificates.lastIndex { days <= Double($0) }
        // A day more than the first limit means that it was renewed.
        let isRenewed = days > Double(settings.certificates.first ?? 0) + 1
        guard let level = level ?? (isRenewed ? nil : open[id]) else { return [] }
        let whole = Int(days.rounded(.down))
        let text = days < 0 ? "has expired" : whole == 1 ? "expires in 1 day" : "expires in \(whole) days"
        return [AlertReading(id, level: level, text)]
    }

    private func judgeBroker(_ sample: BrokerSample, _ open: [AlertID: Int]) -> [AlertReading] {
        var readings: [AlertReading] = []
        let disk = AlertID(.disk)
        if sample.isDiskLow {
            readings.append(AlertReading(disk, level: 1, "the disk is nearly full: nothing is accepted any more"))
        } else if let days = sample.diskDays {
            let limit = Double(settings.disk)
            if days < limit || (open[disk] != nil && days < limit / Self.calm) {
                let text = "the disk is full in \(Int(days.rounded(.down))) days if it goes on like this"
                readings.append(AlertReading(disk, level: days < 1 ? 1 : 0, text))
            }
        } else if let level = open[disk] {
            readings.append(AlertReading(disk, level: level, "how fast the disk fills is not known yet"))
        }
        let bodies = AlertID(.bodies)
        if let share = sample.textShare, share >= (open[bodies] == nil ? Self.textShareMax : Self.textShareCalm) {
            let text =
                "the text of messages takes \(Int(share * 100)) % of retention.bodiesSize: at 100 % the oldest is removed"
            readings.append(AlertReading(bodies, text))
        }
        if let limit = settings.backupAge, let seconds = sample.backupSeconds, seconds >= limit.seconds {
            readings.append(
                AlertReading(AlertID(.backupAge), "no backup for \(span(seconds)) (limit \(span(limit.seconds)))"))
        }
        if let damage = sample.auditDamage {
            readings.append(AlertReading(AlertID(.audit), "the audit log does not verify: \(damage)"))
        }
        return readings
    }

    // MARK: Limits

    /// - Parameter value: nil: not known, so that it stays as it is.
    private func isOpen(_ id: AlertID, _ value: Double?, from limit: Double, _ open: [AlertID: Int]) -> Bool {
        guard let value else { return open[id] != nil }
        return value >= (open[id] == nil ? limit : limit * Self.calm)
    }

    /// In percent. To open, there must be enough of it.
    private func share(
        _ part: Int, of all: Int, _ kind: AlertKind, _ name: String, _ open: [AlertID: Int]
    ) -> Double {
        guard all > 0, part >= Self.countMin || open[AlertID(kind, name)] != nil else { return 0 }
        return Double(part) * 100 / Double(all)
    }

    private func span(_ seconds: Double?) -> String { AlertRules.span(seconds ?? 0) }

    /// 4000 → 1 h 6 min
    static func span(_ seconds: Double) -> String {
        let whole = Int(min(max(0, seconds.rounded()), 1e9))
        if seconds < 10, seconds != seconds.rounded() { return "\((seconds * 10).rounded() / 10) s" }
        if whole < 120 { return "\(whole) s" }
        if whole < 7_200 { return "\(whole / 60) min" }
        if whole < 172_800 { return "\(whole / 3_600) h" }
        return "\(whole / 86_400) days"
    }
}

extension Duration {
    var seconds: Double { self / .seconds(1) }
}
