import Synchronization

/// Tasks of one actor that wait for work, woken as many as there is work for: the last one to wait first, since what
/// it holds is still warm.
///
/// Only the actor itself may wait and wake, so nothing is missed between looking and waiting. Closing is for anybody.
final class Waiters: Sendable {
    private struct State {
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Nobody waits any more.
    var isClosed: Bool { state.withLock(\.isClosed) }

    /// Returns when woken, or at once if closed.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isClosed = state.withLock { state in
                if !state.isClosed { state.waiting.append(continuation) }
                return state.isClosed
            }
            if isClosed { continuation.resume() }
        }
    }

    func wake(_ count: Int = 1) {
        for _ in 0..<max(0, count) {
            guard let waiter = state.withLock({ $0.waiting.popLast() }) else { return }
            waiter.resume()
        }
    }

    func wakeAll() { wake(.max) }

    /// Wakes everybody, for ever.
    func close() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.isClosed = true
            return state.waiting
        }
        for waiter in waiting { waiter.resume() }
    }
}
