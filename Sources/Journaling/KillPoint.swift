import Glibc
import Synchronization

/// A place in a message's way at which a test ends the process at once, as `kill -9` would. In debug builds only:
/// with `WARDLINE_KILL_AT=settled:3` the process ends when it comes to that place for the third time.
package enum KillPoint: String, CaseIterable, Sendable {
    /// Transaction 1 is written, and nothing of it is on disk.
    case appending
    /// It is on disk, and nobody was told.
    case appended
    /// The same of transaction 2.
    case routing, routed
    /// The receiver has answered, and the journal knows nothing of it.
    case answered
    /// The same of transaction 3.
    case settling, settled

    package static let variable = "WARDLINE_KILL_AT"

    #if DEBUG
        private static let planned: (point: KillPoint, times: Int)? = {
            guard let text = getenv(variable).map({ String(cString: $0) }) else { return nil }
            let parts = text.split(separator: ":")
            guard parts.count == 2, let point = KillPoint(rawValue: String(parts[0])), let times = Int(parts[1])
            else { return nil }
            return (point, times)
        }()
        private static let visits = Atomic(0)
    #endif

    /// Ends the process if this is the place and the time.
    package func reached() {
        #if DEBUG
            guard let planned = Self.planned, planned.point == self else { return }
            if Self.visits.add(1, ordering: .relaxed).newValue == planned.times { kill(getpid(), SIGKILL) }
        #endif
    }
}

extension JournalQueue.Operation {
    /// Where this operation is before and after its commit.
    var killPoints: (before: KillPoint, after: KillPoint)? {
        switch self {
        case .append: (.appending, .appended)
        case .commit: (.routing, .routed)
        case .settle: (.settling, .settled)
        case .control, .record, .configuration, .remove, .seal: nil
        }
    }
}
