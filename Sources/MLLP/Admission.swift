/// Counts the open connections of a listener and decides about the next one.
struct Admission: Sendable {
    private let limits: MLLPLimits
    private var peers: [String: Int] = [:]
    private(set) var count = 0
    private(set) var isClosed = false

    init(limits: MLLPLimits) {
        self.limits = limits
    }

    /// Counts a connection from `peer`, or says why not.
    mutating func admit(_ peer: String, isLoopback: Bool) -> RefusalReason? {
        if isClosed { return .shuttingDown }
        if count >= limits.connectionsMax { return .listenerFull(connectionsMax: limits.connectionsMax) }
        if !isLoopback, peers[peer, default: 0] >= limits.connectionsPerPeerMax {
            return .peerFull(connectionsPerPeerMax: limits.connectionsPerPeerMax)
        }
        count += 1
        peers[peer, default: 0] += 1
        return nil
    }

    /// Takes back what ``admit(_:isLoopback:)`` counted.
    mutating func release(_ peer: String) {
        count -= 1
        peers[peer, default: 0] -= 1
        if peers[peer] == 0 { peers[peer] = nil }
    }

    /// Admits nobody from now on.
    mutating func close() { isClosed = true }
}
