import HL7
import Interfaces
import Journaling
import Logging
import MLLP

/// Delivers to one endpoint: takes what is at its turn, makes it ready, sends it and settles it.
///
///     connections:  next(lane) → edit / map → sender.send → outcome ─┐
///     settlers:     journal.settle ← all outcomes that wait ─────────┘      TRANSACTION 3
///
/// A connection goes on with another lane while an outcome is being stored; the lane of that outcome waits for it, so a
/// crash repeats at most one delivery of a lane. Lives on the event loop of its connections: from one answer to the
/// next message there is no change of thread.
actor EndpointWorker {
    let endpoint: Endpoint
    /// As they were when its connections were made.
    nonisolated let certificates: CertificateFiles
    let journal: any Journal
    let events: Signal
    let clock: Clock
    let log: Logger
    private let configurations: ConfigurationStore
    /// Told about application acknowledgements that come on its connections.
    private let onAcknowledgment: @Sendable ([UInt8]) -> Void
    nonisolated private let eventLoop = EventLoops.shared.one()
    nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor }

    var queue: QueueWindow
    var reachability: Reachability
    var isPaused: Bool
    private var bucket: TokenBucket?
    private let shared: SharedSending
    /// Connections without work.
    nonisolated let idle = Waiters()
    /// Made ready to be taken by a connection; running.
    private var taken: [DeliveryJob] = []
    private var builder: OutgoingBuilder?
    /// Outcomes that wait to be stored, and those being stored.
    var outcomes = SettlementQueue()
    let settlers = (any: Waiters(), urgent: Waiters())
    private var alarmAt: Int64?
    private let alarm = Signal()
    /// Looks at the journal after a person did something; only the last one begun counts, since it sees everything.
    var lookCount = 0
    var lastLook: [Int64: Int] = [:]
    var lastPauseLook = 0

    /// How often the time of day is looked at in a daily pause, in microseconds.
    private static let clockLookInterval: Int64 = 60_000_000
    /// Longer messages are made ready on another thread.
    private static let inlineBytesMax = 64 << 10

    init(
        _ endpoint: Endpoint, journal: any Journal, configurations: ConfigurationStore, routedThrough: Int64,
        cutOffThrough: Int64, cacheBytesMax: Int, isPaused: Bool, events: Signal, clock: Clock, log: Logger,
        onAcknowledgment: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) {
        self.endpoint = endpoint
        certificates = CertificateFiles(of: endpoint)
        self.onAcknowledgment = onAcknowledgment
        self.journal = journal
        self.configurations = configurations
        self.isPaused = isPaused
        self.events = events
        self.clock = clock
        queue = QueueWindow(
            order: endpoint.order, routedThrough: routedThrough, cutOffThrough: cutOffThrough,
            jobsCostMax: cacheBytesMax)
        reachability = Reachability(retry: endpoint.retry, failuresMax: endpoint.breaker)
        bucket = endpoint.rate.map { TokenBucket(perSecond: $0) }
        var log = log
        log[metadataKey: "endpoint"] = "\(endpoint.name)"
        self.log = log
        shared = SharedSending(endpoint) { [log] address in
            log.notice("another address is in use", metadata: ["address": "\(address)"])
        }
    }

    // MARK: Running

    /// Delivers until the task is cancelled, or ``drain()``.
    ///
    /// - Throws: ``JournalError`` if outcomes can no longer be stored.
    func run() async throws {
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.keepTime() }
                group.addTask { try await self.settle(onlyUrgent: false) }
                group.addTask { try await self.settle(onlyUrgent: true) }
                group.addTask { try await self.serveConnections() }
                defer {
                    drain()
                    group.cancelAll()
                }
                // The first error ends them all; without one they end together.
                while try await group.next() != nil {}
            }
        } onCancel: {
            idle.close()
        }
    }

    /// Lets what is under way finish, and begins nothing more.
    func drain() {
        idle.close()
        alarm.fire()
    }

    /// Ends with its last outcome in ``outcomes``.
    private func serveConnections() async throws {
        defer {
            drain()
            outcomes.isComplete = true
            settlers.any.close()
            settlers.urgent.close()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, endpoint.connections) { group.addTask { try await self.serve() } }
            defer { drain() }
            while try await group.next() != nil {}
        }
    }

    /// One connection's loop.
    private func serve() async throws {
        guard let sender = await makeSender() else { return }
        do {
            while let turn = try await nextTurn(sender.batchMax) { try await attempt(turn, with: sender) }
        } catch {
            await sender.close()
            throw error
        }
        await sender.close()
    }

    /// Reads certificates and keys, again and again until they can be used; nil when the worker is to stop.
    private func makeSender() async -> (any Sender)? {
        while !idle.isClosed {
            do {
                return try await SenderFactory.make(
                    endpoint, sharing: shared, on: eventLoop, onAcknowledgment: onAcknowledgment)
            } catch {
                log.error("endpoint cannot be used, trying again", metadata: ["error": "\(error)"])
                let outcome = SendOutcome(.retry(after: nil), result: "not sent", isUnreached: true)
                let news = reachability.note([outcome], now: Clock.monotonic(), jitter: .random(in: 0..<1))
                if let news { tell(news, outcome) }
            }
            // Not among the idle, whom work is given to.
            while !idle.isClosed, !Task.isCancelled {
                let generation = alarm.generation
                let wait = reachability.restsUntil - Clock.monotonic()
                guard wait > 0 else { break }
                await alarm.wait(since: generation, atMost: .microseconds(wait))
            }
        }
        return nil
    }

    // MARK: What is next

    /// Deliveries to make now.
    private struct Turn {
        var jobs: [DeliveryJob]
        /// It tries for all others, since the receiver was away.
        var isProbe: Bool
    }

    /// The deliveries to make next; nil when the worker is to stop.
    private func nextTurn(_ limit: Int) async throws -> Turn? {
        while !idle.isClosed {
            let now = Clock.monotonic()
            var due = restEnd(now)
            if !isPaused, due == nil, !reachability.isClosedToOthers, outcomes.hasRoom {
                let hasRead = try await take(room(limit, now), now: now)
                // Another connection may have gone ahead meanwhile.
                let count = taken.count
                let jobs = reachability.isClosedToOthers ? [] : popTaken(room(limit, now))
                if !jobs.isEmpty {
                    bucket?.take(jobs.count)
                    let isProbe = reachability.isOpen
                    if isProbe { reachability.beginProbe() }
                    return Turn(jobs: jobs, isProbe: isProbe)
                }
                // What came while the journal was read woke nobody, nor did what waited behind one that was dropped.
                if hasRead || taken.count < count { continue }
                if try await loadPage() { continue }
                if queue.park() { continue }
                due = queue.nextDue()
            }
            if let due, !isPaused { wake(at: due) }
            await idle.wait()
        }
        return nil
    }

    /// When the endpoint may send again, if it may not now: its receiver was away, it is the time of its daily pause, or
    /// it has sent as much as it may.
    private func restEnd(_ now: Int64) -> Int64? {
        if now < reachability.restsUntil { return reachability.restsUntil }
        if let window = endpoint.pauseWindow {
            let wall = clock.now()
            // The clock may be set meanwhile.
            if let end = window.end(at: wall) { return now + min(end - wall, Self.clockLookInterval) }
        }
        if bucket?.available(now: now) == 0 { return bucket?.nextTime(now: now) }
        return nil
    }

    /// How many of `limit` may leave at once.
    private func room(_ limit: Int, _ now: Int64) -> Int {
        if reachability.isOpen { return 1 }
        return min(limit, bucket?.available(now: now) ?? limit)
    }

    /// Moves what is at its turn to `taken`, reading what is not in memory.
    ///
    /// - Returns: whether it has read.
    private func take(_ limit: Int, now: Int64) async throws -> Bool {
        guard taken.count < limit else { return false }
        let (jobs, unread) = queue.take(limit - taken.count, now: now)
        taken += jobs
        guard !unread.isEmpty else { return false }
        if !jobs.isEmpty { idle.wake(jobs.count) }
        let ahead = queue.ahead(of: unread)
        var missing = Set(unread)
        for one in try await journal.outgoing(unread + ahead, endpoint: endpoint.name) {
            var job = DeliveryJob(one)
            job.followsCutOff = queue.takeCutOff(job.seq)
            switch one.delivery.state {
            case _ where !missing.contains(job.seq): if !one.isLeftOut { queue.keep(job) }
            case _ where one.isLeftOut: queue.putBack(job.seq, due: 0)
            case .delivered, .skipped: continue
            case .held: queue.putBack(job.seq, due: 0, isHeld: true)
            case .queued: taken.append(job)
            }
            missing.remove(job.seq)
        }
        for seq in missing { queue.settled(seq) }
        idle.wake(taken.count - limit)
        return true
    }

    private func popTaken(_ limit: Int) -> [DeliveryJob] {
        guard !isPaused, !idle.isClosed, !taken.isEmpty else { return [] }
        var jobs: [DeliveryJob] = []
        var index = 0
        while index < taken.count, jobs.count < limit {
            if queue.confirm(taken[index].seq) { jobs.append(taken[index]) }
            index += 1
        }
        taken.removeFirst(index)
        return jobs
    }

    /// Reads the next page of the queue.
    ///
    /// - Returns: false if there is no more, or no room for it, or another connection is reading.
    private func loadPage() async throws -> Bool {
        guard let page = queue.beginPage() else { return false }
        let deliveries: [Delivery]
        do {
            deliveries = try await journal.deliveries(
                endpoint: endpoint.name, after: page.after, limit: queue.pageSize, states: [.queued, .held])
        } catch {
            queue.abandonPage()
            throw error
        }
        queue.endPage(page, deliveries, wall: clock.now(), monotonic: Clock.monotonic())
        idle.wakeAll()
        return true
    }

    // MARK: Time

    /// Wakes the connections when something is due.
    private func wake(at due: Int64) {
        if let alarmAt, alarmAt <= due { return }
        alarmAt = due
        alarm.fire()
    }

    private func keepTime() async {
        while !idle.isClosed, !Task.isCancelled {
            let generation = alarm.generation
            let wait = alarmAt.map { Duration.microseconds(max(1, $0 - Clock.monotonic())) }
            await alarm.wait(since: generation, atMost: wait)
            guard let due = alarmAt, due <= Clock.monotonic() else { continue }
            alarmAt = nil
            idle.wakeAll()
        }
    }

    // MARK: One attempt

    private struct Prepared: Sendable {
        var job: DeliveryJob
        var outgoing: Result<OutgoingMessage, OutgoingError>
    }

    private func attempt(_ turn: Turn, with sender: any Sender) async throws {
        let started = Clock.monotonic()
        let prepared = try await prepare(turn.jobs)
        let sendable = prepared.compactMap { try? $0.outgoing.get() }
        var results = sendable.isEmpty ? [] : await sender.send(sendable)[...]
        if !sendable.isEmpty { KillPoint.answered.reached() }
        if turn.isProbe { reachability.endProbe() }
        let news = reachability.note(results, now: Clock.monotonic(), jitter: .random(in: 0..<1))
        if let news { tell(news, results.first) }
        let milliseconds = Int((Clock.monotonic() - started) / 1000)
        for item in prepared {
            switch item.outgoing {
            case .success(let message):
                let outcome = results.popFirst() ?? SendOutcome(.retry(after: nil), result: "not sent")
                var sent = message
                if let bytes = outcome.sent { sent.bytes = bytes }
                try await conclude(item.job, outcome, sent: sent, milliseconds)
            case .failure(let error):
                let outcome = SendOutcome(.hold, result: "not sent", text: error.description)
                try await conclude(item.job, outcome, sent: nil, milliseconds)
            }
        }
    }

    private func tell(_ news: Reachability.News, _ outcome: SendOutcome?) {
        switch news {
        case .opened(let failures):
            let reason = outcome.map { [$0.result, $0.text].compactMap { $0 }.joined(separator: ": ") } ?? ""
            log.warning(
                "the receiver is away, one delivery at a time tries",
                metadata: ["failures": "\(failures)", "reason": "\(reason)"])
        case .closed:
            log.notice("the receiver is back")
            idle.wakeAll()
        }
    }

    /// Makes what is to be sent.
    private func prepare(_ jobs: [DeliveryJob]) async throws -> [Prepared] {
        var work: [(job: DeliveryJob, builder: OutgoingBuilder?)] = []
        for job in jobs { work.append((job, try await builder(for: job.configuration))) }
        if endpoint.isFHIR || jobs.contains(where: { $0.entry.cost > Self.inlineBytesMax }) {
            return await Self.builtElsewhere(work)
        }
        return work.map { Prepared(job: $0.job, outgoing: Self.built($0.builder, $0.job)) }
    }

    private func builder(for hash: [UInt8]) async throws -> OutgoingBuilder? {
        if let builder, builder.configuration.hashBytes == hash { return builder }
        let configuration = try await configurations.configuration(hash: hash)
        guard let endpoint = configuration.endpoint(endpoint.name) else { return nil }
        let made = OutgoingBuilder(configuration: configuration, endpoint: endpoint)
        builder = made
        return made
    }

    private static func built(
        _ builder: OutgoingBuilder?, _ job: DeliveryJob
    ) -> Result<OutgoingMessage, OutgoingError> {
        guard let builder else {
            return .failure(OutgoingError("the configuration that routed it has no such endpoint any more"))
        }
        do throws(OutgoingError) {
            // What it makes is the same each time: held at its first attempt, it comes again only if a person lets it.
            return .success(try builder.build(job.entry, route: job.route, isReleased: job.attempts > 0))
        } catch { return .failure(error) }
    }

    /// Off the event loop, and side by side: mapping takes its time.
    @concurrent
    private static func builtElsewhere(_ work: [(job: DeliveryJob, builder: OutgoingBuilder?)]) async -> [Prepared] {
        await withTaskGroup(of: (Int, Prepared).self) { group in
            for (index, (job, builder)) in work.enumerated() {
                group.addTask { (index, Prepared(job: job, outgoing: built(builder, job))) }
            }
            var prepared = [Prepared?](repeating: nil, count: work.count)
            for await (index, one) in group { prepared[index] = one }
            return prepared.compactMap { $0 }
        }
    }
}
