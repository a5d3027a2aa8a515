import MLLP
import Synchronization

/// What intake knows about one connection.
final class IntakeConnection: Sendable {
    private struct State {
        /// Frames without a readable header, in a row.
        var unreadable = 0
        /// Frames waiting for a thread.
        var waiting = 0
    }

    let info: ConnectionInfo
    let senders = SenderCache()
    private let state = Mutex(State())

    init(_ info: ConnectionInfo) { self.info = info }

    /// Whether a frame goes to a thread: it is long, or follows one that waits for it. Then ``left()`` is called after.
    func mustWait(isLong: Bool) -> Bool {
        state.withLock { state in
            guard isLong || state.waiting > 0 else { return false }
            state.waiting += 1
            return true
        }
    }

    func left() { state.withLock { $0.waiting -= 1 } }

    func sawMessage() { state.withLock { $0.unreadable = 0 } }

    /// - Returns: how many in a row, this one included.
    func sawUnreadable() -> Int {
        state.withLock { state in
            state.unreadable += 1
            return state.unreadable
        }
    }
}
