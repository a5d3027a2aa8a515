import Synchronization

/// What was exported of queues, so that only that is purged: by the SHA-256 of the export.
///
/// In memory: after a restart whoever wants to purge exports again.
final class QueueExports: Sendable {
    struct Export: Sendable {
        var endpoint: String
        var seqs: [Int64]
    }

    private struct State {
        var exports: [String: Export] = [:]
        /// Oldest first.
        var order: [String] = []
    }

    private let state = Mutex(State())
    private static let countMax = 16

    func keep(_ export: Export, as sha256: String) {
        state.withLock { state in
            if state.exports.updateValue(export, forKey: sha256) == nil { state.order.append(sha256) }
            while state.order.count > Self.countMax { state.exports[state.order.removeFirst()] = nil }
        }
    }

    /// Gives it out once.
    func take(_ sha256: String, endpoint: String) -> Export? {
        state.withLock { state in
            guard state.exports[sha256]?.endpoint == endpoint else { return nil }
            state.order.removeAll { $0 == sha256 }
            return state.exports.removeValue(forKey: sha256)
        }
    }
}
