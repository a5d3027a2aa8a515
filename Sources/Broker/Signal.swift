import Synchronization

/// Wakes tasks that wait for something to have changed. A signal given while nobody waits is remembered, so a waiter
/// that looks, finds nothing and then waits misses nothing.
package final class Signal: Sendable {
    private struct State {
        var generation: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
        /// Cancelled before they began to wait.
        var cancelled: Set<UInt64> = []
    }

    private let state = Mutex(State())

    package init() {}

    /// What to pass to ``wait(since:)``: taken before looking.
    package var generation: UInt64 { state.withLock(\.generation) }

    /// Wakes everybody who waits.
    package func fire() {
        let waiters = state.withLock { state in
            state.generation += 1
            defer { state.waiters.removeAll() }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once ``fire()`` was called after `generation` was taken, or the task is cancelled.
    package func wait(since generation: UInt64) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.generation != generation || state.cancelled.remove(id) != nil { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: id)
                if waiter == nil { state.cancelled.insert(id) }
                return waiter
            }
            waiter?.resume()
        }
        // A cancellation can come between being woken and getting here.
        state.withLock { _ = $0.cancelled.remove(id) }
    }

    /// As ``wait(since:)``, but returns after a time at the latest; nil waits for ever.
    package func wait(since generation: UInt64, atMost time: Duration?) async {
        guard let time else { return await wait(since: generation) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait(since: generation) }
            // Cancelled when the signal was faster: no error to tell of.
            group.addTask { try? await Task.sleep(for: time) }
            await group.next()
            group.cancelAll()
        }
    }
}
