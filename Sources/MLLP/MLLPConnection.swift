internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// A client connection driven by callbacks, for senders that keep many messages in flight.
/// ``MLLPClient`` is the safe way to send one message and wait for its answer.
public final class MLLPConnection: Sendable {
    /// What a connection tells its owner. Called on the event loop; must not block.
    enum Event: Sendable {
        case opened
        case frame(Frame)
        /// The payloads up to this one of ``write(_:telling:)`` are with the system.
        case written(Int)
        /// Once, after a failed opening too; nil if either side closed an open connection.
        case closed(MLLPClientError?)
    }

    private let mailbox = Mailbox<ClientConnection.Letter>()

    /// A connection that ``start(host:port:tls:limits:connectTimeout:eventLoops:onEvent:)`` opens.
    init() {}

    /// Opens a connection, with TLS if `tls` is given.
    ///
    /// - Parameters:
    ///   - connectTimeout: the longest time for TCP, and again for the TLS handshake.
    ///   - onFrame: called on the event loop for every frame; must not block. Writes made in it leave
    ///     together when the batch of frames is through.
    ///   - onClose: called once, on the event loop, if the connection was opened; nil if either side closed it.
    public static func connect(
        host: String, port: Int, tls: ClientSecrets? = nil, limits: MLLPLimits = MLLPLimits(),
        connectTimeout: Duration = .seconds(10), eventLoops: EventLoops = .shared,
        onFrame: @escaping @Sendable (Frame) -> Void, onClose: @escaping @Sendable (MLLPClientError?) -> Void
    ) async throws(MLLPClientError) -> MLLPConnection {
        let connection = MLLPConnection()
        let opening = Opening()
        connection.start(
            host: host, port: port, tls: tls, limits: limits, connectTimeout: connectTimeout, eventLoops: eventLoops
        ) { event in
            switch event {
            case .opened: opening.end(nil)
            case .frame(let frame): onFrame(frame)
            case .written: break
            case .closed(let error):
                if !opening.end(error ?? MLLPClientError(.closed, "closed while connecting")) { onClose(error) }
            }
        }
        if let error = await opening.wait() { throw error }
        return connection
    }

    /// Sends payloads, each in its frame, from any thread. Lost if the connection has ended.
    public func write(_ payloads: [[UInt8]]) {
        mailbox.post(.write(payloads))
    }

    /// Sends a payload and reports ``Event/written(_:)`` once the system has it.
    func write(_ payload: [UInt8], telling number: Int) {
        mailbox.post(.writeTelling(payload, number))
    }

    /// Closes the connection at once, from any thread. Nothing written later is sent.
    public func close() {
        mailbox.post(.close)
    }

    /// Opens the connection and reports what happens to it, its opening too.
    func start(
        host: String, port: Int, tls: ClientSecrets?, limits: MLLPLimits, connectTimeout: Duration,
        eventLoops: EventLoops, onEvent: @escaping @Sendable (Event) -> Void
    ) {
        let peer = hostAndPort(host, port)
        var limits = limits
        limits.handshakeTime = connectTimeout
        // Several addresses of one host may be tried at once: only the channel that won gets the handlers,
        // and reads nothing before.
        ClientBootstrap(group: eventLoops.group)
            .connectTimeout(connectTimeout.timeAmount)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .connect(host: host, port: port)
            .flatMap { [mailbox, limits] channel in
                channel.eventLoop.submit {
                    guard channel.isActive else { throw ChannelError.ioOnClosedChannel }
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        let name = tls.serverName ?? (isIPAddress(host) ? nil : host)
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls.context, serverHostname: name))
                    }
                    let handler = ClientConnection(
                        peer: peer, isTLS: tls != nil, limits: limits, mailbox: mailbox, onEvent: onEvent)
                    try pipeline.addHandler(handler)
                    channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
                }.flatMapErrorThrowing { error in
                    channel.close(promise: nil)
                    throw error
                }
            }
            // A channel with its handlers reports its own end.
            .whenFailure { error in
                let text = "cannot connect to \(peer): \(connectFailure(error))"
                onEvent(.closed(MLLPClientError(error is NIOSSLExtraError ? .tlsFailed : .connectFailed, text)))
            }
    }
}

private func isIPAddress(_ host: String) -> Bool {
    (try? SocketAddress(ipAddress: host, port: 0)) != nil
}

/// What the system said, without the types that it was wrapped in.
private func connectFailure(_ error: any Error) -> String {
    func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode)).lowercased()
    }
    guard let error = error as? NIOConnectionError else { return reason(error) }
    if error.connectionErrors.isEmpty, let lookup = error.dnsAError ?? error.dnsAAAAError { return reason(lookup) }
    let reasons = Set(error.connectionErrors.map { reason($0.error) }).sorted()
    return reasons.isEmpty ? "no address answered" : reasons.joined(separator: ", ")
}
