internal import Synchronization

/// The outcome of opening a connection: noted once, waited for once.
final class Opening: Sendable {
    private enum State {
        case pending(CheckedContinuation<MLLPClientError?, Never>?)
        case ended(MLLPClientError?)
    }

    private let state = Mutex(State.pending(nil))

    /// Notes the outcome, nil for success.
    /// - Returns: false if there was one before.
    @discardableResult
    func end(_ error: MLLPClientError?) -> Bool {
        let (isFirst, waiting) = state.withLock { state -> (Bool, CheckedContinuation<MLLPClientError?, Never>?) in
            guard case .pending(let waiting) = state else { return (false, nil) }
            state = .ended(error)
            return (true, waiting)
        }
        waiting?.resume(returning: error)
        return isFirst
    }

    /// Returns the outcome.
    func wait() async -> MLLPClientError? {
        await withCheckedContinuation { continuation in
            let outcome: MLLPClientError?? = state.withLock { state in
                if case .ended(let error) = state { return .some(error) }
                state = .pending(continuation)
                return .none
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }
}
