package import Auditing
import Foundation
import Interfaces

/// Changes as audit events, from which a start can read them back:
///
///     alert.opened        queueDepth:clinic.inbox level 0: 1,200 deliveries wait
///     alert.raised        certificates:broker.pem level 2: expires in 6 days
///     alert.closed        queueDepth:clinic.inbox
///     alert.acknowledged  queueDepth:clinic.inbox: called them
///     alert.silenced      queueDepth:clinic.inbox until 2026-03-05T06:00:00Z: night shift knows
extension AlertChange {
    package var event: AuditEvent {
        let kind: AuditEvent.Kind
        let text: String
        switch verb {
        case .opened(let level, let reason): (kind, text) = (.alertOpened, "\(id) level \(level): \(reason)")
        case .raised(let level, let reason): (kind, text) = (.alertRaised, "\(id) level \(level): \(reason)")
        case .closed: (kind, text) = (.alertClosed, "\(id)")
        case .acknowledged(let reason): (kind, text) = (.alertAcknowledged, "\(id): \(reason)")
        case .silenced(let until, let reason):
            let date = Date(timeIntervalSince1970: Double(until / 1_000_000))
            (kind, text) = (.alertSilenced, "\(id) until \(date.formatted(.iso8601)): \(reason)")
        }
        var event = AuditEvent(kind, at: at, actor: actor, text: text)
        switch id.kind {
        case .queueDepth, .oldestAge, .disconnected, .errorRate, .slow, .paused: event.endpoint = id.subject
        case .silence, .refusalRate, .clockSkew, .unrouted: event.provider = id.subject
        case .certificates, .disk, .bodies, .backupAge, .audit: break
        }
        return event
    }

    /// - Returns: nil for an event that is not about alerts.
    package init?(_ event: AuditEvent) {
        guard let text = event.text else { return nil }
        // An id has no spaces; a colon follows at once where there is nothing between it and the reason.
        let word = text.prefix { $0 != " " }
        let rest = String(text.dropFirst(word.count))
        guard let id = AlertID(event.kind == .alertAcknowledged ? word.dropLast() : word) else { return nil }
        let colon = rest.range(of: ": ")
        let parameter = colon.map { rest[..<$0.lowerBound] }?.split(separator: " ").last.map(String.init) ?? ""
        let reason = colon.map { String(rest[$0.upperBound...]) } ?? ""
        let verb: Verb
        switch event.kind {
        case .alertOpened: verb = .opened(level: Int(parameter) ?? 0, text: reason)
        case .alertRaised: verb = .raised(level: Int(parameter) ?? 0, text: reason)
        case .alertClosed: verb = .closed
        case .alertAcknowledged: verb = .acknowledged(reason: String(rest.dropFirst()))
        case .alertSilenced:
            guard let date = try? Date(parameter, strategy: .iso8601) else { return nil }
            verb = .silenced(until: Int64(date.timeIntervalSince1970) * 1_000_000, reason: reason)
        default: return nil
        }
        self.init(id, verb, at: event.at, actor: event.actor)
    }
}

extension AuditEvent.Kind {
    static let alertOpened: Self = "alert.opened"
    static let alertRaised: Self = "alert.raised"
    static let alertClosed: Self = "alert.closed"
    static let alertAcknowledged: Self = "alert.acknowledged"
    static let alertSilenced: Self = "alert.silenced"
}
