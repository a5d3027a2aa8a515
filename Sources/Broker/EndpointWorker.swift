import Auditing
import Crypto
import HL7
package import Interfaces
package import Journaling
package import Logging

/// Delivers to one endpoint: takes what is at its turn, makes it ready, sends it and settles it.
///
///     next(lane) → edit / map → sender.send → outcome → journal.settle      TRANSACTION 3
///
/// Holds a window of the queue in memory, always its oldest part, so that order is kept however long the queue is.
package actor EndpointWorker {
    private let name: String
    private let journal: any Journal
    private let configurations: ConfigurationStore
    private let events: Signal
    private let clock: Clock
    private let log: Logger
    private let wake = Signal()

    private var lanes = LaneScheduler()
    /// Everything up to here is in `lanes` or settled.
    private var loadedThrough: Int64 = 0
    /// Nothing unsettled lies beyond `loadedThrough`.
    private var isLoaded = false
    /// The last seq that arrived while it could not be taken in.
    private var announced: Int64 = 0
    private var isLoading = false
    private(set) package var isPaused = false
    private var isDraining = false
    /// What the last attempts came to, for state changes in the log: a receiver that is down is said once.
    private var isFailing = false

    /// Deliveries held in memory at most, held ones apart.
    private static let windowMax = 10_000
    private static let page = 1_000

    package init(
        name: String, journal: any Journal, configurations: ConfigurationStore, isPaused: Bool, events: Signal,
        clock: Clock, log: Logger
    ) {
        self.name = name
        self.journal = journal
        self.configurations = configurations
        self.isPaused = isPaused
        self.events = events
        self.clock = clock
        var log = log
        log[metadataKey: "endpoint"] = "\(name)"
        self.log = log
    }

    // MARK: Running

    /// Delivers until the task is cancelled.
    ///
    /// - Throws: ``JournalError`` if outcomes can no longer be stored.
    package func run() async throws {
        guard let endpoint = configurations.current.endpoint(name) else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, endpoint.connections) {
                group.addTask { try await self.deliver(as: endpoint) }
            }
            defer { group.cancelAll() }
            // The first error ends them all; without one they end together.
            try await group.waitForAll()
        }
    }

    /// Lets what is under way finish, and begins nothing more.
    package func drain() {
        isDraining = true
        wake.fire()
    }

    /// One connection's loop.
    private func deliver(as endpoint: Endpoint) async throws {
        let sender: any Sender
        do {
            sender = try await SenderFactory.make(endpoint)
        } catch {
            log.error("endpoint cannot be used", metadata: ["error": "\(error)"])
            // Its deliveries stay queued; a person sees why in the log and in `check`.
            while !Task.isCancelled, !isDraining { await wake.wait(since: wake.generation) }
            return
        }
        while let batch = try await nextBatch(sender.batchMax, endpoint) {
            try await attempt(batch, with: sender, endpoint)
        }
        await sender.close()
    }

    /// The seqs to send next; nil when the worker is to stop.
    private func nextBatch(_ limit: Int, _ endpoint: Endpoint) async throws -> [Int64]? {
        while !Task.isCancelled, !isDraining {
            let generation = wake.generation
            if !isPaused {
                try await loadIfNeeded(endpoint)
                var batch: [Int64] = []
                let now = Clock.monotonic()
                while batch.count < limit, let seq = lanes.next(now: now) { batch.append(seq) }
                if !batch.isEmpty { return batch }
            }
            let due = isPaused ? nil : lanes.nextDue()
            let wait = due.map { Duration.microseconds(max(1, $0 - Clock.monotonic())) }
            await wake.wait(since: generation, atMost: wait)
        }
        return nil
    }

    // MARK: One attempt

    private struct Prepared: Sendable {
        var seq: Int64
        var delivery: Delivery
        var entry: JournalEntry
        var outgoing: Result<OutgoingMessage, OutgoingError>
    }

    private func attempt(_ batch: [Int64], with sender: any Sender, _ endpoint: Endpoint) async throws {
        let started = Clock.monotonic()
        var prepared: [Prepared] = []
        for seq in batch {
            if let item = try await prepare(seq) { prepared.append(item) } else { lanes.settled(seq) }
        }
        let sendable = prepared.compactMap { try? $0.outgoing.get() }
        var outcomes: [Int64: SendOutcome] = [:]
        if !sendable.isEmpty {
            for (message, outcome) in zip(sendable, await sender.send(sendable)) { outcomes[message.seq] = outcome }
        }
        let milliseconds = Int((Clock.monotonic() - started) / 1000)
        var settlements: [Settlement] = []
        var pauseReason: String?
        for item in prepared {
            let outcome = outcomes[item.seq] ?? Self.unsendable(item.outgoing)
            if case .pauseEndpoint = outcome.decision { pauseReason = "\(outcome.result): \(outcome.text ?? "")" }
            settlements.append(settlement(of: item, outcome, milliseconds, endpoint))
        }
        if !settlements.isEmpty {
            // TRANSACTION 3
            try await journal.settle(settlements)
        }
        for (item, settlement) in zip(prepared, settlements) { apply(settlement, item) }
        if let pauseReason, !isPaused {
            try await journal.control(
                Control(.pause(endpoint: name), at: clock.now(), actor: "broker", reason: pauseReason))
            isPaused = true
            log.error("endpoint paused", metadata: ["reason": "\(pauseReason)"])
        }
        events.fire()
        wake.fire()
    }

    private static func unsendable(_ result: Result<OutgoingMessage, OutgoingError>) -> SendOutcome {
        switch result {
        case .success: SendOutcome(.retry(after: nil), result: "not sent", text: "the sender gave no outcome")
        case .failure(let error): SendOutcome(.hold, result: "not sent", text: error.description)
        }
    }

    /// Reads the delivery and makes its bytes; nil if it is settled already.
    private func prepare(_ seq: Int64) async throws -> Prepared? {
        guard let delivery = try await journal.delivery(seq, endpoint: name), !delivery.state.isSettled,
            let entry = try await journal.entry(seq)
        else { return nil }
        guard let body = try await journal.body(seq) else {
            return Prepared(
                seq: seq, delivery: delivery, entry: entry,
                outgoing: .failure(OutgoingError("the message is no longer kept (retention)")))
        }
        let configuration = try await configurations.configuration(hash: delivery.configuration)
        let outgoing = await Self.build(configuration, name, entry, body)
        return Prepared(seq: seq, delivery: delivery, entry: entry, outgoing: outgoing)
    }

    /// Off the actor: mapping takes its time.
    @concurrent
    private nonisolated static func build(
        _ configuration: Configuration, _ name: String, _ entry: JournalEntry, _ body: [UInt8]
    ) async -> Result<OutgoingMessage, OutgoingError> {
        guard let endpoint = configuration.endpoint(name) else {
            return .failure(OutgoingError("the configuration that routed it has no such endpoint any more"))
        }
        do throws(OutgoingError) {
            return .success(
                try OutgoingBuilder(configuration: configuration, endpoint: endpoint).build(entry, body: body))
        } catch { return .failure(error) }
    }

    private func settlement(
        of item: Prepared, _ outcome: SendOutcome, _ milliseconds: Int, _ endpoint: Endpoint
    ) -> Settlement {
        let attempt = item.delivery.attempts + 1
        let now = clock.now()
        let reason = [outcome.result, outcome.text].compactMap { $0 }.joined(separator: ": ")
        func retry(_ wish: Duration?) -> (Settlement.Outcome, AuditEvent.Kind) {
            let delay = max(wish ?? .zero, endpoint.retry.delay(after: attempt, jitter: .random(in: 0..<1)))
            return (.retry(nextTry: now + delay.microseconds, reason: reason), .deliveryRetry)
        }
        let result: (outcome: Settlement.Outcome, kind: AuditEvent.Kind) =
            switch outcome.decision {
            case .done: (delivered(item, outcome, endpoint), .deliverySent)
            case .hold: (.held(reason: reason), .deliveryHeld)
            case .retry(let wish): retry(wish)
            case .retryThenHold(let times): attempt <= times ? retry(nil) : (.held(reason: reason), .deliveryHeld)
            case .pauseEndpoint: (.retry(nextTry: now, reason: reason), .deliveryRetry)
            }
        var event = AuditEvent(
            result.kind, at: now, seq: item.seq, provider: item.entry.provider, endpoint: name,
            route: item.delivery.route, type: item.entry.type, controlId: item.entry.controlId,
            milliseconds: milliseconds)
        event.text = reason
        return Settlement(
            seq: item.seq, endpoint: name, outcome: result.outcome, at: now, milliseconds: milliseconds,
            result: outcome.result, text: outcome.text, event: event, isUrgent: lanes.hasFollower(item.seq))
    }

    private func delivered(_ item: Prepared, _ outcome: SendOutcome, _ endpoint: Endpoint) -> Settlement.Outcome {
        // Delivered means that something was sent, so the bytes are there.
        let bytes = (try? item.outgoing.get().bytes) ?? []
        return .delivered(
            sentSHA256: Array(SHA256.hash(data: bytes)), sent: endpoint.keepsSent ? bytes : nil, answer: outcome.answer)
    }

    private func apply(_ settlement: Settlement, _ item: Prepared) {
        switch settlement.outcome {
        case .delivered:
            lanes.settled(item.seq)
            if isFailing {
                isFailing = false
                log.notice("delivering again")
            }
        case .retry(let nextTry, let reason):
            lanes.putBack(item.seq, due: Clock.monotonic() + max(0, nextTry - settlement.at))
            if !isFailing {
                isFailing = true
                log.warning("delivery fails, trying again", metadata: ["seq": "\(item.seq)", "reason": "\(reason)"])
            }
        case .held(let reason):
            lanes.putBack(item.seq, due: 0, isHeld: true)
            log.warning("delivery held", metadata: ["seq": "\(item.seq)", "reason": "\(reason)"])
        }
    }

    // MARK: The queue

    /// Deliveries that the router made, in seq order.
    package func arrived(_ arrivals: [DeliveryWorkers.Arrival]) {
        let keysOf = laneKeys
        for arrival in arrivals {
            let fits = isLoaded && lanes.count - lanes.heldCount < Self.windowMax
            if fits || arrival.seq <= loadedThrough {
                lanes.add(arrival.seq, keys: keysOf(arrival.laneKeys))
                loadedThrough = max(loadedThrough, arrival.seq)
            } else {
                isLoaded = false
                announced = max(announced, arrival.seq)
            }
        }
        wake.fire()
    }

    private var laneKeys: ([UInt64]) -> [UInt64] {
        switch configurations.current.endpoint(name)?.order ?? .patient {
        case .patient: { $0 }
        case .strict: { _ in [0] }
        case .none: { _ in [] }
        }
    }

    private func loadIfNeeded(_ endpoint: Endpoint) async throws {
        guard !isLoaded, !isLoading, lanes.count - lanes.heldCount < Self.windowMax / 2 else { return }
        isLoading = true
        defer { isLoading = false }
        let keysOf = laneKeys
        while lanes.count - lanes.heldCount < Self.windowMax {
            let target = announced
            let page = try await journal.deliveries(
                endpoint: name, after: loadedThrough, limit: Self.page, states: [.queued, .held])
            let (wall, monotonic) = (clock.now(), Clock.monotonic())
            for delivery in page {
                let wait = max(0, (delivery.nextTry ?? 0) - wall)
                lanes.add(
                    delivery.seq, keys: keysOf(delivery.laneKeys), due: wait > 0 ? monotonic + wait : 0,
                    isHeld: delivery.state == .held)
                loadedThrough = max(loadedThrough, delivery.seq)
            }
            // What arrived during the read may lie beyond it.
            if page.count < Self.page, announced == target || announced <= loadedThrough {
                isLoaded = true
                break
            }
        }
        wake.fire()
    }

    // MARK: What people do

    package func hold(_ seq: Int64) { lanes.hold(seq) }

    package func release(_ seq: Int64) {
        lanes.release(seq)
        wake.fire()
    }

    package func skip(_ seq: Int64) {
        lanes.skip(seq)
        wake.fire()
    }

    package func pause() { isPaused = true }

    package func resume() {
        isPaused = false
        wake.fire()
    }
}
