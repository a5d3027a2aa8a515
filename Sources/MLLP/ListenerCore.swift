internal import Synchronization

/// What the connections of one listener share.
final class ListenerCore: Sendable {
    private struct State {
        var admission: Admission
        var mailboxes: [UInt64: Mailbox<ServerConnection.Letter>] = [:]
        var whenEmpty: [CheckedContinuation<Void, Never>] = []
    }

    private static let lastConnection = Atomic<UInt64>(0)

    let name: String
    let limits: MLLPLimits
    let handler: any FrameHandler
    let budget: ByteBudget
    private let state: Mutex<State>
    private let paused = Atomic<Bool>(false)

    init(name: String, limits: MLLPLimits, handler: any FrameHandler) {
        self.name = name
        self.limits = limits
        self.handler = handler
        budget = ByteBudget(bytesMax: limits.listenerBytesInFlightMax)
        state = Mutex(State(admission: Admission(limits: limits)))
    }

    /// Nothing is read and no frame handed over.
    var isPaused: Bool { paused.load(ordering: .acquiring) }

    func setPaused(_ isPaused: Bool) { paused.store(isPaused, ordering: .releasing) }

    /// Open connections, those in their handshake included.
    var connectionCount: Int { state.withLock { $0.admission.count } }

    static func nextConnection() -> UInt64 {
        lastConnection.add(1, ordering: .relaxed).newValue
    }

    /// Counts a connection that reads letters from `mailbox`, or says why not.
    func admit(_ info: ConnectionInfo, mailbox: Mailbox<ServerConnection.Letter>) -> RefusalReason? {
        state.withLock { state in
            let refusal = state.admission.admit(info.peer, isLoopback: info.isLoopback)
            if refusal == nil { state.mailboxes[info.id] = mailbox }
            return refusal
        }
    }

    /// Takes back what ``admit(_:mailbox:)`` counted.
    func release(_ info: ConnectionInfo) {
        let waiting: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.mailboxes[info.id] = nil
            state.admission.release(info.peer)
            guard state.admission.count == 0 else { return [] }
            defer { state.whenEmpty = [] }
            return state.whenEmpty
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Admits nobody from now on.
    func close() {
        state.withLock { $0.admission.close() }
    }

    /// Sends a letter to every open connection.
    func postToAll(_ letter: ServerConnection.Letter) {
        let mailboxes = state.withLock { Array($0.mailboxes.values) }
        for mailbox in mailboxes { mailbox.post(letter) }
    }

    /// Returns once no connection is open.
    func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if state.admission.count > 0 { state.whenEmpty.append(continuation) }
                return state.admission.count == 0
            }
            if isEmpty { continuation.resume() }
        }
    }
}
