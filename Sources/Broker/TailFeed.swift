package import Auditing
import Journaling

/// The routing log, live: the audit events in order, from a number on, for ever.
///
///     for try await event in TailFeed(broker: broker, after: 41_800, filter: filter) { … }
///
/// It reads pages of the journal and waits between them, so a slow reader costs no memory and misses nothing.
package struct TailFeed: AsyncSequence, Sendable {
    package typealias Element = AuditEvent

    private let broker: Broker
    private let after: Int64
    private let filter: TailFilter
    private let follows: Bool

    /// - Parameters:
    ///   - after: the number of the last event not wanted.
    ///   - follows: false to end at the last event there is.
    package init(broker: Broker, after: Int64, filter: TailFilter = TailFilter(), follows: Bool = true) {
        self.broker = broker
        self.after = after
        self.filter = filter
        self.follows = follows
    }

    package func makeAsyncIterator() -> Iterator {
        Iterator(broker: broker, filter: filter, follows: follows, last: after)
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let broker: Broker
        fileprivate let filter: TailFilter
        fileprivate let follows: Bool
        fileprivate var last: Int64
        fileprivate var page: ArraySlice<AuditEvent> = []

        private static let pageMax = 500

        package mutating func next() async throws -> AuditEvent? {
            while !Task.isCancelled {
                while let event = page.popFirst() {
                    if filter.matches(event) { return event }
                }
                let generation = broker.events.generation
                let events = try await broker.journal.events(after: last, limit: Self.pageMax)
                if let newest = events.last {
                    last = newest.number
                    page = events[...]
                } else if follows {
                    await broker.events.wait(since: generation)
                } else {
                    return nil
                }
            }
            return nil
        }
    }
}

/// Which events a reader wants. Empty wants all.
package struct TailFilter: Hashable, Sendable {
    /// Sender, or the provider part of an endpoint.
    package var provider: String?
    package var route: String?
    /// `ADT` or `ADT^A01`.
    package var type: String?
    /// `delivered`, `held`, … : see ``RoutingStep/state``.
    package var state: String?
    package var seq: Int64?
    /// `alert`, `delivery`, … : see ``RoutingStep/step``.
    package var step: String?

    package init(
        provider: String? = nil, route: String? = nil, type: String? = nil, state: String? = nil, seq: Int64? = nil,
        step: String? = nil
    ) {
        self.step = step
        self.provider = provider
        self.route = route
        self.type = type
        self.state = state
        self.seq = seq
    }

    package func matches(_ event: AuditEvent) -> Bool {
        if let provider {
            let isReceiver = event.endpoint?.hasPrefix(provider + ".") ?? false
            guard event.provider == provider || isReceiver else { return false }
        }
        if let route, event.route != route { return false }
        if let type, event.type != type, event.type?.hasPrefix(type + "^") != true { return false }
        if let state, RoutingStep(event).state != state { return false }
        if let seq, event.seq != seq { return false }
        if let step, RoutingStep(event).step != step { return false }
        return true
    }
}

/// An event as a step of a message's way: what `tail` and `trace` show.
package struct RoutingStep: Hashable, Sendable {
    /// `received`, `routed`, `delivery`, `control`, `broker`, `read`
    package var step: String
    /// `accepted`, `refused`, `duplicate`, `queued`, `filtered`, `unrouted`, `retry`, `held`, `delivered`, `skipped`, …
    package var state: String
    package var event: AuditEvent

    package init(_ event: AuditEvent) {
        self.event = event
        (step, state) =
            switch event.kind {
            case .messageReceived: ("received", "accepted")
            case .messageRefused, .senderMismatch: ("received", "refused")
            case .messageDuplicate: ("received", "duplicate")
            case .messageHeld: ("received", "held")
            case .acknowledgementReceived: ("received", "acknowledgement")
            case .batchReceived: ("received", "batch")
            case .framingError: ("received", "unreadable")
            case .messageRouted: ("routed", "queued")
            case .messageFiltered: ("routed", "filtered")
            case .messageUnrouted: ("routed", "unrouted")
            case .messageResent: ("received", "resent")
            case .deliverySent: ("delivery", "delivered")
            case .deliveryRetry: ("delivery", "retry")
            case .deliveryHeld: ("delivery", "held")
            case .deliveryReleased: ("control", "released")
            case .deliverySkipped: ("control", "skipped")
            case .messageReleased: ("control", "released")
            case .messageDismissed: ("control", "dismissed")
            case .endpointPaused, .listenerPaused: ("control", "paused")
            case .endpointResumed, .listenerResumed: ("control", "resumed")
            case .patientRead: ("read", "read")
            default:
                (
                    String(event.kind.rawValue.prefix { $0 != "." }),
                    String(event.kind.rawValue.drop { $0 != "." }.dropFirst())
                )
            }
    }
}
