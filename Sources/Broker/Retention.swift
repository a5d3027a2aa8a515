import Interfaces
package import Journaling
package import Logging

/// Removes what is older than `retention:` says, a little at a time, for as long as the broker runs.
package struct Retention: Sendable {
    /// What one run removed.
    package struct Report: Hashable, Sendable {
        package var bodies = 0
        package var deliveries = 0
        /// Pages by which the journal's file got shorter.
        package var pages = 0

        package init() {}
    }

    private let journal: any Journal
    private let configurations: ConfigurationStore
    private let events: Signal
    private let clock: Clock
    private let log: Logger

    /// From the end of one run to the next.
    private static let interval = Duration.seconds(3_600)
    /// The shortest time between two steps.
    private static let pauseMin = Duration.milliseconds(10)
    /// For one part of a step's duration, this many of rest: the writer gives a fifth of its time at most.
    private static let pauseFactor: Int64 = 4

    package init(
        journal: any Journal, configurations: ConfigurationStore, events: Signal, clock: Clock, log: Logger
    ) {
        self.journal = journal
        self.configurations = configurations
        self.events = events
        self.clock = clock
        self.log = log
    }

    func run() async throws(JournalError) {
        while !Task.isCancelled {
            _ = try await removeOld()
            // Cancelled at the drain: the loop then ends.
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// One run: until nothing is left that is too old, or the task is cancelled.
    package func removeOld() async throws(JournalError) -> Report {
        let settings = configurations.current.broker.retention
        let now = clock.now()
        var report = Report()
        report.bodies = try await removeAll(.bodies, before: now - settings.bodies.microseconds)
        report.deliveries = try await removeAll(.deliveries, before: now - settings.deliveries.microseconds)
        report.pages = try await removeAll(.pages, before: 0)
        if report != Report() {
            log.notice(
                "retention",
                metadata: [
                    "bodies": "\(report.bodies)", "deliveries": "\(report.deliveries)", "pages": "\(report.pages)",
                ])
        }
        return report
    }

    private func removeAll(_ kind: Removal.Kind, before: Int64) async throws(JournalError) -> Int {
        var count = 0
        var next: Int64? = 0
        while let after = next, !Task.isCancelled {
            let began = Clock.monotonic()
            let removed = try await journal.remove(Removal(kind, before: before, after: after, at: clock.now()))
            if removed.count > 0, kind != .pages { events.fire() }
            count += removed.count
            next = removed.next
            let rest = Duration.microseconds((Clock.monotonic() - began) * Self.pauseFactor)
            // Cancelled: the loop then ends.
            if next != nil { try? await Task.sleep(for: max(rest, Self.pauseMin)) }
        }
        return count
    }
}
