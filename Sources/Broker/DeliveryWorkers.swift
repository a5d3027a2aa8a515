package import Interfaces
package import Journaling
package import Logging

/// The workers of all endpoints.
package actor DeliveryWorkers {
    private let journal: any Journal
    private let configurations: ConfigurationStore
    private let events: Signal
    private let clock: Clock
    private let log: Logger
    /// Told the endpoint and the bytes of application acknowledgements that come on outgoing connections.
    private let onAcknowledgment: @Sendable (String, [UInt8]) -> Void
    private var workers: [String: EndpointWorker] = [:]
    private var routedThrough: Int64 = 0
    /// See ``QueueWindow``.
    private var cutOffThrough: Int64 = 0
    private var isDraining = false
    /// Messages that all workers together keep in memory until their turn.
    private static let cacheBytesMax = 16 << 20
    private let changed = Signal()

    package init(
        journal: any Journal, configurations: ConfigurationStore, events: Signal, clock: Clock, log: Logger,
        onAcknowledgment: @escaping @Sendable (String, [UInt8]) -> Void = { _, _ in }
    ) {
        self.onAcknowledgment = onAcknowledgment
        self.journal = journal
        self.configurations = configurations
        self.events = events
        self.clock = clock
        self.log = log
    }

    /// Delivers until ``drain()``, or until an outcome cannot be stored.
    ///
    /// Endpoints that a new configuration brings get their worker; those that it changes get a new one once the old one
    /// has finished what was under way.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while !Task.isCancelled, !isDraining {
                let generation = changed.generation
                let pauses = Set(try await journal.pauses().map(\.endpoint))
                if isDraining { break }
                let endpoints = configurations.current.providers.flatMap(\.endpoints)
                for endpoint in endpoints where workers[endpoint.name] == nil {
                    let onAcknowledgment = onAcknowledgment
                    let worker = EndpointWorker(
                        endpoint, journal: journal, configurations: configurations, routedThrough: routedThrough,
                        cutOffThrough: cutOffThrough, cacheBytesMax: Self.cacheBytesMax / endpoints.count,
                        isPaused: pauses.contains(endpoint.name),
                        events: events, clock: clock, log: log,
                        onAcknowledgment: { onAcknowledgment(endpoint.name, $0) })
                    workers[endpoint.name] = worker
                    group.addTask {
                        // A pause may have begun or ended since they were read.
                        try await worker.lookForPause()
                        try await worker.run()
                        await self.ended(endpoint.name, worker)
                    }
                }
                await changed.wait(since: generation)
            }
        }
    }

    private func ended(_ name: String, _ worker: EndpointWorker) {
        if workers[name] === worker { workers[name] = nil }
        changed.fire()
    }

    /// Lets everything under way finish, and begins nothing more.
    package func drain() async {
        isDraining = true
        changed.fire()
        for worker in workers.values { await worker.drain() }
    }

    /// Returns when every worker has ended, or after a time.
    package func waitUntilIdle(atMost limit: Duration) async {
        let end = Clock.monotonic() + limit.microseconds
        while !workers.isEmpty, Clock.monotonic() < end {
            await changed.wait(since: changed.generation, atMost: .microseconds(end - Clock.monotonic()))
        }
    }

    /// Looks again which endpoints there are, and replaces the workers of those that changed, or whose certificates did.
    package func configurationChanged(from old: Configuration) async {
        for (name, worker) in workers {
            let isChanged = old.endpoint(name) != configurations.current.endpoint(name)
            if isChanged || worker.certificates != CertificateFiles(of: worker.endpoint) { await worker.drain() }
        }
        changed.fire()
    }

    /// Deliveries that the router made, in seq order.
    func arrived(_ arrivals: [Arrival], at endpoint: String) async {
        routedThrough = max(routedThrough, arrivals.last?.seq ?? 0)
        await workers[endpoint]?.arrived(arrivals)
    }

    /// The router is through with everything up to here.
    func routed(through seq: Int64) async {
        routedThrough = max(routedThrough, seq)
        for worker in workers.values { await worker.routed(through: seq) }
    }

    /// The broker ended without a stop when the journal held everything up to here. To be said before ``run()``.
    func wasCutOff(at seq: Int64) { cutOffThrough = seq }

    /// Whether their receivers can be reached.
    func reachabilities() async -> [String: Reachability] {
        var all: [String: Reachability] = [:]
        for (name, worker) in workers { all[name] = await worker.reachability }
        return all
    }

    func worker(_ endpoint: String) -> EndpointWorker? { workers[endpoint] }
}
