import Synchronization

/// Tells those who wait that writing has ended by an error.
final class FailureWatch: Sendable {
    private struct State {
        var failure: JournalError?
        var waiters: [Int: CheckedContinuation<JournalError?, Never>] = [:]
        var cancelled: Set<Int> = []
        var lastWaiter = 0
    }

    private let state = Mutex(State())

    var failure: JournalError? { state.withLock(\.failure) }

    /// Sets the failure and wakes everybody. Only the first one counts.
    func fail(_ error: JournalError) {
        let waiters = state.withLock { state in
            state.failure = state.failure ?? error
            defer { state.waiters = [:] }
            return state.waiters.values.map { $0 }
        }
        for waiter in waiters { waiter.resume(returning: error) }
    }

    /// The failure once there is one; nil if the task is cancelled before.
    func wait() async -> JournalError? {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        // A cancellation can come between being woken and getting here.
        defer { state.withLock { _ = $0.cancelled.remove(id) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    let isOver = state.failure != nil || state.cancelled.remove(id) != nil
                    if !isOver { state.waiters[id] = continuation }
                    return isOver
                }
                if isOver { continuation.resume(returning: failure) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: id)
                if waiter == nil, state.failure == nil { state.cancelled.insert(id) }
                return waiter
            }
            waiter?.resume(returning: nil)
        }
    }
}
