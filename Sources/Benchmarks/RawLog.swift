internal import Foundation
internal import Synchronization

/// What a journal is measured against: a file that a thread appends to, with one `fdatasync` for all that waits.
///
/// It keeps nothing but the bytes, so no journal with the same promise can be faster.
final class RawLog: Sendable {
    private struct Waiting {
        var bytes: [[UInt8]] = []
        var callers: [CheckedContinuation<Bool, Never>] = []
        var isClosed = false
    }

    private static let batchMax = 256
    private let waiting = Mutex(Waiting())
    private let arrival = DispatchSemaphore(value: 0)
    private let end = DispatchSemaphore(value: 0)
    private let file: Int32

    init(path: String) throws {
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BenchmarkError("cannot create \(path)") }
        Thread.detachNewThread { [self] in write() }
    }

    /// Returns when the bytes are on disk.
    func append(_ bytes: [UInt8]) async throws {
        let isStored = await withCheckedContinuation { continuation in
            waiting.withLock { waiting in
                waiting.bytes.append(bytes)
                waiting.callers.append(continuation)
            }
            arrival.signal()
        }
        guard isStored else { throw BenchmarkError("the raw log cannot be written") }
    }

    /// Ends the thread.
    func close() {
        waiting.withLock { $0.isClosed = true }
        arrival.signal()
        end.wait()
        _ = Foundation.close(file)
    }

    private func write() {
        while true {
            arrival.wait()
            let (batch, callers, isClosed) = waiting.withLock { waiting in
                let count = min(waiting.bytes.count, Self.batchMax)
                let batch = Array(waiting.bytes.prefix(count).joined())
                let callers = Array(waiting.callers.prefix(count))
                waiting.bytes.removeFirst(count)
                waiting.callers.removeFirst(count)
                return (batch, callers, waiting.isClosed)
            }
            if isClosed { break }
            // One wake a caller: those whose bytes went with an earlier batch find nothing.
            if callers.isEmpty { continue }
            let isStored = batch.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) } == batch.count
            let isSynced = fdatasync(file) == 0
            for caller in callers { caller.resume(returning: isStored && isSynced) }
        }
        end.signal()
    }
}
