import Auditing
import Foundation

/// The one thread that writes: takes what waits in groups, each group one transaction and one fsync.
///
/// `@unchecked Sendable`: `queue`, `counts`, `reserve`, `logged`, `isClosing`, `isClosed` and `closers` are touched only
/// inside `condition.locked`; everything under "The thread's own" only by the thread (and by `init`
/// before it starts).
final class JournalWriter: @unchecked Sendable {
    private let condition = MonotonicCondition()
    let failures = FailureWatch()
    private var queue = JournalQueue()
    private var counts: [JournalTables.CounterKey: Int] = [:]
    private var reserve: SpaceReserve
    /// Bytes of the log after the last commit.
    private var logged = 0
    private var isClosing = false
    private var isClosed = false
    private var closers: [CheckedContinuation<Void, Never>] = []

    // The thread's own
    private let tables: JournalTables
    private let pending: PendingEntries
    private let heads: HeadFile
    private let checkpoints: Checkpointer
    private let log = LogSize()
    private let lock: FolderLock
    private let configuration: SQLiteJournal.Configuration
    private var nextHead: UInt64 = 0
    private var signedSize: Int64 = -1

    init(
        _ configuration: SQLiteJournal.Configuration, connection: SQLiteConnection, heads: HeadFile,
        checkpoints: Checkpointer, lock: FolderLock
    ) throws(JournalError) {
        self.configuration = configuration
        reserve = SpaceReserve(path: configuration.folder, bytes: configuration.reserveBytes)
        self.heads = heads
        self.checkpoints = checkpoints
        self.lock = lock
        tables = try JournalTables(connection)
        pending = try PendingEntries(connection, after: tables.state.routedMark)
        connection.watchLog(log)
        try signHead()
    }

    func start() {
        let thread = Thread { self.run() }
        thread.name = "journal-writer"
        thread.start()
    }

    // MARK: Any thread

    func submit(
        _ operation: JournalQueue.Operation,
        completion: @escaping @Sendable (Result<[Appended], JournalError>) -> Void
    ) {
        let job = JournalQueue.Job(operation, enqueued: MonotonicCondition.now, completion: completion)
        let refusal: JournalError? = condition.locked {
            if let failure = failures.failure { return failure }
            if isClosing { return JournalError(.closed, "the journal is closed") }
            if case .append = operation {
                reserve.look(
                    now: job.enqueued, adding: job.bytes, waiting: queue.bytes + job.bytes, logged: logged)
                if let refusal = backlogNow.refusal { return refusal }
            }
            queue.add(job)
            condition.signal()
            return nil
        }
        if let refusal { completion(.failure(refusal)) }
    }

    func count(_ counter: Counter, by amount: Int, at time: Int64) {
        condition.locked {
            counts[JournalTables.CounterKey(hour: time.hour, name: counter), default: 0] += amount
        }
    }

    var backlog: Backlog { condition.locked { backlogNow } }

    private var backlogNow: Backlog {
        Backlog(
            operations: queue.operations, bytes: queue.bytes, operationsMax: configuration.backlogOperationsMax,
            bytesMax: configuration.backlogBytesMax, isDiskLow: reserve.isLow)
    }

    var failure: JournalError? { failures.failure }

    /// Writes nothing more. Called by the thread, or by the checkpointer when its disk fails.
    func fail(_ error: JournalError) {
        // Inside the lock, so that nothing is added to the queue after it was emptied.
        let waiting = condition.locked {
            failures.fail(error)
            condition.signal()
            return queue.takeAll()
        }
        for job in waiting { job.completion(.failure(error)) }
    }

    /// Lets the thread end after what waits now; does not wait for it.
    func requestClose() {
        condition.locked {
            isClosing = true
            condition.signal()
        }
    }

