import Interfaces
package import Journaling
package import Logging
import Synchronization

/// Removes what is older than `retention:` says, or too much, a little at a time, for as long as the broker runs.
package final class Retention: Sendable {
    /// What one run removed.
    package struct Report: Hashable, Sendable {
        package var bodies = 0
        package var deliveries = 0
        package var events = 0
        /// Pages by which the journal's file got shorter.
        package var pages = 0

        package init() {}
    }

    private let journal: any Journal
    private let configurations: ConfigurationStore
    private let events: Signal
    private let clock: Clock
    private let log: Logger
    /// Whether people were told that the text of messages comes to its limit: nothing is removed before that.
    let mayFollowSize = Mutex(false)

    /// From one look at the size to the next.
    private static let sizeInterval = Duration.seconds(30)
    /// Looks at the size for one at what is old.
    private static let looksPerRun = 120
    /// Where removing by size leaves off, as a share of the limit.
    private static let sizeShare = 0.95
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
        var looks = 0
        while !Task.isCancelled {
            if looks % Self.looksPerRun == 0 { _ = try await removeOld() }
            if mayFollowSize.withLock({ $0 }) { _ = try await removeExcess() }
            looks += 1
            // Cancelled at the drain: the loop then ends.
            try? await Task.sleep(for: Self.sizeInterval)
        }
    }

    /// One run: until nothing is left that is too old, or the task is cancelled.
    package func removeOld() async throws(JournalError) -> Report {
        let settings = configurations.current.broker.retention
        let now = clock.now()
        var report = Report()
        report.bodies = try await removeAll(.bodies, before: now - settings.bodies.microseconds)
        report.deliveries = try await removeAll(.deliveries, before: now - settings.deliveries.microseconds)
        do throws(JournalError) {
            if settings.legalHold.isEmpty {
                report.events = try await removeAll(.events, before: now - settings.audit.microseconds)
            }
        } catch {
            guard error.code == .conflict else { throw error }
            log.critical("the audit log is damaged", metadata: ["error": "\(error)"])
        }
        report.pages = try await removeAll(.pages, before: 0)
        tell(report)
        return report
    }

    /// One run by size: until the text of messages takes less than its limit, and nothing that waits is touched.
    package func removeExcess() async throws(JournalError) -> Report {
        var report = Report()
        guard let max = configurations.current.broker.retention.bodiesSize else { return report }
        let kept = try await journal.textBytes()
        guard kept > max else { return report }
        let excess = kept - Int64(Double(max) * Self.sizeShare)
        report.bodies = try await removeAll(.bodies, before: clock.now(), bytesMax: excess)
        report.pages = try await removeAll(.pages, before: 0)
        tell(report)
        return report
    }

    private func tell(_ report: Report) {
        guard report != Report() else { return }
        log.notice(
            "retention",
            metadata: [
                "bodies": "\(report.bodies)", "deliveries": "\(report.deliveries)", "events": "\(report.events)",
                "pages": "\(report.pages)",
            ])
    }

    private func removeAll(
        _ kind: Removal.Kind, before: Int64, bytesMax: Int64 = .max
    ) async throws(JournalError) -> Int {
        var count = 0
        var left = bytesMax
        var next: Int64? = 0
        let names = configurations.current.broker.retention.legalHold
        let legalHold: LegalHold =
            names.contains("all") ? .everything : names.isEmpty ? .nothing : .providers(Set(names))
        while let after = next, left > 0, !Task.isCancelled {
            let began = Clock.monotonic()
            let removed = try await journal.remove(
                Removal(kind, before: before, after: after, at: clock.now(), bytesMax: left, legalHold: legalHold))
            if removed.count > 0, kind != .pages { events.fire() }
            count += removed.count
            left -= removed.bytes
            next = removed.next
            let rest = Duration.microseconds((Clock.monotonic() - began) * Self.pauseFactor)
            // Cancelled: the loop then ends.
            if next != nil { try? await Task.sleep(for: Swift.max(rest, Self.pauseMin)) }
        }
        return count
    }
}
