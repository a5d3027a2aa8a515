import Interfaces
import Synchronization

/// Connections for queries, apart from those of deliveries: at most as many of an endpoint as it allows.
final class QueryClients: Sendable {
    private struct Pool {
        var endpoint: Endpoint
        var idle: [MLLPSender] = []
        /// Idle ones and those in use.
        var count = 0
    }

    private enum Found {
        case idle(MLLPSender)
        case mayMake
        case mustWait
    }

    private let pools = Mutex<[String: Pool]>([:])
    private let changed = Signal()

    /// A connection of its own for one query.
    ///
    /// - Parameter deadline: on the monotonic clock, in microseconds.
    func take(_ endpoint: Endpoint, before deadline: Int64) async throws(QueryFailure) -> MLLPSender {
        while !Task.isCancelled {
            let generation = changed.generation
            switch find(endpoint) {
            case .idle(let sender): return sender
            case .mayMake: return try await make(endpoint)
            case .mustWait: break
            }
            let left = deadline - Clock.monotonic()
            guard left > 0 else { throw QueryFailure("all connections to \(endpoint.name) are busy") }
            await changed.wait(since: generation, atMost: .microseconds(left))
        }
        throw QueryFailure("the broker is stopping")
    }

    /// Lets another query use it.
    func giveBack(_ sender: MLLPSender) {
        let name = sender.endpoint.name
        pools.withLock { pools in
            // One to an endpoint that was changed since is let go of, which closes it.
            if pools[name]?.endpoint == sender.endpoint { pools[name]?.idle.append(sender) }
        }
        changed.fire()
    }

    func close() async {
        let senders = pools.withLock { pools in
            defer { pools.removeAll() }
            return pools.values.flatMap(\.idle)
        }
        for sender in senders { await sender.close() }
    }

    private func find(_ endpoint: Endpoint) -> Found {
        pools.withLock { pools in
            var pool = pools[endpoint.name].flatMap { $0.endpoint == endpoint ? $0 : nil } ?? Pool(endpoint: endpoint)
            defer { pools[endpoint.name] = pool }
            if let sender = pool.idle.popLast() { return .idle(sender) }
            guard pool.count < max(1, endpoint.connections) else { return .mustWait }
            pool.count += 1
            return .mayMake
        }
    }

    private func make(_ endpoint: Endpoint) async throws(QueryFailure) -> MLLPSender {
        do {
            if let sender = try await SenderFactory.make(endpoint) as? MLLPSender { return sender }
            throw QueryFailure("\(endpoint.name) is no mllp endpoint")
        } catch {
            pools.withLock { $0[endpoint.name]?.count -= 1 }
            changed.fire()
            throw error as? QueryFailure ?? QueryFailure("\(endpoint.name) cannot be used: \(error)")
        }
    }
}
