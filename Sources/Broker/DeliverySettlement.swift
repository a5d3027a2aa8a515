import Auditing
import Crypto
import Interfaces
import Journaling

/// An attempt whose outcome waits to be stored.
struct SettledAttempt: Sendable {
    var settlement: Settlement
    /// The endpoint is to be paused, for this reason.
    var pauses: String?
    /// It never got as far as the receiver.
    var isUnreached = false
}

extension DeliveryJob {
    /// What the outcome of an attempt makes of the delivery: TRANSACTION 3.
    ///
    /// - Parameters:
    ///   - earlierLikeThis: attempts that came to the same result before, where the outcome has a budget of them.
    ///   - rest: how long the endpoint rests, if its receiver was not reached.
    ///   - sent: nil if nothing could be made to send.
    func settlement(
        _ outcome: SendOutcome, at endpoint: Endpoint, sent: OutgoingMessage?, now: Int64, milliseconds: Int,
        earlierLikeThis: Int, rest: Duration, isUrgent: Bool
    ) -> SettledAttempt {
        let reason = outcome.text.map { "\(outcome.result): \($0)" } ?? outcome.result
        func retry(_ wish: Duration?) -> (Settlement.Outcome, AuditEvent.Kind) {
            let delay =
                outcome.isUnreached
                ? rest : endpoint.retry.delay(after: attempts + 1, jitter: .random(in: 0..<1))
            return (.retry(nextTry: now + max(wish ?? .zero, delay).microseconds, reason: reason), .deliveryRetry)
        }
        let result: (outcome: Settlement.Outcome, kind: AuditEvent.Kind)
        var pauses: String?
        switch outcome.decision {
        case .done:
            let bytes = sent?.bytes ?? []
            result = (
                .delivered(
                    sentSHA256: Array(SHA256.hash(data: bytes)), sent: endpoint.keepsSent ? bytes : nil,
                    answer: outcome.answer), .deliverySent
            )
        case .hold: result = (.held(reason: reason), .deliveryHeld)
        case .retry(let wish): result = retry(wish)
        case .retryThenHold(let times):
            result = earlierLikeThis < times ? retry(nil) : (.held(reason: reason), .deliveryHeld)
        case .pauseEndpoint:
            result = (.retry(nextTry: now, reason: reason), .deliveryRetry)
            pauses = reason
        }
        let event = AuditEvent(
            result.kind, at: now, seq: seq, provider: entry.provider, endpoint: endpoint.name, route: route,
            type: entry.type, controlId: entry.controlID, milliseconds: milliseconds,
            text: followsCutOff ? reason + " (the try before may have been cut off by the end of the broker)" : reason)
        return SettledAttempt(
            settlement: Settlement(
                seq: seq, endpoint: endpoint.name, outcome: result.outcome, at: now, milliseconds: milliseconds,
                result: outcome.result, text: outcome.text, event: event, isUrgent: isUrgent,
                followsCutOff: followsCutOff,
                measures: Settlement.Measures(
                    receivedAt: entry.receivedAt, leaves: sent?.leaves ?? 0, lost: sent?.lost ?? 0)),
            pauses: pauses, isUnreached: outcome.isUnreached)
    }
}
