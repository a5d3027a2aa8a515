import Interfaces
import Journaling
import Logging

/// Outcomes of one endpoint on their way to the journal.
struct SettlementQueue {
    private var waiting: [SettledAttempt] = []
    private var urgent = 0
    private var storing = 0
    /// No more will come.
    var isComplete = false

    /// Outcomes that may wait to be stored before connections stop sending.
    private static let waitingMax = 1_000

    var hasRoom: Bool { waiting.count + storing < Self.waitingMax }
    var isEmpty: Bool { waiting.isEmpty }
    /// A lane waits for one of them.
    var hasUrgent: Bool { urgent > 0 }

    mutating func add(_ attempt: SettledAttempt) {
        waiting.append(attempt)
        if attempt.settlement.isUrgent { urgent += 1 }
    }

    /// All that wait: they become one transaction.
    mutating func takeAll() -> [SettledAttempt] {
        defer { waiting.removeAll(keepingCapacity: true) }
        urgent = 0
        storing += waiting.count
        return waiting
    }

    mutating func stored(_ count: Int) { storing -= count }
}

extension EndpointWorker {
    /// Hands the outcome of an attempt to the settlers.
    func conclude(
        _ job: DeliveryJob, _ outcome: SendOutcome, sent: OutgoingMessage?, _ milliseconds: Int
    ) async throws {
        var earlier = 0
        if case .retryThenHold = outcome.decision {
            // Attempts that failed otherwise, such as while the receiver was away, are not counted.
            earlier = try await journal.attempts(of: job.seq).count {
                $0.endpoint == endpoint.name && ($0.result == outcome.result || outcome.alike.contains($0.result))
            }
        }
        let attempt = job.settlement(
            outcome, at: endpoint, sent: sent, now: clock.now(), milliseconds: milliseconds, earlierLikeThis: earlier,
            rest: .microseconds(max(0, reachability.restsUntil - Clock.monotonic())),
            isUrgent: queue.lanes.hasFollower(job.seq))
        // Before anything is put back, so that no other connection tries it.
        if attempt.pauses != nil { isPaused = true }
        outcomes.add(attempt)
        settlers.any.wake()
        if attempt.settlement.isUrgent { settlers.urgent.wake() }
    }

    /// Stores outcomes until the connections have ended and nothing is left. While one settler waits for company in
    /// the journal, the other takes what a lane waits for.
    func settle(onlyUrgent: Bool) async throws {
        while true {
            if onlyUrgent ? outcomes.hasUrgent : !outcomes.isEmpty {
                let batch = outcomes.takeAll()
                try await store(batch)
                outcomes.stored(batch.count)
                for reason in batch.lazy.compactMap(\.pauses).prefix(1) { try await pause(because: reason) }
                idle.wake(batch.count)
                events.fire()
            } else if outcomes.isComplete {
                return
            } else {
                await (onlyUrgent ? settlers.urgent : settlers.any).wait()
            }
        }
    }

    /// TRANSACTION 3. One outcome that the journal does not take, because that delivery is settled already, keeps
    /// neither the others nor the broker from going on.
    private func store(_ batch: [SettledAttempt]) async throws(JournalError) {
        do throws(JournalError) {
            try await journal.settle(batch.map(\.settlement))
            for attempt in batch { apply(attempt) }
        } catch {
            guard error.code == .conflict || error.code == .notFound else { throw error }
            guard let attempt = batch.first else { return }
            guard batch.count == 1 else {
                for attempt in batch { try await store([attempt]) }
                return
            }
            log.error(
                "an outcome was not stored",
                metadata: ["seq": "\(attempt.settlement.seq)", "error": "\(error)"])
            queue.settled(attempt.settlement.seq)
        }
    }

    private func apply(_ attempt: SettledAttempt) {
        let settlement = attempt.settlement
        let seq = settlement.seq
        switch settlement.outcome {
        case .delivered:
            queue.settled(seq)
            if reachability.isChanged(isFailing: false) { log.notice("delivering again") }
        case .retry(let nextTry, let reason):
            queue.putBack(seq, due: Clock.monotonic() + max(0, nextTry - settlement.at))
            // A receiver that is away is said once, when the breaker opens.
            if !attempt.isUnreached, reachability.isChanged(isFailing: true) {
                log.warning("delivery fails, trying again", metadata: ["seq": "\(seq)", "reason": "\(reason)"])
            }
        case .held(let reason):
            queue.putBack(seq, due: 0, isHeld: true)
            log.warning("delivery held", metadata: ["seq": "\(seq)", "reason": "\(reason)"])
        }
    }

    private func pause(because reason: String) async throws(JournalError) {
        guard try await !journal.pauses().contains(where: { $0.endpoint == endpoint.name }) else { return }
        try await journal.control(
            Control(.pause(endpoint: endpoint.name), at: clock.now(), actor: "broker", reason: reason))
        log.error("endpoint paused", metadata: ["reason": "\(reason)"])
        try await lookForPause()
    }
}
