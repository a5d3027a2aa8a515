import CoreMetrics
package import Journaling

/// How long the journal's writer takes: `wardline_commit_seconds` for a whole transaction, `wardline_fsync_seconds` for
/// the part of it that waits for the disk.
package struct WriterMetrics: Sendable {
    private let commit = Timer(label: "wardline_commit_seconds")
    private let sync = Timer(label: "wardline_fsync_seconds")

    package init() {}

    package func record(_ time: CommitTime) {
        commit.recordNanoseconds(time.transaction)
        sync.recordNanoseconds(time.sync)
    }
}
