internal import Synchronization

/// The bytes that all connections of a listener hold together.
///
/// Over the limit, connections stop reading. One of them at a time may go on to finish the frame
/// that it began: unfinished frames are released only by being finished, so without this rule they
/// could block each other for ever. The limit is therefore exceeded by one frame at most.
final class ByteBudget: Sendable {
    private struct Waiting {
        var exempt: UInt64?
        var wakes: [UInt64: @Sendable () -> Void] = [:]
    }

    private let bytesMax: Int
    private let used = Atomic(0)
    private let waiting = Mutex(Waiting())

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    var isExceeded: Bool { used.load(ordering: .sequentiallyConsistent) > bytesMax }

    /// Adds `bytes`, which may be negative, and wakes those who wait once the limit is kept again.
    func add(_ bytes: Int) {
        let now = used.add(bytes, ordering: .sequentiallyConsistent).newValue
        if now <= bytesMax, now - bytes > bytesMax { wakeAll() }
    }

    /// Whether `connection` may read on. If not, it waits and `wake` is called once, on any thread.
    func mayRead(_ connection: UInt64, isInsideFrame: Bool, wake: @escaping @Sendable () -> Void) -> Bool {
        waiting.withLock { waiting in
            // Looked at under the lock: who makes room afterwards finds this connection waiting.
            waiting.wakes[connection] = nil
            if !isExceeded { return true }
            if isInsideFrame, waiting.exempt == nil || waiting.exempt == connection {
                waiting.exempt = connection
                return true
            }
            waiting.wakes[connection] = wake
            return false
        }
    }

    /// Says that `connection` finished its frame or ended: another one may finish its own.
    func frameEnded(_ connection: UInt64, connectionEnded: Bool = false) {
        let wakes: [@Sendable () -> Void] = waiting.withLock { waiting in
            if connectionEnded { waiting.wakes[connection] = nil }
            guard waiting.exempt == connection else { return [] }
            waiting.exempt = nil
            defer { waiting.wakes = [:] }
            return Array(waiting.wakes.values)
        }
        for wake in wakes { wake() }
    }

    private func wakeAll() {
        let wakes = waiting.withLock { waiting in
            defer { waiting.wakes = [:] }
            return Array(waiting.wakes.values)
        }
        for wake in wakes { wake() }
    }
}
