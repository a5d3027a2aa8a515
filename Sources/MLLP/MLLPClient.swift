internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Sends one message at a time to one peer and returns its answer.
///
/// Connects when it has something to send, and keeps the connection. A time-out, a cancelled task or
/// a broken answer closes it before anything else can be sent, so that a late answer is never taken
/// for the answer to another message.
public final class MLLPClient: Sendable {
    private struct Exchange {
        var payload: [UInt8]
        var timeout: Duration
        var isUnanswered: Bool
        var isAnswer: @Sendable ([UInt8]) -> Bool
        var continuation: CheckedContinuation<Result<[UInt8], MLLPClientError>, Never>
        var timer: Scheduled<Void>?
    }

    private struct Inner {
        var state: ClientState
        var lastExchange = 0
        var exchanges: [Int: Exchange] = [:]
        var connections: [Int: MLLPConnection] = [:]
    }

    private let host: String
    private let port: Int
    private let tls: ClientSecrets?
    private let limits: MLLPLimits
    private let connectTimeout: Duration
    private let eventLoops: EventLoops
    private let onUnsolicited: @Sendable (Frame) -> Void
    private let inner: Mutex<Inner>

    /// - Parameters:
    ///   - tls: nil for plaintext.
    ///   - connectTimeout: the longest time for TCP, and again for the TLS handshake.
    ///   - onUnsolicited: told about frames that answer no exchange, which are discarded; called on the event loop.
    public init(
        host: String, port: Int, tls: ClientSecrets? = nil, limits: MLLPLimits = MLLPLimits(),
        connectTimeout: Duration = .seconds(10), eventLoops: EventLoops = .shared,
        onUnsolicited: @escaping @Sendable (Frame) -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.limits = limits
        self.connectTimeout = connectTimeout
        self.eventLoops = eventLoops
        self.onUnsolicited = onUnsolicited
        inner = Mutex(Inner(state: ClientState(peer: hostAndPort(host, port))))
    }

    deinit {
        close()
    }

    /// True while a connection is open.
    public var isConnected: Bool { inner.withLock { $0.state.isOpen } }

    /// Sends `payload` and returns the payload of the next frame. Whether that frame answers this
    /// message, only its contents can tell: call ``close()`` if they do not.
    ///
    /// - Parameters:
    ///   - timeout: the longest wait for the answer, from the moment of writing.
    ///   - isAnswer: asked on the event loop about each frame; must not block. A frame of which it says no, such as an
    ///     application acknowledgement to an earlier message, is unsolicited, and the wait goes on.
    public func exchange(
        _ payload: [UInt8], timeout: Duration, isAnswer: @escaping @Sendable ([UInt8]) -> Bool = { _ in true }
    ) async throws(MLLPClientError) -> [UInt8] {
        try await exchange(payload, timeout: timeout, isUnanswered: false, isAnswer)
    }

    /// Sends `payload` to a peer that does not answer, and returns once the system has taken it over. Whether it
    /// arrives, nobody knows; what the peer sends is unsolicited.
    ///
    /// - Parameter timeout: the longest wait until then, from the moment of writing.
    public func send(_ payload: [UInt8], timeout: Duration) async throws(MLLPClientError) {
        _ = try await exchange(payload, timeout: timeout, isUnanswered: true) { _ in false }
    }

    private func exchange(
        _ payload: [UInt8], timeout: Duration, isUnanswered: Bool, _ isAnswer: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws(MLLPClientError) -> [UInt8] {
        guard FrameEncoder.canCarry(payload) else {
            throw MLLPClientError(.unframeable, "the message is empty or holds MLLP framing bytes: it was not sent")
        }
        let number = inner.withLock { inner in
            inner.lastExchange += 1
            return inner.lastExchange
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let exchange = Exchange(
                    payload: payload, timeout: timeout, isUnanswered: isUnanswered, isAnswer: isAnswer,
                    continuation: continuation)
                inner.withLock { $0.exchanges[number] = exchange }
                perform(isUnanswered ? .beginUnanswered(exchange: number) : .begin(exchange: number))
                // Cancelled before it began: the handler below came too early to find it.
                if Task.isCancelled { perform(.cancelled(exchange: number)) }
            }
        } onCancel: {
            perform(.cancelled(exchange: number))
        }
        return try result.get()
    }

    /// Closes the connection; an exchange in progress fails. The next exchange connects anew.
    public func close() {
        perform(.close)
    }

    private func perform(_ event: ClientState.Event) {
        let actions = inner.withLock { inner in
            let actions = inner.state.handle(event)
            if case .closed(_, let connection) = event { inner.connections[connection] = nil }
            // Known before another thread can decide to close it.
            for case .connect(let connection) in actions { inner.connections[connection] = MLLPConnection() }
            return actions
        }
        for action in actions { perform(action) }
    }

    private func perform(_ action: ClientState.Action) {
        switch action {
        case .connect(let number): connect(number)
        case .write(let exchange, let connection): write(exchange, on: connection)
        case .close(let number): inner.withLock { $0.connections.removeValue(forKey: number) }?.close()
        case .finish(let number, let result):
            let exchange = inner.withLock { $0.exchanges.removeValue(forKey: number) }
            exchange?.timer?.cancel()
            exchange?.continuation.resume(returning: result)
        case .report(let frame): onUnsolicited(frame)
        }
    }

    private func connect(_ number: Int) {
        guard let connection = inner.withLock({ $0.connections[number] }) else { return }
        connection.start(
            host: host, port: port, tls: tls, limits: limits, connectTimeout: connectTimeout, eventLoops: eventLoops
        ) { [weak self] event in
            switch event {
            case .opened: self?.perform(.opened(connection: number))
            case .frame(let frame): self?.received(frame, on: number)
            case .written(let exchange): self?.perform(.written(exchange: exchange))
            case .closed(let error): self?.perform(.closed(error, connection: number))
            }
        }
    }

    /// Called on the connection's event loop, so frames keep their order.
    private func received(_ frame: Frame, on connection: Int) {
        let isAnswer = inner.withLock { inner in inner.state.awaited.flatMap { inner.exchanges[$0]?.isAnswer } }
        guard case .message(let payload) = frame, let isAnswer else {
            return perform(.frame(frame, connection: connection, isAnswer: true))
        }
        perform(.frame(frame, connection: connection, isAnswer: isAnswer(payload)))
    }

    private func write(_ number: Int, on connection: Int) {
        let found = inner.withLock { inner in (inner.exchanges[number], inner.connections[connection]) }
        guard let exchange = found.0, let connection = found.1 else { return }
        let timer = eventLoops.group.next().scheduleTask(in: exchange.timeout.timeAmount) { [weak self] () -> Void in
            self?.perform(.timedOut(exchange: number))
        }
        inner.withLock { $0.exchanges[number]?.timer = timer }
        if exchange.isUnanswered {
            connection.write(exchange.payload, telling: number)
        } else {
            connection.write([exchange.payload])
        }
    }
}
