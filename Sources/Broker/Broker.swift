import Auditing
package import Interfaces
package import Journaling
package import Logging
package import MLLP
package import ServiceLifecycle
import Synchronization

/// The running exchange: listeners, pipeline and workers around one journal.
///
///     Intake → journal → Pipeline → journal → EndpointWorker → journal
///
/// Everything that is acknowledged is in the journal; what is in memory can be lost at any moment.
package final class Broker: Service {
    package let journal: any Journal
    package let configurations: ConfigurationStore
    package let workers: DeliveryWorkers
    /// Fired after every transaction that wrote events.
    package let events: Signal
    /// Fired when somebody may see less than before: see ``accessDidChange()``.
    package let accessChanged = Signal()
    /// What waits for each endpoint.
    package let queues: QueueOverview
    package let clock: Clock
    let inbox = PipelineInbox()
    /// For the search index.
    let fresh = FreshEntries()
    let log: Logger
    let intake: Intake
    private let queries: QueryExchange
    let pipeline: Pipeline
    package let retention: Retention
    private let onReady: @Sendable ([String: String]) async throws -> Void
    let listeners: BoundListeners
    let reloads = Reloads()
    /// Fired when something is paused or resumed.
    let pausesChanged = Signal()
    package let startedAt: Int64

    /// - Parameters:
    ///   - folder: the absolute path of the interfaces folder.
    ///   - onReady: called once every listener is bound, with the address of each.
    package init(
        configuration: Configuration, folder: String, journal: any Journal, clock: Clock = .system, log: Logger,
        onReady: @escaping @Sendable ([String: String]) async throws -> Void = { _ in }
    ) {
        self.journal = journal
        self.clock = clock
        self.log = log
        self.onReady = onReady
        startedAt = clock.now()
        queues = QueueOverview(journal: journal)
        let events = Signal()
        self.events = events
        configurations = ConfigurationStore(configuration, folder: folder, journal: journal)
        let acknowledgments = AcknowledgmentIntake(journal: journal, events: events, clock: clock, log: log)
        let workers = DeliveryWorkers(
            journal: journal, configurations: configurations, events: events, clock: clock, log: log,
            onAcknowledgment: { acknowledgments.received($1, from: $0) })
        self.workers = workers
        let queries = QueryExchange(
            journal: journal, configurations: configurations, clock: clock, log: log,
            isPaused: { await workers.worker($0)?.isPaused ?? false })
        self.queries = queries
        intake = Intake(
            journal: journal, configuration: configuration, inbox: inbox, fresh: fresh, events: events, clock: clock,
            log: log, ask: { queries.ask($0) })
        listeners = BoundListeners(handler: intake)
        retention = Retention(
            journal: journal, configurations: configurations, events: events, clock: clock, log: log)
        pipeline = Pipeline(
            journal: journal, configuration: configuration, inbox: inbox, workers: workers, events: events,
            clock: clock, log: log)
    }

    // MARK: Life

    /// Serves until graceful shutdown, and then drains: no new frames, what was taken is routed, what is being sent is
    /// settled.
    ///
    /// - Throws: ``JournalError`` when nothing can be stored any more; what cannot be bound or used at start.
    package func run() async throws {
        if try await wasCutOff() { await workers.wasCutOff(at: try await journal.lastSeq()) }
        try await configurations.use(configurations.current)
        try await record(.brokerStarted, text: "configuration \(configurations.current.hash.prefix(12))")
        do {
            try await serve()
        } catch {
            await listeners.shutdown(drain: .zero)
            throw error
        }
        // The journal can fail at its last breath; that is then the result of the run.
        try await record(.brokerStopped)
        await journal.close()
        // Whoever still waits for events learns that there are no more.
        events.fire()
    }

    /// Whether the broker ended without a stop when it last ran on this journal.
    private func wasCutOff() async throws(JournalError) -> Bool {
        // Others may have recorded something since, but not much.
        let kinds = try await journal.events(after: max(0, try await journal.lastEventNumber() - 100), limit: 100)
            .map(\.kind)
        guard let stop = kinds.lastIndex(of: .brokerStopped) else { return !kinds.isEmpty }
        return kinds[stop...].contains(.brokerStarted)
    }

    private func serve() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.pipeline.run() }
            group.addTask { try await self.workers.run() }
            group.addTask { await self.queries.run() }
            group.addTask { try await self.watchStorage() }
            group.addTask { try await self.retention.run() }
            group.addTask { try await self.keepPauses() }
            try await bindListeners()
            try await onReady(allServers.mapValues(\.address))
            group.addTask {
                try await gracefulShutdown()
                await self.drain()
            }
            // The first to end decides: a failure, or the drain.
            while try await group.next() != nil {
                if isDrained.withLock({ $0 }) { break }
            }
            group.cancelAll()
        }
    }

    private let isDrained = Mutex(false)

    private func drain() async {
        let limit = configurations.current.broker.drain
        log.notice("stopping")
        await listeners.shutdown(drain: limit)
        let end = Clock.monotonic() + limit.microseconds
        while !inbox.isEmpty, Clock.monotonic() < end {
            await inbox.signal.wait(since: inbox.signal.generation, atMost: .milliseconds(20))
        }
        await workers.drain()
        await workers.waitUntilIdle(atMost: .microseconds(max(0, end - Clock.monotonic())))
        isDrained.withLock { $0 = true }
    }

    /// Throws as soon as the journal says that it no longer stores anything.
    private func watchStorage() async throws {
        if let failure = await journal.waitForFailure() { throw failure }
    }

    private func bindListeners() async throws {
        let paused = Set(try await journal.pauses().compactMap(\.listener))
        for listener in configurations.current.listeners {
            try await listeners.open(listener, isPaused: paused.contains(listener.name))
            let address = allServers[listener.name]?.address ?? ""
            log.info("listening", metadata: ["listener": "\(listener.name)", "address": "\(address)"])
            // A pause may have begun or ended since they were read.
            try await followPauses(of: Pause.name(ofListener: listener.name))
        }
    }

    package var allServers: [String: MLLPServer] { listeners.servers }

    /// Messages are taken: the ports are bound, the journal stores, and nobody asked for the end.
    package var isReady: Bool { journal.failure == nil && listeners.isOpen }

    /// Lets everybody who watches see whether they still may.
    package func accessDidChange() {
        accessChanged.fire()
        events.fire()
    }

    func record(
        _ kind: AuditEvent.Kind, actor: String = "broker", text: String? = nil
    ) async throws(JournalError) {
        try await journal.record([AuditEvent(kind, at: clock.now(), actor: actor, text: text)])
        events.fire()
    }
}

extension MLLPLimits {
    init(_ limits: ListenerLimits) {
        self.init()
        frameBytesMax = limits.frameBytesMax
        connectionsMax = limits.connectionsMax
        connectionsPerPeerMax = limits.connectionsPerPeerMax
        framesInFlightMax = limits.framesInFlightMax
        bytesInFlightMax = limits.bytesInFlightMax
        listenerBytesInFlightMax = limits.listenerBytesInFlightMax
        frameStallTime = limits.frameStallTime
        frameBytesPerSecondMin = limits.frameBytesPerSecondMin
    }
}