    func close() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isOver = condition.locked {
                isClosing = true
                if !isClosed { closers.append(continuation) }
                condition.signal()
                return isClosed
            }
            if isOver { continuation.resume() }
        }
    }

    // MARK: The thread

    private enum Step {
        case batch([JournalQueue.Job])
        case sign
        case end
    }

    private func run() {
        loop: while true {
            switch nextStep() {
            case .batch(let jobs): write(jobs)
            case .sign: minute()
            case .end: break loop
            }
        }
        if failure == nil { minute() }
        checkpoints.stop()
        heads.close()
        lock.release()
        // A connection that saw its disk fail is left open: closing it would copy the log once more.
        if failure != nil { _ = Unmanaged.passRetained(tables) }
        let waiting = condition.locked {
            isClosed = true
            return closers
        }
        for closer in waiting { closer.resume() }
    }

    private func nextStep() -> Step {
        condition.locked {
            while true {
                let now = MonotonicCondition.now
                if failure != nil {
                    if isClosing { return .end }
                    condition.wait(until: now + 60_000_000_000)
                    continue
                }
                if let due = queue.due, due <= now || isClosing { return .batch(queue.takeBatch(now: now)) }
                if isClosing { return .end }
                if now >= nextHead { return .sign }
                condition.wait(until: min(nextHead, queue.due ?? .max))
            }
        }
    }

    private func write(_ jobs: [JournalQueue.Job]) {
        let rides = condition.locked {
            defer { counts.removeAll(keepingCapacity: true) }
            return counts
        }
        let results: [Result<[Appended], JournalError>]
        let began = MonotonicCondition.now
        var ended = began
        do {
            results = try transaction(jobs, counts: rides)
            ended = MonotonicCondition.now
            pending.update(jobs, results)
        } catch {
            fail(error)
            results = jobs.map { _ in .failure(error) }
        }
        let isDiskLow = condition.locked {
            queue.finished(jobs)
            logged = log.pages * Checkpointer.pageBytes
            return reserve.isLow
        }
        for (job, result) in zip(jobs, results) { job.completion(result) }
        guard failure == nil else { return }
        // After the results: nobody waits for it.
        configuration.onCommit?(
            CommitTime(
                transaction: Int64(ended - began), sync: Int64(tables.syncTime), operations: jobs.count))
        do {
            try checkpoints.afterCommit(
                pages: log.pages, isDiskLow: isDiskLow,
                shrinks: jobs.contains(where: \.operation.gaveBackPages), writer: tables.connection)
        } catch {
            fail(error)
        }
    }

    /// TRANSACTION: all jobs, their events, the batch row, the tree row and the counters.
    ///
    /// A job that fails for its own reasons makes the group start again with each job behind a savepoint.
    private func transaction(
        _ jobs: [JournalQueue.Job], counts: [JournalTables.CounterKey: Int]
    ) throws(JournalError) -> [Result<[Appended], JournalError>] {
        let saved = tables.state
        do {
            try begin(counts)
            var results: [Result<[Appended], JournalError>] = []
            results.reserveCapacity(jobs.count)
            for job in jobs { results.append(.success(try apply(job.operation))) }
            try commit(jobs)
            return results
        } catch {
            guard error.code != .storageLost else { throw error }
            try tables.rollback(to: saved)
        }
        try begin(counts)
        var results: [Result<[Appended], JournalError>] = []
        for job in jobs {
            do {
                results.append(
                    .success(try tables.isolated { () throws(JournalError) in try apply(job.operation) }))
            } catch {
                guard error.code != .storageLost else { throw error }
                results.append(.failure(error))
            }
        }
        try commit(jobs)
        return results
    }

    private func commit(_ jobs: [JournalQueue.Job]) throws(JournalError) {
        #if DEBUG
            for job in jobs { job.operation.killPoints?.before.reached() }
        #endif
        try tables.commit(at: configuration.now())
        #if DEBUG
            for job in jobs { job.operation.killPoints?.after.reached() }
        #endif
    }

    private func begin(_ counts: [JournalTables.CounterKey: Int]) throws(JournalError) {
        try tables.begin()
        tables.state.routedMark = pending.routedMark(lastSeq: tables.state.seq)
        tables.counts = counts
    }

    private func apply(_ operation: JournalQueue.Operation) throws(JournalError) -> [Appended] {
        switch operation {
        case .append(let entries): return try tables.append(entries)
        case .commit(let routings): for routing in routings { try tables.route(routing) }
        case .settle(let settlements): for settlement in settlements { try tables.settle(settlement) }
        case .control(let control): try tables.control(control)
        case .record(let events): try tables.add(events, about: nil)
        case .remove(let removal, let result): result.removed = try tables.remove(removal)
        case .seal(let sealed): try tables.seal(sealed)
        case .configuration(let hash, let bytes): try tables.storeConfiguration(hash: hash, bytes: bytes)
        }
        return []
    }

    /// What is done every minute and at the end: counts that found nothing to ride with, and a signed head.
    private func minute() {
        if condition.locked({ !counts.isEmpty }) { write([]) }
        guard failure == nil else { return }
        do {
            try signHead()
        } catch {
            fail(error)
        }
    }

    private func signHead() throws(JournalError) {
        nextHead = MonotonicCondition.now + UInt64(configuration.headSeconds) * 1_000_000_000
        guard tables.state.frontier.size != signedSize else { return }
        let head: SignedHead
        do {
            head = try SignedHead(
                broker: configuration.broker, size: tables.state.frontier.size, root: tables.state.frontier.root,
                at: configuration.now(), key: configuration.key)
        } catch {
            throw JournalError(.storageLost, error.text)
        }
        try heads.append(head)
        signedSize = head.size
    }
}
