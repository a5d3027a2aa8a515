import Auditing

// What an outcome or a person's decision makes of a delivery: the same for every journal.

extension Settlement {
    struct Change {
        var state: DeliveryState
        var nextTry: Int64?
        var reason: String?
        var keepsReason = false
    }

    /// What the outcome makes of a delivery that is in `state` now. A state set by a person meanwhile stays,
    /// unless the message was delivered after all.
    func change(of state: DeliveryState) -> Change {
        switch outcome {
        case .delivered: Change(state: .delivered)
        case _ where state != .queued: Change(state: state, keepsReason: true)
        case .retry(let nextTry, let reason): Change(state: .queued, nextTry: nextTry, reason: reason)
        case .held(let reason): Change(state: .held, reason: reason)
        }
    }

    func filledEvent(attempt: Int) -> AuditEvent {
        var event = event
        event.seq = seq
        event.endpoint = endpoint
        event.attempt = attempt
        return event
    }
}

extension Control {
    var filledEvent: AuditEvent {
        var event = event
        event.seq = operation.seq
        if let listener = operation.endpoint.flatMap(Pause.listener) {
            event.listener = listener
        } else {
            event.endpoint = operation.endpoint
        }
        event.text = event.text ?? reason
        return event
    }
}

extension Control.Operation {
    var seq: Int64? {
        switch self {
        case .hold(let seq, _), .release(let seq, _), .skip(let seq, _), .releaseEntry(let seq),
            .dismissEntry(let seq):
            seq
        case .pause, .resume: nil
        }
    }

    var endpoint: String? {
        switch self {
        case .hold(_, let endpoint), .release(_, let endpoint), .skip(_, let endpoint), .pause(let endpoint, _),
            .resume(let endpoint):
            endpoint
        case .releaseEntry, .dismissEntry: nil
        }
    }

    var until: Int64? { if case .pause(_, let until) = self { until } else { nil } }

    var name: String {
        switch self {
        case .hold: "hold"
        case .release: "release"
        case .skip: "skip"
        case .pause: "pause"
        case .resume: "resume"
        case .releaseEntry: "releaseEntry"
        case .dismissEntry: "dismissEntry"
        }
    }

    /// The state a delivery takes on. Releasing a queued one makes its next try due.
    func state(after state: DeliveryState) throws(JournalError) -> DeliveryState {
        switch (self, state) {
        case (.hold, .queued): return .held
        case (.release, .held), (.release, .queued): return .queued
        case (.skip, .queued), (.skip, .held): return .skipped
        default:
            throw JournalError(
                .conflict, "delivery \(seq ?? 0) to \(endpoint ?? "") is \(state), so \(name) does nothing to it")
        }
    }
}
