package import Interfaces

extension RetryPolicy {
    /// The wait after the `attempt`-th failed attempt (from 1).
    ///
    ///     attempt   1    2    3    4  …  9     10
    ///     seconds   1    2    4    8  …  256   300     times 0.8 … 1.2, so that senders do not come in step
    ///
    /// - Parameter jitter: a random number from 0 up to 1.
    package func delay(after attempt: Int, jitter: Double) -> Duration {
        var delay = first
        for _ in 1..<max(1, min(attempt, 64)) where delay < longest { delay = delay * factor }
        return min(delay, longest) * (0.8 + 0.4 * jitter)
    }
}

extension Duration {
    /// Whole microseconds.
    package var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
