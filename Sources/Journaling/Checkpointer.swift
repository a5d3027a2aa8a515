import Foundation

/// Copies the write-ahead log into the database, so that it stays short.
///
/// A thread with its own connection copies most pages while the writer goes on; but only between two
/// commits can everything be copied and the log start again, so above ``closingPages`` the writer
/// does the (then short) rest itself.
///
/// `@unchecked Sendable`: `isWanted`, `isStopping`, `isStopped` and `failure` are touched only inside
/// `condition.locked`; `lastClosing` and `lastWanted` only by the writer's thread.
final class Checkpointer: @unchecked Sendable {
    /// Pages of 4 KiB: 4 MiB.
    private static let backgroundPages = 1_024
    /// 16 MiB.
    private static let closingPages = 4_096
    /// 512 KiB: on a disk that is nearly full the log begins again soon, so that deliveries can be settled in the reserve.
    private static let closingPagesWhenLow = 128
    static let pageBytes = 4_096

    private let condition = MonotonicCondition()
    private let path: String
    private var isWanted = false
    private var isStopping = false
    private var isStopped = false
    private var failure: JournalError?

    // The writer's thread
    private var lastClosing = 0
    private var lastWanted = 0

    init(path: String) { self.path = path }

    func start() {
        let thread = Thread { self.run() }
        thread.name = "journal-checkpoint"
        thread.start()
    }

    /// Called by the writer between two commits.
    ///
    /// - Parameters:
    ///   - isDiskLow: only the reserve is left.
    ///   - shrinks: pages were given back; the file gets shorter only when the whole log is copied.
    /// - Throws: `storageLost`, its own or the thread's.
    func afterCommit(
        pages: Int, isDiskLow: Bool, shrinks: Bool, writer: SQLiteConnection
    ) throws(JournalError) {
        // A shorter log than before has started again.
        if pages < lastWanted { lastWanted = 0 }
        if pages < lastClosing { lastClosing = 0 }
        let closingPages = isDiskLow ? Self.closingPagesWhenLow : Self.closingPages
        let step = isDiskLow ? Self.closingPagesWhenLow : Self.backgroundPages
        if shrinks || pages >= closingPages && pages >= lastClosing + step {
            lastClosing = pages
            try writer.checkpointPassively()
        }
        let isDue = pages >= lastWanted + Self.backgroundPages
        if isDue { lastWanted = pages }
        let failure = condition.locked {
            if isDue {
                isWanted = true
                condition.signal()
            }
            return self.failure
        }
        if let failure { throw failure }
    }

    /// Ends the thread and waits for it.
    func stop() {
        condition.locked {
            isStopping = true
            condition.signal()
            while !isStopped { condition.wait(until: MonotonicCondition.now + 10_000_000) }
        }
    }

    private func run() {
        do {
            let connection = try SQLiteConnection(path: path)
            try connection.execute("PRAGMA synchronous = FULL")
            while waitForWork() { try connection.checkpointPassively() }
        } catch {
            condition.locked { failure = error }
        }
        condition.locked {
            isStopped = true
            condition.signal()
        }
    }

    private func waitForWork() -> Bool {
        condition.locked {
            while !isWanted, !isStopping { condition.wait(until: MonotonicCondition.now + 60_000_000_000) }
            isWanted = false
            return !isStopping
        }
    }
}
