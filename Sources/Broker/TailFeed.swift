package import Auditing
import Journaling

/// The routing log, live: the audit events in order, from a number on, until the journal is closed.
///
///     for try await page in TailFeed(broker: broker, after: 41_800, filter: filter) { … }
///
/// It reads pages of the journal and waits between them, so a slow reader costs no memory and misses nothing. A page
/// comes also when there was nothing for a while, so that the reader can tell that it is still there.
package struct TailFeed: AsyncSequence, Sendable {
    package typealias Element = TailPage

    private let broker: Broker
    private let after: Int64
    private let filter: TailFilter
    private let follows: Bool
    private let quietMax: Duration

    /// - Parameters:
    ///   - after: the number of the last event not wanted.
    ///   - follows: false to end at the last event there is.
    ///   - quietMax: how long nothing may happen until a page without events comes.
    package init(
        broker: Broker, after: Int64, filter: TailFilter = TailFilter(), follows: Bool = true,
        quietMax: Duration = .seconds(15)
    ) {
        self.broker = broker
        self.after = after
        self.filter = filter
        self.follows = follows
        self.quietMax = quietMax
    }

    package func makeAsyncIterator() -> Iterator {
        Iterator(
            broker: broker, filter: filter, follows: follows, quietMax: quietMax.microseconds, last: after,
            access: broker.accessChanged.generation)
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let broker: Broker
        fileprivate let filter: TailFilter
        fileprivate let follows: Bool
        fileprivate let quietMax: Int64
        fileprivate var last: Int64
        fileprivate var access: UInt64
        /// When the journal was last read and a page was given, monotonic microseconds.
        fileprivate var readAt = Clock.monotonic()
        fileprivate var givenAt = Clock.monotonic()
        /// What was there when the reader came is given without a pause.
        fileprivate var hasCaughtUp = false

        private static let pageMax = 500
        /// Between two looks at the journal: many events a second are read together.
        private static let interval: Int64 = 50_000

        package mutating func next() async throws -> TailPage? {
            while !Task.isCancelled {
                if hasCaughtUp { try await Task.sleep(for: .microseconds(readAt + Self.interval - Clock.monotonic())) }
                let generation = broker.events.generation
                readAt = Clock.monotonic()
                guard let events = try await events() else { return nil }
                hasCaughtUp = follows && events.count < Self.pageMax
                last = events.last?.number ?? last
                let wanted = events.filter(filter.matches)
                if !wanted.isEmpty || isDue() {
                    givenAt = Clock.monotonic()
                    return TailPage(events: wanted, last: last)
                }
                guard events.isEmpty else { continue }
                guard follows else { return nil }
                await broker.events.wait(since: generation, atMost: .microseconds(givenAt + quietMax - readAt))
            }
            return nil
        }

        /// The next page; nil: the broker has ended.
        private func events() async throws(JournalError) -> [AuditEvent]? {
            do {
                return try await broker.journal.events(after: last, limit: Self.pageMax)
            } catch let error where error.code == .closed {
                return nil
            }
        }

        /// Nothing was given for long, or somebody may see less than before.
        private mutating func isDue() -> Bool {
            let now = broker.accessChanged.generation
            defer { access = now }
            return follows && (now != access || readAt - givenAt >= quietMax)
        }
    }
}

/// Events that came together.
package struct TailPage: Sendable {
    /// Those that are wanted; none: nothing was for a while, or the reader shall see whether it still may read.
    package var events: [AuditEvent]
    /// The number of the last event looked at, wanted or not.
    package var last: Int64
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
    /// Only what became of messages: see ``RoutingStep/isRouting``.
    package var isRoutingOnly: Bool

    package init(
        provider: String? = nil, route: String? = nil, type: String? = nil, state: String? = nil, seq: Int64? = nil,
        step: String? = nil, isRoutingOnly: Bool = false
    ) {
        self.step = step
        self.isRoutingOnly = isRoutingOnly
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
        return !isRoutingOnly || RoutingStep(event).isRouting
    }
}

/// An event as a step of a message's way: what `tail` and `trace` show.
package struct RoutingStep: Hashable, Sendable {
    /// `received`, `routed`, `delivery`, `control`, `broker`, `read`
    package var step: String
    /// `accepted`, `refused`, `duplicate`, `queued`, `filtered`, `unrouted`, `retry`, `held`, `delivered`, `skipped`, …
    package var state: String
    package var event: AuditEvent

    /// What became of a message, rather than who read it, signed in or changed something: nothing about a patient.
    package var isRouting: Bool { Self.routing.contains(step) }

    private static let routing: Set<String> = ["received", "routed", "delivery", "control"]

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
