import Auditing

/// What waits for the writer, and the rules by which it is taken in groups. No clock, no lock, no SQL.
struct JournalQueue {
    enum Operation: Sendable {
        case append([NewEntry])
        case commit([Routing])
        case settle([Settlement])
        case control(Control)
        case record([AuditEvent])
        case configuration(hash: [UInt8], bytes: [UInt8])
        case remove(Removal, RemovalResult)
        case seal(SealedEvents)

        /// The last step of making the file shorter. Asked when it is done.
        var gaveBackPages: Bool {
            guard case .remove(let removal, let result) = self, removal.kind == .pages else { return false }
            return result.removed.count > 0 && result.removed.next == nil
        }
    }

    struct Job: Sendable {
        var operation: Operation
        /// Nanoseconds, monotonic.
        var enqueued: UInt64
        var completion: @Sendable (Result<[Appended], JournalError>) -> Void

        /// About as much as it writes.
        let bytes: Int
        /// Commits and urgent-less settlements wait a little for company.
        let isUrgent: Bool

        init(
            _ operation: Operation, enqueued: UInt64,
            completion: @escaping @Sendable (Result<[Appended], JournalError>) -> Void
        ) {
            self.operation = operation
            self.enqueued = enqueued
            self.completion = completion
            switch operation {
            case .append(let entries):
                bytes = entries.reduce(0) { $0 + 1_024 + $1.body.count + $1.answer.count + ($1.findings?.count ?? 0) }
                isUrgent = true
            case .commit(let routings):
                bytes = 1_024 * routings.count
                isUrgent = false
            case .settle(let settlements):
                bytes = settlements.reduce(0) { sum, settlement in
                    guard case .delivered(_, let sent, let answer) = settlement.outcome else { return sum + 1_024 }
                    return sum + 1_024 + (sent?.count ?? 0) + (answer?.count ?? 0)
                }
                isUrgent = settlements.contains { $0.isUrgent }
            case .configuration(_, let stored):
                bytes = stored.count
                isUrgent = true
            case .control, .record, .seal:
                bytes = 1_024
                isUrgent = true
            case .remove:
                bytes = 1_024
                isUrgent = false
            }
        }
    }

    static let batchOperationsMax = 256
    static let batchBytesMax = 4 << 20
    /// How long a commit or a settlement waits for an append to ride with.
    static let companyWait: UInt64 = 2_000_000
    /// No operation older than this is left out of a batch for the sake of appends.
    static let ageMax: UInt64 = 5_000_000

    /// How long a removal waits for a moment in which nothing else does.
    static let gapWait: UInt64 = 1_000_000_000

    private var appends = FIFO<Job>()
    private var others = FIFO<Job>()
    /// Each is a batch of its own, so that nobody's answer waits for it longer than it takes.
    private var removals = FIFO<Job>()
    private var urgentOthers = 0
    /// Waiting or being written.
    private(set) var operations = 0
    private(set) var bytes = 0

    var isEmpty: Bool { appends.isEmpty && others.isEmpty && removals.isEmpty }

    mutating func add(_ job: Job) {
        operations += 1
        bytes += job.bytes
        switch job.operation {
        case .append: appends.append(job)
        case .remove: removals.append(job)
        default:
            others.append(job)
            if job.isUrgent { urgentOthers += 1 }
        }
    }

    /// When the next batch may start; nil if nothing waits. In the past if it may start now.
    var due: UInt64? {
        if !appends.isEmpty || urgentOthers > 0 { return 0 }
        let other = others.first.map { $0.enqueued + Self.companyWait }
        guard let removal = removals.first else { return other }
        return other.map { min($0, removal.enqueued + Self.gapWait) } ?? 0
    }

    /// The next batch: a removal alone if nothing else waits or it has waited too long; otherwise first what has waited too long, then appends, then the others; each kind in its order.
    /// At least one job if any waits.
    mutating func takeBatch(now: UInt64) -> [Job] {
        if let job = removals.first, appends.isEmpty && others.isEmpty || now >= job.enqueued + Self.gapWait {
            _ = removals.popFirst()
            return [job]
        }
        var batch = Batch()
        while let job = others.first, now >= job.enqueued + Self.ageMax, batch.fits(job) {
            batch.add(others.popFirst())
        }
        while let job = appends.first, batch.fits(job) { batch.add(appends.popFirst()) }
        while let job = others.first, batch.fits(job) { batch.add(others.popFirst()) }
        urgentOthers -= batch.urgentOthers
        return batch.jobs
    }

    private struct Batch {
        var jobs: [Job] = []
        var urgentOthers = 0
        private var bytes = 0

        func fits(_ job: Job) -> Bool {
            jobs.isEmpty || jobs.count < batchOperationsMax && bytes + job.bytes <= batchBytesMax
        }

        mutating func add(_ job: Job?) {
            guard let job else { return }
            jobs.append(job)
            bytes += job.bytes
            if case .append = job.operation { return }
            if job.isUrgent { urgentOthers += 1 }
        }
    }

    /// Tells that a batch has been written or has failed.
    mutating func finished(_ batch: [Job]) {
        operations -= batch.count
        bytes -= batch.reduce(0) { $0 + $1.bytes }
    }

    /// Everything that waits, in any order.
    mutating func takeAll() -> [Job] {
        var all: [Job] = []
        while let job = appends.popFirst() ?? others.popFirst() ?? removals.popFirst() { all.append(job) }
        urgentOthers = 0
        return all
    }
}
