internal import NIOCore
internal import NIOPosix

/// The threads that serve connections. Many servers and clients can share them.
public final class EventLoops: Sendable {
    /// Two threads for the life of the process, made at first use.
    public static let shared = EventLoops(threads: 2)

    let group: any EventLoopGroup

    public init(threads: Int) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, threads))
    }

    private init(_ group: any EventLoopGroup) { self.group = group }

    /// One of these threads: connections that are made on it share it, and an actor may too (``executor``).
    public func one() -> EventLoops { EventLoops(group.next()) }

    /// Runs an actor on one of the threads, so that what it does with its connections needs no change of thread.
    /// The threads must outlive the actor.
    public var executor: UnownedSerialExecutor { group.next().executor.asUnownedSerialExecutor() }

    /// Ends the threads. Servers and connections on them must have ended; never for ``shared`` and ``one()``.
    public func shutdown() async {
        // Fails only if the threads have been ended before.
        try? await group.shutdownGracefully()
    }
}

extension NIODeadline {
    /// Monotonic time as the clocks of connections take it.
    static var elapsed: Duration { .nanoseconds(Int64(now().uptimeNanoseconds)) }
}

extension Duration {
    /// For timers: rounded up to nanoseconds, and not below zero.
    var timeAmount: TimeAmount {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return .zero }
        guard seconds < 1_000_000_000 else { return .hours(24 * 365) }
        return .nanoseconds(seconds * 1_000_000_000 + (attoseconds + 999_999_999) / 1_000_000_000)
    }
}
