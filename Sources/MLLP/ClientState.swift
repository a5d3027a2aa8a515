/// Decides what a client does: at most one exchange on one connection, and no answer is ever credited
/// to another exchange, because a connection whose answer is overdue is given up first.
///
/// Connections and exchanges bear numbers; whatever a given-up connection still reports is ignored.
struct ClientState: Sendable {
    enum Event: Hashable, Sendable {
        case begin(exchange: Int)
        case beginUnanswered(exchange: Int)
        case written(exchange: Int)
        case opened(connection: Int)
        /// `isAnswer`: whether it ends the exchange in progress.
        case frame(Frame, connection: Int, isAnswer: Bool)
        case closed(MLLPClientError?, connection: Int)
        case timedOut(exchange: Int)
        case cancelled(exchange: Int)
        case close
    }

    enum Action: Hashable, Sendable {
        case connect(connection: Int)
        case write(exchange: Int, connection: Int)  // and start the answer's timer
        case close(connection: Int)
        case finish(exchange: Int, Result<[UInt8], MLLPClientError>)
        case report(Frame)  // nobody asked for it
    }

    private enum Link: Hashable {
        case none
        case connecting(Int)
        case open(Int)
    }

    private let peer: String
    private var link = Link.none
    private var lastConnection = 0
    private var current: Int?  // the exchange in progress
    private var isUnanswered = false  // and it ends when it is written

    init(peer: String) {
        self.peer = peer
    }

    /// The exchange whose answer is awaited.
    var awaited: Int? { isUnanswered ? nil : current }

    var isOpen: Bool {
        if case .open = link { true } else { false }
    }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .begin(let exchange): begin(exchange, isUnanswered: false)
        case .beginUnanswered(let exchange): begin(exchange, isUnanswered: true)
        case .written(let exchange): isUnanswered && current == exchange ? finish(.success([])) : []
        case .opened(let connection): opened(connection)
        case .frame(let frame, let connection, let isAnswer): received(frame, on: connection, isAnswer)
        case .closed(let error, let connection): closed(error, connection)
        case .timedOut(let exchange): giveUp(exchange, .timedOut, "no answer from \(peer) in time: connection closed")
        case .cancelled(let exchange):
            giveUp(exchange, .cancelled, "exchange with \(peer) cancelled: connection closed")
        case .close: hangUp() + finish(.failure(MLLPClientError(.closed, "the client was closed")))
        }
    }

    private mutating func begin(_ exchange: Int, isUnanswered: Bool) -> [Action] {
        guard current == nil else {
            let error = MLLPClientError(.busy, "an exchange with \(peer) is in progress: one at a time on a client")
            return [.finish(exchange: exchange, .failure(error))]
        }
        current = exchange
        self.isUnanswered = isUnanswered
        switch link {
        case .open(let connection): return [.write(exchange: exchange, connection: connection)]
        case .connecting: return []
        case .none:
            lastConnection += 1
            link = .connecting(lastConnection)
            return [.connect(connection: lastConnection)]
        }
    }

    private mutating func opened(_ connection: Int) -> [Action] {
        guard link == .connecting(connection) else { return [] }
        link = .open(connection)
        return current.map { [.write(exchange: $0, connection: connection)] } ?? []
    }

    private mutating func received(_ frame: Frame, on connection: Int, _ isAnswer: Bool) -> [Action] {
        guard link == .open(connection) else { return [] }
        switch frame {
        case .message(let payload):
            return current == nil || isUnanswered || !isAnswer ? [.report(frame)] : finish(.success(payload))
        case .empty: return [.report(frame)]
        case .overlong(_, let length):
            return breach(frame, .overlong, "the answer of \(peer) is too long: \(length) bytes")
        case .broken(_, let error):
            return breach(frame, .brokenFrame, "the answer of \(peer) is broken: \(error)")
        }
    }

    private mutating func breach(_ frame: Frame, _ code: MLLPClientError.Code, _ text: String) -> [Action] {
        let report: [Action] = current == nil ? [.report(frame)] : []
        return report + hangUp() + finish(.failure(MLLPClientError(code, text)))
    }

    private mutating func closed(_ error: MLLPClientError?, _ connection: Int) -> [Action] {
        guard link == .open(connection) || link == .connecting(connection) else { return [] }
        link = .none
        return finish(.failure(error ?? MLLPClientError(.closed, "\(peer) closed the connection before it answered")))
    }

    private mutating func giveUp(_ exchange: Int, _ code: MLLPClientError.Code, _ text: String) -> [Action] {
        guard current == exchange else { return [] }
        return hangUp() + finish(.failure(MLLPClientError(code, text)))
    }

    private mutating func hangUp() -> [Action] {
        defer { link = .none }
        switch link {
        case .none: return []
        case .connecting(let connection), .open(let connection): return [.close(connection: connection)]
        }
    }

    private mutating func finish(_ result: Result<[UInt8], MLLPClientError>) -> [Action] {
        guard let exchange = current else { return [] }
        current = nil
        return [.finish(exchange: exchange, result)]
    }
}
