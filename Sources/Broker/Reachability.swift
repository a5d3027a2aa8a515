import Interfaces

/// Whether a receiver can be reached. While it cannot, one attempt after another of ever other messages would only fill
/// the log: the endpoint rests, for ever longer times, and is there again with the first answer.
///
///     reached ──n failures to connect──▶ open: one delivery tries, then all rest ──it gets there──▶ reached
struct Reachability {
    /// What is news for the log.
    enum News: Equatable {
        /// From now on one delivery at a time tries.
        case opened(failures: Int)
        case closed
    }

    /// Nothing is tried before this time, whatever waits.
    private(set) var restsUntil: Int64 = 0
    /// Since when no attempt has reached the receiver, on the clock of ``restsUntil``; nil: the last one did.
    private(set) var unreachedSince: Int64?
    /// An attempt has reached the receiver.
    private(set) var wasReached = false
    /// Attempts in a row that did not reach the receiver.
    private var unreached = 0
    /// One delivery tries for all.
    private var isProbing = false
    /// What the last attempts came to, for state changes in the log: a receiver that is down is said once.
    private var isFailing = false
    private let retry: RetryPolicy
    private let failuresMax: Int

    /// - Parameter failuresMax: failures in a row from which on only one delivery tries.
    init(retry: RetryPolicy, failuresMax: Int) {
        self.retry = retry
        self.failuresMax = failuresMax
    }

    /// The receiver was away so often that only one delivery at a time tries.
    var isOpen: Bool { unreached >= failuresMax }
    /// Nobody else is to try while one does.
    var isClosedToOthers: Bool { isOpen && isProbing }

    /// Lets one delivery try for all.
    mutating func beginProbe() { isProbing = true }

    /// The delivery that tried for all has done so, whatever came of it.
    mutating func endProbe() { isProbing = false }

    /// Takes in what came of attempts that were made together.
    ///
    /// - Parameters:
    ///   - now: microseconds of a clock that never goes back, as ``restsUntil``.
    ///   - jitter: a random number from 0 up to 1.
    mutating func note(_ outcomes: some Collection<SendOutcome>, now: Int64, jitter: Double) -> News? {
        guard !outcomes.isEmpty else { return nil }
        let wish = outcomes.compactMap { outcome -> Duration? in
            if case .retry(let wish) = outcome.decision { return wish }
            return nil
        }.max()
        let wasOpen = isOpen
        if outcomes.contains(where: { !$0.isUnreached }) {
            if unreached > 0 { restsUntil = 0 }
            unreached = 0
            unreachedSince = nil
            wasReached = true
            if let wish { restsUntil = max(restsUntil, now + wish.microseconds) }
        } else if now >= restsUntil {
            unreachedSince = unreachedSince ?? now
            // Several connections that fail together count once.
            unreached += 1
            let delay = retry.delay(after: unreached, jitter: jitter)
            restsUntil = now + max(delay, wish ?? .zero).microseconds
        }
        return wasOpen == isOpen ? nil : isOpen ? .opened(failures: unreached) : .closed
    }

    /// Tries again at once: a person asked for it.
    mutating func wake() { restsUntil = 0 }

    /// - Returns: whether the outcome is news for the log.
    mutating func isChanged(isFailing now: Bool) -> Bool {
        defer { isFailing = now }
        return isFailing != now
    }
}
