package import Auditing

/// What a person (or the broker for itself) does to deliveries, endpoints and held entries.
package struct Control: Sendable {
    package enum Operation: Hashable, Sendable {
        /// queued → held.
        case hold(seq: Int64, endpoint: String)
        /// held → queued; also makes a waiting retry due at once.
        case release(seq: Int64, endpoint: String)
        /// queued or held → skipped.
        case skip(seq: Int64, endpoint: String)
        /// An endpoint, or a listener as `listener:NAME`; until a time (microseconds since 1970-01-01 UTC) at which the
        /// broker resumes it by itself, or until someone does.
        case pause(endpoint: String, until: Int64? = nil)
        case resume(endpoint: String)
        /// An entry held at intake goes to the router.
        case releaseEntry(seq: Int64)
        /// An entry held at intake is never to be delivered.
        case dismissEntry(seq: Int64)
    }
    package var operation: Operation
    /// Microseconds since 1970-01-01 UTC.
    package var at: Int64
    package var actor: String
    package var reason: String
    /// The journal fills number, seq, endpoint, and the text with ``reason`` if it is nil.
    package var event: AuditEvent

    package init(_ operation: Operation, at: Int64, actor: String, reason: String, event: AuditEvent) {
        self.operation = operation
        self.at = at
        self.actor = actor
        self.reason = reason
        self.event = event
    }

    /// A control with the usual event of its operation.
    package init(_ operation: Operation, at: Int64, actor: String, reason: String) {
        let kind: AuditEvent.Kind =
            switch operation {
            case .hold: .deliveryHeld
            case .release: .deliveryReleased
            case .skip: .deliverySkipped
            case .pause(let name, _): Pause.listener(name) == nil ? .endpointPaused : .listenerPaused
            case .resume(let name): Pause.listener(name) == nil ? .endpointResumed : .listenerResumed
            case .releaseEntry: .messageReleased
            case .dismissEntry: .messageDismissed
            }
        self.init(
            operation, at: at, actor: actor, reason: reason,
            event: AuditEvent(kind, at: at, actor: actor, text: reason))
    }
}

/// An endpoint to which nothing is sent, or a listener that takes nothing, until someone resumes it or its time comes.
package struct Pause: Hashable, Sendable {
    /// `provider.endpoint` or `listener:NAME`.
    package var endpoint: String
    /// Microseconds since 1970-01-01 UTC.
    package var at: Int64
    package var actor: String
    package var reason: String
    /// When it ends by itself, microseconds since 1970-01-01 UTC.
    package var until: Int64?

    /// The listener that is paused; nil if it is an endpoint.
    package var listener: String? { Self.listener(endpoint) }

    /// The listener that a name means; nil if it means an endpoint.
    package static func listener(_ name: String) -> String? {
        name.hasPrefix("listener:") ? String(name.dropFirst(9)) : nil
    }

    package static func name(ofListener listener: String) -> String { "listener:" + listener }
}
