internal import Dispatch
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Waits for the signals that ask a process to end.
enum Interruption {
    /// Returns at SIGINT or SIGTERM, or when the task is cancelled.
    static func wait() async {
        let stream = AsyncStream<Void> { continuation in
            let sources = [SIGINT, SIGTERM].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { continuation.finish() }
                source.resume()
                return Source(source)
            }
            continuation.onTermination = { _ in for source in sources { source.cancel() } }
        }
        for await _ in stream {}
    }

    /// A source that is made and cancelled, which Dispatch allows from any thread.
    private final class Source: Sendable {
        private let source: Mutex<any DispatchSourceSignal>

        init(_ source: sending any DispatchSourceSignal) { self.source = Mutex(source) }

        func cancel() { source.withLock { $0.cancel() } }
    }
}
