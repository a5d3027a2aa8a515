package import Journaling

/// What waits for each endpoint, counted as seldom as it can be: counting reads every unsettled delivery, and there may
/// be a million of them and many who ask.
///
/// An answer is at most ``ageMin`` old, or ten times as old as counting took, whichever is more; what a person did
/// shows at once.
package actor QueueOverview {
    private struct Count {
        var queues: [QueueSummary]
        /// Until when it serves, monotonic microseconds.
        var until: Int64
    }

    private let journal: any Journal
    private let now: @Sendable () -> Int64
    private var latest: Count?
    private var isCounting = false
    /// Grows with every ``changed()``, so that a count that began before it serves nobody after it.
    private var version = 0
    private let waiters = Waiters()

    private static let ageMin: Int64 = 1_000_000
    private static let costShare: Int64 = 10

    /// - Parameter now: monotonic microseconds.
    init(journal: any Journal, now: @escaping @Sendable () -> Int64 = Clock.monotonic) {
        self.journal = journal
        self.now = now
    }

    package func current() async throws(JournalError) -> [QueueSummary] {
        while isCounting { await waiters.wait() }
        if let latest, now() < latest.until { return latest.queues }
        isCounting = true
        defer {
            isCounting = false
            waiters.wakeAll()
        }
        let (began, counted) = (now(), version)
        let queues = try await journal.queues()
        let cost = now() - began
        latest =
            counted == version ? Count(queues: queues, until: now() + max(Self.ageMin, cost * Self.costShare)) : nil
        return queues
    }

    /// A person changed a delivery: whoever asks from now on sees it.
    func changed() {
        version += 1
        latest = nil
    }
}
