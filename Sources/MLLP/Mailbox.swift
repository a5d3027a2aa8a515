internal import Synchronization

/// Letters from any thread to one channel handler. Many letters cost one wake-up: only the first
/// after ``take(into:)`` wakes the event loop.
final class Mailbox<Letter: Sendable>: Sendable {
    private struct State {
        var letters: [Letter] = []
        var isAwake = false  // the owner will take the letters without being woken
        var wake: (@Sendable () -> Void)?
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Sets what wakes the owner. It is called without a lock held, and never after ``close()``: at once if there are
    /// letters already.
    func open(wake: @escaping @Sendable () -> Void) {
        let isAwaited = state.withLock { state in
            state.wake = wake
            return !state.letters.isEmpty
        }
        if isAwaited { wake() }
    }

    /// Lost if the mailbox is closed.
    func post(_ letter: Letter) {
        let wake: (@Sendable () -> Void)? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.letters.append(letter)
            guard !state.isAwake else { return nil }
            state.isAwake = true
            return state.wake
        }
        wake?()
    }

    /// Promises that the owner will soon take the letters by itself.
    func hold() {
        state.withLock { $0.isAwake = true }
    }

    /// Moves the letters to `letters`, which must be empty; its storage is used for the next ones.
    func take(into letters: inout [Letter]) {
        state.withLock { state in
            swap(&state.letters, &letters)
            state.isAwake = false
        }
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            state.letters = []
            state.wake = nil
        }
    }
}
