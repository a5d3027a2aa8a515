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
    /// Changed in seq order by the one task that routes.
    private let aliases = Mutex(LaneAliases())

    /// Entries routed in one transaction.
    private static let batchMax = 256
    /// Messages read from the journal at a time, in bytes.
    private static let batchBytesMax = 8 << 20
    private static let aliasPageMax = 5_000

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
        try await readAliases()
        // Everything up to `mark` is routed; up to `readThrough` that is so whatever the inbox still brings.
        var mark: Int64 = 0
        var readThrough: Int64 = 0
        while !Task.isCancelled {
            let generation = inbox.signal.generation
            guard let items = inbox.take(Self.batchMax) else {
                readThrough = max(readThrough, try await routeStored())
                mark = max(mark, readThrough)
                await workers.routed(through: readThrough)
                continue
            }
            // Never with a journal that keeps the order of its calls; with any other nothing may be forgotten.
            if items.contains(where: { $0.message != nil && $0.seq <= mark && $0.seq > readThrough }) {
                inbox.noteGap()
            }
            let fresh = items.filter { $0.message == nil || $0.seq > mark }
            if !fresh.isEmpty { try await route(fresh) }
            if let last = items.last { mark = max(mark, last.seq) }
            if items.isEmpty { await inbox.signal.wait(since: generation) }
        }
    }

    /// Keys of an entry that goes out again: with the names that its patients have got since.
    func laneKeys(_ keys: [UInt64]) -> [UInt64] { aliases.withLock { $0.resolved(keys) } }

    private func readAliases() async throws(JournalError) {
        var last: Int64 = 0
        while true {
            let page = try await journal.aliases(after: last, limit: Self.aliasPageMax)
            aliases.withLock { aliases in for one in page { aliases.apply(one.alias) } }
            guard let end = page.last?.id else { return }
            last = end
        }
    }

    /// Routes everything in the journal that waits for it.
    ///
    /// - Returns: the seq up to which nothing waits any more.
    private func routeStored() async throws(JournalError) -> Int64 {
        // Taken before reading: what is stored during the reads comes through the inbox.
        var through = try await journal.lastSeq()
        var last: Int64 = 0
        while !Task.isCancelled {
            let entries = try await journal.unrouted(after: last, limit: Self.batchMax)
            var items: [PipelineInbox.Item] = []
            var bytes = 0
            for entry in entries {
                last = entry.seq
                through = max(through, last)
                guard let body = try await journal.body(entry.seq) else {
                    log.error("the body of an accepted entry is gone", metadata: ["seq": "\(entry.seq)"])
                    continue
                }
                let configuration = router.withLock(\.configuration)
                // What was readable when it was accepted is readable now.
                guard let message = try? configuration.stored(QueuedEntry(entry, body: body), body: body) else {
                    log.error("an accepted entry cannot be read", metadata: ["seq": "\(entry.seq)"])
                    continue
                }
                items.append(
                    PipelineInbox.Item(
                        seq: entry.seq, receivedAt: entry.receivedAt, listener: entry.listener, message: message,
                        provider: entry.provider, laneKeys: entry.laneKeys))
                bytes += body.count
                guard bytes >= Self.batchBytesMax else { continue }
                try await route(items)
                (items, bytes) = ([], 0)
            }
            if !items.isEmpty { try await route(items) }
            if entries.count < Self.batchMax { break }
        }
        return through
    }

    private func route(_ items: [PipelineInbox.Item]) async throws(JournalError) {
        let router = router.withLock { $0 }
        let now = clock.now()
        var byEndpoint: [String: [Arrival]] = [:]
        var routings: [Routing] = []
        for item in items {
            let changes = item.message.map { LaneKeys.aliases(in: $0, secret: journal.laneSecret) } ?? []
            let laneKeys = aliases.withLock { $0.laneKeys(item.laneKeys, changing: changes) }
            for endpoint in item.resentTo {
                byEndpoint[endpoint, default: []].append(Arrival(seq: item.seq, laneKeys: laneKeys))
            }
            if let message = item.message {
                let decision = router.decide(message, provider: item.provider)
                var routing = decision.routing(of: item, message, at: now)
                if laneKeys != item.laneKeys { routing.laneKeys = laneKeys }
                routing.note(changes)
                routings.append(routing)
                let entry = QueuedEntry(item, message)
                for delivery in decision.deliveries {
                    let job = DeliveryJob(
                        entry: entry, route: delivery.route, configuration: delivery.configuration)
                    byEndpoint[delivery.endpoint, default: []]
                        .append(Arrival(seq: item.seq, laneKeys: laneKeys, job: job))
                }
                // People are told by an alert, once.
                if case .unrouted = decision {
                    log.debug(
                        "no route names this sender and message type",
                        metadata: ["seq": "\(item.seq)", "type": "\(message.header.type)"])
                }
            }
        }
        if !routings.isEmpty {
            // TRANSACTION 2
            try await journal.commit(routings)
            events.fire()
        }
        for (endpoint, arrivals) in byEndpoint { await workers.arrived(arrivals, at: endpoint) }
    }
}

/// What intake accepted and the router has not seen, in seq order.
///
/// Bounded: beyond its limit it forgets the messages and says that there is a gap, and the pipeline reads from the
/// journal instead. It begins with a gap, so that what an earlier run left is routed first.
package final class PipelineInbox: Sendable {
    package struct Item: Sendable {
        package var seq: Int64
        /// Microseconds since 1970-01-01 UTC.
        package var receivedAt: Int64
        package var listener: String
        /// nil: its deliveries are there already, because a person sent it again or it is an answer of ours. They may
        /// leave once everything before them is routed, for the sake of order.
        package var message: Message?
        package var provider: String?
        package var laneKeys: [UInt64]
        /// Where it goes without being routed.
        package var resentTo: [String] = []

        package init(
            seq: Int64, receivedAt: Int64, listener: String, message: Message?, provider: String?,
            laneKeys: [UInt64], resentTo: [String] = []
        ) {
            self.seq = seq
            self.receivedAt = receivedAt
            self.listener = listener
            self.message = message
            self.provider = provider
            self.laneKeys = laneKeys
            self.resentTo = resentTo
        }

        /// About what it takes in memory: a message has an index beside its bytes.
        fileprivate var cost: Int { message.map { 512 + 3 * $0.bytes.count } ?? 0 }
    }

    private struct State {
        var items: [Item] = []
        var cost = 0
        var hasGap = true
    }

    package let signal = Signal()
    private let state = Mutex(State())
    private let costMax: Int

    /// - Parameter costMax: bytes that messages take in memory, at most.
    package init(costMax: Int = 32 << 20) { self.costMax = costMax }

    package func push(_ item: Item) {
        state.withLock { state in
            state.items.append(item)
            state.cost += item.cost
            if state.cost > costMax {
                state.items.removeAll { $0.message != nil }
                state.cost = 0
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

    /// At most `limit` items; nil if there is a gap before them, which asking closes.
    func take(_ limit: Int) -> [Item]? {
        state.withLock { state -> [Item]? in
            guard !state.hasGap else {
                state.hasGap = false
                return nil
            }
            let items = Array(state.items.prefix(limit))
            state.items.removeFirst(items.count)
            state.cost -= items.reduce(0) { $0 + $1.cost }
            return items
        }
    }

    package var isEmpty: Bool { state.withLock { $0.items.isEmpty && !$0.hasGap } }
}
