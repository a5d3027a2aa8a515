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
    /// The router is through with everything up to here, so nothing of it can still come in between. What the journal
    /// holds beyond (a message sent again) must wait for what the router has not seen.
    private var routedThrough: Int64
    /// Nothing unsettled lies between `loadedThrough` and `routedThrough`.
    private var isLoaded = false
    private var isLoading = false
    /// What arrived during a read that may not have seen it.
    private var arrivedMeanwhile: [DeliveryWorkers.Arrival] = []
    private(set) package var isPaused = false
    private var isDraining = false
    /// The receiver cannot be reached: nothing is tried before this time, whatever waits.
    private var restsUntil: Int64 = 0
    /// Attempts in a row that did not reach the receiver.
    private var unreached = 0
    /// What the last attempts came to, for state changes in the log: a receiver that is down is said once.
    private var isFailing = false
    /// Looks at the journal after a person did something; only the last one begun counts, since it sees everything.
    private var lookCount = 0
    private var lastLook: [Int64: Int] = [:]
    private var lastPauseLook = 0

    /// Deliveries in memory at most. More are read when none of these can leave.
    private static let windowMax = 100_000
    private static let page = 1_000
    /// Bytes of messages made ready at a time, one message apart.
    private static let batchBytesMax = 8 << 20

    package init(
        name: String, journal: any Journal, configurations: ConfigurationStore, routedThrough: Int64, isPaused: Bool,
        events: Signal, clock: Clock, log: Logger
    ) {
        self.name = name
        self.routedThrough = routedThrough
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
        do {
            while let batch = try await nextBatch(sender.batchMax) {
                try await attempt(batch, with: sender, endpoint)
            }
        } catch {
            await sender.close()
            throw error
        }
        await sender.close()
    }

    /// The seqs to send next; nil when the worker is to stop.
    private func nextBatch(_ limit: Int) async throws -> [Int64]? {
        while !Task.isCancelled, !isDraining {
            let generation = wake.generation
            let now = Clock.monotonic()
            var due = now < restsUntil ? restsUntil : nil
            if !isPaused, due == nil {
                var batch: [Int64] = []
                while batch.count < limit, let seq = lanes.next(now: now) { batch.append(seq) }
                if !batch.isEmpty { return batch }
                if try await loadPage() { continue }
                due = lanes.nextDue()
            }
            let wait = isPaused ? nil : due.map { Duration.microseconds(max(1, $0 - Clock.monotonic())) }
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
        let prepared = try await prepare(batch)
        let sendable = prepared.compactMap { try? $0.outgoing.get() }
        var outcomes: [Int64: SendOutcome] = [:]
        if !sendable.isEmpty {
            for (message, outcome) in zip(sendable, await sender.send(sendable)) { outcomes[message.seq] = outcome }
        }
        noteReachability(outcomes.values, endpoint)
        let milliseconds = Int((Clock.monotonic() - started) / 1000)
        var settlements: [Settlement] = []
        var pauseReason: String?
        for item in prepared {
            let outcome = outcomes[item.seq] ?? Self.unsendable(item.outgoing)
            if case .pauseEndpoint = outcome.decision { pauseReason = "\(outcome.result): \(outcome.text ?? "")" }
            settlements.append(try await settlement(of: item, outcome, milliseconds, endpoint))
        }
        // Before anything is put back, so that no other connection tries it.
        let pauses = pauseReason != nil && !isPaused
        if pauses { isPaused = true }
        if !settlements.isEmpty {
            // TRANSACTION 3
            try await journal.settle(settlements)
        }
        for (item, settlement) in zip(prepared, settlements) { apply(settlement, item) }
        if pauses, let pauseReason {
            try await journal.control(
                Control(.pause(endpoint: name), at: clock.now(), actor: "broker", reason: pauseReason))
            log.error("endpoint paused", metadata: ["reason": "\(pauseReason)"])
            try await lookForPause()
        }
        events.fire()
        wake.fire()
    }

    /// While the receiver cannot be reached, one attempt after another of ever other messages would only fill the log:
    /// the endpoint rests, for ever longer times, and is there again with the first answer.
    private func noteReachability(_ outcomes: some Collection<SendOutcome>, _ endpoint: Endpoint) {
        guard !outcomes.isEmpty else { return }
        let now = Clock.monotonic()
        let wish = outcomes.compactMap { outcome -> Duration? in
            if case .retry(let wish) = outcome.decision { return wish }
            return nil
        }.max()
        if outcomes.contains(where: { !$0.isUnreached }) {
            if unreached > 0 { restsUntil = 0 }
            unreached = 0
            if let wish { restsUntil = max(restsUntil, now + wish.microseconds) }
        } else if now >= restsUntil {
            // Several connections that fail together count once.
            unreached += 1
            let delay = endpoint.retry.delay(after: unreached, jitter: .random(in: 0..<1))
            restsUntil = now + max(delay, wish ?? .zero).microseconds
        }
    }

    private static func unsendable(_ result: Result<OutgoingMessage, OutgoingError>) -> SendOutcome {
        switch result {
        case .success: SendOutcome(.retry(after: nil), result: "not sent", text: "the sender gave no outcome")
        case .failure(let error): SendOutcome(.hold, result: "not sent", text: error.description)
        }
    }

    /// Reads deliveries and makes their bytes; leaves out what a person has settled or held since.
    private func prepare(_ batch: [Int64]) async throws -> [Prepared] {
        var prepared: [Prepared] = []
        var bytes = 0
        for seq in batch {
            guard bytes < Self.batchBytesMax else {
                lanes.putBack(seq, due: 0)
                continue
            }
            guard let delivery = try await journal.delivery(seq, endpoint: name), !delivery.state.isSettled,
                let entry = try await journal.entry(seq)
            else {
                lanes.settled(seq)
                continue
            }
            guard delivery.state == .queued else {
                lanes.putBack(seq, due: 0, isHeld: true)
                continue
            }
            let outgoing = try await outgoing(delivery, entry)
            if case .success(let message) = outgoing { bytes += message.bytes.count }
            prepared.append(Prepared(seq: seq, delivery: delivery, entry: entry, outgoing: outgoing))
        }
        return prepared
    }

    private func outgoing(
        _ delivery: Delivery, _ entry: JournalEntry
    ) async throws -> Result<OutgoingMessage, OutgoingError> {
        guard let body = try await journal.body(entry.seq) else {
            return .failure(OutgoingError("the message is no longer kept (retention)"))
        }
        let configuration = try await configurations.configuration(hash: delivery.configuration)
        return await Self.build(configuration, name, entry, body)
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
    ) async throws -> Settlement {
        let attempt = item.delivery.attempts + 1
        let now = clock.now()
        let reason = [outcome.result, outcome.text].compactMap { $0 }.joined(separator: ": ")
        func retry(_ wish: Duration?) -> (Settlement.Outcome, AuditEvent.Kind) {
            var delay = endpoint.retry.delay(after: attempt, jitter: .random(in: 0..<1))
            if outcome.isUnreached { delay = .microseconds(max(0, restsUntil - Clock.monotonic())) }
            return (.retry(nextTry: now + max(wish ?? .zero, delay).microseconds, reason: reason), .deliveryRetry)
        }
        let result: (outcome: Settlement.Outcome, kind: AuditEvent.Kind)
        switch outcome.decision {
        case .done: result = (delivered(item, outcome, endpoint), .deliverySent)
        case .hold: result = (.held(reason: reason), .deliveryHeld)
        case .retry(let wish): result = retry(wish)
        case .retryThenHold(let times):
            // Attempts that failed otherwise, such as while the receiver was away, are not counted.
            let same = try await journal.attempts(of: item.seq).count {
                $0.endpoint == name && $0.result == outcome.result
            }
            result = same < times ? retry(nil) : (.held(reason: reason), .deliveryHeld)
        case .pauseEndpoint: result = (.retry(nextTry: now, reason: reason), .deliveryRetry)
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
        if isLoading { arrivedMeanwhile += arrivals }
        let keysOf = laneKeys
        for arrival in arrivals {
            let fits = isLoaded && lanes.count < windowMax
            if fits || arrival.seq <= loadedThrough {
                lanes.add(arrival.seq, keys: keysOf(arrival.laneKeys))
                loadedThrough = max(loadedThrough, arrival.seq)
            } else {
                isLoaded = false
            }
            routedThrough = max(routedThrough, arrival.seq)
        }
        wake.fire()
    }

    /// The router is through with everything up to here.
    package func routed(through seq: Int64) {
        routedThrough = max(routedThrough, seq)
        wake.fire()
    }

    private var order: Endpoint.Order { configurations.current.endpoint(name)?.order ?? .patient }

    /// In a strict queue only the first can leave, so that more of it in memory is of no use.
    private var windowMax: Int { order == .strict ? 2 * Self.page : Self.windowMax }

    private var laneKeys: ([UInt64]) -> [UInt64] {
        switch order {
        case .patient: { $0 }
        case .strict: { _ in [0] }
        case .none: { _ in [] }
        }
    }

    /// Reads the next page of the queue.
    ///
    /// - Returns: false if there is no more, or no room for it, or another connection is reading.
    private func loadPage() async throws -> Bool {
        guard !isLoaded, !isLoading, loadedThrough < routedThrough, lanes.count + Self.page <= windowMax else {
            return false
        }
        isLoading = true
        defer { isLoading = false }
        let target = routedThrough
        let page = try await journal.deliveries(
            endpoint: name, after: loadedThrough, limit: Self.page, states: [.queued, .held])
        let (keysOf, wall, monotonic) = (laneKeys, clock.now(), Clock.monotonic())
        for delivery in page where delivery.seq <= target {
            let wait = max(0, (delivery.nextTry ?? 0) - wall)
            lanes.add(
                delivery.seq, keys: keysOf(delivery.laneKeys), due: wait > 0 ? monotonic + wait : 0,
                isHeld: delivery.state == .held)
        }
        let last = page.count < Self.page ? target : min(page.last?.seq ?? target, target)
        loadedThrough = max(loadedThrough, last)
        for arrival in arrivedMeanwhile where arrival.seq <= loadedThrough {
            lanes.add(arrival.seq, keys: keysOf(arrival.laneKeys))
        }
        arrivedMeanwhile = []
        isLoaded = loadedThrough >= routedThrough
        wake.fire()
        return true
    }

    // MARK: What people do

    /// Looks what a person made of a delivery.
    package func look(at seq: Int64) async throws(JournalError) {
        lookCount += 1
        let look = lookCount
        lastLook[seq] = look
        let delivery = try await journal.delivery(seq, endpoint: name)
        guard lastLook[seq] == look else { return }
        lastLook[seq] = nil
        switch delivery?.state {
        case .queued:
            lanes.release(seq)
            restsUntil = 0
        case .held: lanes.hold(seq)
        case .skipped: lanes.skip(seq)
        case .delivered, nil: break
        }
        wake.fire()
    }

    /// Looks whether a person paused or resumed the endpoint.
    package func lookForPause() async throws(JournalError) {
        lookCount += 1
        let look = lookCount
        lastPauseLook = look
        let pauses = try await journal.pauses()
        guard lastPauseLook == look else { return }
        isPaused = pauses.contains { $0.endpoint == name }
        wake.fire()
    }
}
