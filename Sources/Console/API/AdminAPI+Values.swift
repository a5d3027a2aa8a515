import Auditing
import Broker
import Foundation
import Journaling

/// Microseconds since 1970 UTC as ISO 8601 with milliseconds: `2026-03-05T10:15:00.123Z`.
package func isoTime(_ microseconds: Int64) -> String {
    let date = Date(timeIntervalSince1970: Double(microseconds / 1000) / 1000)
    return date.formatted(
        Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: TimeZone(secondsFromGMT: 0) ?? .current))
}

extension AdminAPI.Step {
    init(_ event: AuditEvent) {
        let step = RoutingStep(event)
        self.init(
            event: event.number, seq: event.seq, at: isoTime(event.at), step: step.step, state: step.state,
            provider: event.provider, type: event.type, controlId: event.controlId, route: event.route,
            endpoint: event.endpoint, attempt: event.attempt, ms: event.milliseconds,
            actor: event.actor == "broker" || event.actor == event.provider ? nil : event.actor, text: event.text)
    }
}

extension AdminAPI.Ledger {
    init(_ ledger: Journaling.Ledger) {
        self.init(
            received: ledger.frames, empty: ledger.emptyFrames, framingErrors: ledger.framingErrors,
            batches: ledger.batches, messages: ledger.messages, refused: ledger.refused, duplicate: ledger.duplicate,
            acknowledgements: ledger.acknowledgement, filtered: ledger.filtered, unrouted: ledger.unrouted,
            heldAtIntake: ledger.heldAtIntake, accepted: ledger.accepted, pending: ledger.pending,
            queries: ledger.queries, resent: ledger.resent, answers: ledger.answers,
            deliveries: Deliveries(
                total: ledger.deliveries, delivered: ledger.delivered, skipped: ledger.skipped, queued: ledger.queued,
                held: ledger.held),
            balanced: ledger.isBalanced)
    }
}

extension AdminAPI.Delivery {
    init(_ delivery: Journaling.Delivery) {
        self.init(
            endpoint: delivery.endpoint, route: delivery.route, state: "\(delivery.state)",
            attempts: delivery.attempts, nextTry: delivery.nextTry.map(isoTime), reason: delivery.reason,
            settledAt: delivery.settledAt.map(isoTime), sentSHA256: delivery.sentSHA256.map(hexadecimal))
    }
}

extension AdminAPI.Message {
    init(_ entry: JournalEntry, _ deliveries: [Journaling.Delivery]) throws {
        let findings = try entry.findings.map {
            try JSONDecoder().decode([AdminAPI.Finding].self, from: Data($0))
        }
        self.init(
            seq: entry.seq, receivedAt: isoTime(entry.receivedAt), disposition: "\(entry.disposition)",
            routing: "\(entry.routing)", listener: entry.listener, provider: entry.provider, peer: entry.peer,
            controlId: entry.controlId, type: entry.type, version: entry.version, bytes: entry.bodyCount,
            parent: entry.parent, findings: findings ?? [], deliveries: deliveries.map(AdminAPI.Delivery.init))
    }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
