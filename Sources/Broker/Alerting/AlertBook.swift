package import Interfaces

/// Which alerts are open, who has them in hand, and which are silenced: what all changes so far come to.
package struct AlertBook: Hashable, Codable, Sendable {
    package private(set) var open: [AlertID: Alert] = [:]
    /// Until when nobody is told, microseconds since 1970-01-01 UTC.
    package private(set) var silences: [AlertID: Int64] = [:]

    /// Silences at a time: so that nobody can fill the memory with them.
    package static let silencesMax = 10_000

    package init() {}

    /// What readings change: what is new opens, what is worse is raised, what is over closes.
    package func changes(for readings: [AlertReading], at now: Int64) -> [AlertChange] {
        var changes: [AlertChange] = []
        for reading in readings {
            guard let alert = open[reading.id] else {
                changes.append(AlertChange(reading.id, .opened(level: reading.level, text: reading.text), at: now))
                continue
            }
            if reading.level > alert.level {
                changes.append(AlertChange(reading.id, .raised(level: reading.level, text: reading.text), at: now))
            }
        }
        let found = Set(readings.map(\.id))
        for id in open.keys where !found.contains(id) { changes.append(AlertChange(id, .closed, at: now)) }
        return changes.sorted { "\($0.id)" < "\($1.id)" }
    }

    /// Applies a change; a change that was applied before changes nothing.
    ///
    /// - Returns: what people are to be told because of it: that an alert is over of which they were told.
    @discardableResult
    package mutating func apply(_ change: AlertChange) -> AlertNotice? {
        switch change.verb {
        case .opened(let level, let text):
            guard open[change.id] == nil else { return nil }
            open[change.id] = Alert(
                id: change.id, level: level, severity: AlertRules.severity(change.id.kind, level: level), text: text,
                openedAt: change.at)
        case .raised(let level, let text):
            guard var alert = open[change.id], level > alert.level else { return nil }
            alert.level = level
            alert.severity = AlertRules.severity(change.id.kind, level: level)
            alert.text = text
            // Who had it in hand did not know this.
            alert.acknowledged = nil
            open[change.id] = alert
        case .closed:
            guard let alert = open.removeValue(forKey: change.id), alert.toldLevel != nil else { return nil }
            return AlertNotice(.closed, alert, at: change.at)
        case .acknowledged(let reason):
            open[change.id]?.acknowledged = Alert.Acknowledgement(
                actor: change.actor, at: change.at, reason: reason)
        case .silenced(let until, _):
            silences = silences.filter { $0.value > change.at }
            silences[change.id] = until > change.at ? until : nil
        }
        return nil
    }

    package func isSilenced(_ id: AlertID, at now: Int64) -> Bool { silences[id].map { $0 > now } ?? false }

    /// Takes out what people are to be told of open alerts: those that are new or worse, and not silenced.
    package mutating func takeNotices(at now: Int64) -> [AlertNotice] {
        var notices: [AlertNotice] = []
        for (id, alert) in open where (alert.toldLevel ?? -1) < alert.level && !isSilenced(id, at: now) {
            notices.append(AlertNotice(alert.toldLevel == nil ? .opened : .raised, alert, at: now))
            open[id]?.toldLevel = alert.level
        }
        return notices.sorted { "\($0.id)" < "\($1.id)" }
    }
}

/// What people are told about an alert.
package struct AlertNotice: Hashable, Codable, Sendable {
    package enum State: String, Codable, Hashable, Sendable { case opened, raised, closed }

    package var state: State
    package var id: AlertID
    package var severity: Alert.Severity
    package var text: String
    /// Microseconds since 1970-01-01 UTC.
    package var openedAt: Int64
    package var at: Int64

    package init(_ state: State, _ alert: Alert, at: Int64) {
        self.state = state
        id = alert.id
        severity = alert.severity
        text = alert.text
        openedAt = alert.openedAt
        self.at = at
    }
}
