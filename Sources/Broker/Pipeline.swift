import Auditing
package import HL7
package import Interfaces
package import Journaling
package import Logging
import Synchronization

/// Routes accepted entries, strictly in seq order, in one task.
///
///     entry → router → deliveries → journal.commit      TRANSACTION 2: deliveries, events
///                                 → workers
package final class Pipeline: Sendable {
    private let journal: any Journal
    private let inbox: PipelineInbox
    private let workers: DeliveryWorkers
    private let events: Signal
    private let clock: Clock
    private let log: Logger
    private let router: Mutex<Router>

    /// Entries routed in one transaction.
    private static let batchMax = 256

    package init(
        journal: any Journal, configuration: Configuration, inbox: PipelineInbox, workers: DeliveryWorkers,
        events: Signal, clock: Clock, log: Logger
    ) {
        self.journal = journal
        self.inbox = inbox
        self.workers = workers
        self.events = events
        self.clock = clock
        self.log = log
        router = Mutex(Router(configuration: configuration))
    }

    /// Routes by another configuration from the next entry on.
    package func use(_ configuration: Configuration) {
        router.withLock { $0 = Router(configuration: configuration) }
    }

    /// Routes until the task is cancelled: first what an earlier run left, then what arrives.
    ///
    /// - Throws: ``JournalError`` if the journal no longer takes anything.
    package func run() async throws(JournalError) {
        var mark: Int64 = 0
        while !Task.isCancelled {
            let generation = inbox.signal.generation
            if inbox.takeGap() {
                mark = max(mark, try await routeStored())
                continue
            }
            let items = inbox.take(Self.batchMax)
            let fresh = items.filter { $0.seq > mark }
            if !fresh.isEmpty { try await route(fresh) }
            if let last = items.last { mark = max(mark, last.seq) }
            if items.isEmpty { await inbox.signal.wait(since: generation) }
        }
    }

    /// Routes everything in the journal that waits for it, and returns the last seq.
    private func routeStored() async throws(JournalError) -> Int64 {
        var last: Int64 = 0
        while !Task.isCancelled {
            let entries = try await journal.unrouted(after: last, limit: Self.batchMax)
            var items: [PipelineInbox.Item] = []
            for entry in entries {
                last = entry.seq
                // A body that was readable when it was accepted is readable now.
                guard let body = try await journal.body(entry.seq), let message = try? Message(parsing: body) else {
                    log.error("accepted entry cannot be read", metadata: ["seq": "\(entry.seq)"])
                    continue
                }
                items.append(
                    PipelineInbox.Item(
                        seq: entry.seq, message: message, provider: entry.provider, laneKeys: entry.laneKeys))
            }
            if !items.isEmpty { try await route(items) }
            if entries.count < Self.batchMax { break }
        }
        return last
    }

    private func route(_ items: [PipelineInbox.Item]) async throws(JournalError) {
        let router = router.withLock { $0 }
        let now = clock.now()
        let decisions = items.map { router.decide($0.message, provider: $0.provider) }
        let routings = zip(items, decisions).map { item, decision in
            decision.routing(seq: item.seq, configuration: router.configuration, at: now, item: item)
        }
        // TRANSACTION 2
        try await journal.commit(routings)
        events.fire()
        var byEndpoint: [String: [DeliveryWorkers.Arrival]] = [:]
        for (item, decision) in zip(items, decisions) {
            for delivery in decision.deliveries {
                byEndpoint[delivery.endpoint, default: []].append(
                    DeliveryWorkers.Arrival(seq: item.seq, laneKeys: item.laneKeys))
            }
            if case .unrouted = decision {
                log.warning(
                    "no route names this sender and message type",
                    metadata: ["seq": "\(item.seq)", "type": "\(item.message.header.type)"])
            }
        }
        for (endpoint, arrivals) in byEndpoint { await workers.arrived(arrivals, at: endpoint) }
    }
}

/// What intake accepted and the router has not seen, in seq order.
///
/// Bounded: beyond its limit it forgets everything and says that there is a gap, and the pipeline reads from the
/// journal instead. It begins with a gap, so that what an earlier run left is routed first.
package final class PipelineInbox: Sendable {
    package struct Item: Sendable {
        package var seq: Int64
        package var message: Message
        package var provider: String?
        package var laneKeys: [UInt64]
    }

    private struct State {
        var items: [Item] = []
        var bytes = 0
        var hasGap = true
    }

    package let signal = Signal()
    private let state = Mutex(State())
    private static let bytesMax = 32 << 20

    package init() {}

    package func push(_ item: Item) {
        state.withLock { state in
            state.items.append(item)
            state.bytes += item.message.bytes.count
            if state.bytes > Self.bytesMax {
                state.items.removeAll()
                state.bytes = 0
                state.hasGap = true
            }
        }
        signal.fire()
    }

    /// Says that the journal holds entries for the router that were never pushed.
    package func noteGap() {
        state.withLock { $0.hasGap = true }
        signal.fire()
    }

    /// Whether there is a gap; asking closes it.
    func takeGap() -> Bool {
        state.withLock { state in
            defer { state.hasGap = false }
            return state.hasGap
        }
    }

    func take(_ limit: Int) -> [Item] {
        state.withLock { state in
            let items = Array(state.items.prefix(limit))
            state.items.removeFirst(items.count)
            state.bytes -= items.reduce(0) { $0 + $1.message.bytes.count }
            return items
        }
    }

    package var isEmpty: Bool { state.withLock { $0.items.isEmpty && !$0.hasGap } }
}
