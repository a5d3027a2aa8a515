internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// A bound port that takes MLLP connections and hands their frames to a ``FrameHandler``.
public final class MLLPServer: Sendable {
    /// Where the server listens, as `HOST:PORT`; the real port if 0 was asked for.
    public let address: String

    /// The port in ``address``.
    public let port: Int

    private let channel: any Channel
    private let acceptor: Acceptor

    private init(channel: any Channel, acceptor: Acceptor, host: String) {
        self.channel = channel
        self.acceptor = acceptor
        port = channel.localAddress?.port ?? 0
        address = hostAndPort(host, port)
    }

    /// Binds a port and begins to accept.
    ///
    /// - Parameters:
    ///   - port: 0 for any free port.
    ///   - name: the listener's name in ``ConnectionInfo/listener``.
    ///   - tls: nil for plaintext.
    ///   - isPaused: bound, but takes nothing before ``resume()``.
    /// - Throws: ``TLSError`` for certificates and keys, ``MLLPServerError`` if the address cannot be bound.
    public static func bind(
        host: String, port: Int, name: String = "", tls: ServerTLS? = nil, limits: MLLPLimits = MLLPLimits(),
        isPaused: Bool = false, eventLoops: EventLoops = .shared, handler: any FrameHandler
    ) async throws -> MLLPServer {
        let core = ListenerCore(name: name, limits: limits, handler: handler)
        core.setPaused(isPaused)
        let acceptor = Acceptor(core: core, tls: try tls.map(ServerSecrets.init))
        let bootstrap = ServerBootstrap(group: eventLoops.group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.autoRead, value: !isPaused)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try acceptor.accept(channel) }
            }
        do {
            let channel = try await bootstrap.bind(host: host, port: port).get()
            return MLLPServer(channel: channel, acceptor: acceptor, host: host)
        } catch {
            throw MLLPServerError(.bindFailed, "cannot listen on \(hostAndPort(host, port)): \(error)")
        }
    }

    /// Open connections, those in their TLS handshake included.
    public var connectionCount: Int { acceptor.core.connectionCount }

    /// Accepts no connection and reads from none until ``resume()``. Connections that peers open meanwhile wait in the
    /// system; what was handed over already is answered.
    public func pause() async {
        acceptor.core.setPaused(true)
        // Fails only if the channel is closed.
        try? await channel.setOption(.autoRead, value: false).get()
    }

    /// Takes connections and frames again.
    public func resume() async {
        acceptor.core.setPaused(false)
        // As above.
        try? await channel.setOption(.autoRead, value: true).get()
        acceptor.core.postToAll(.look)
    }

    public var isPaused: Bool { acceptor.core.isPaused }

    /// Uses other certificates for connections accepted from now on.
    /// - Throws: ``TLSError``; then the old certificates stay. A plaintext server stays plaintext.
    public func replaceTLS(_ tls: ServerTLS) throws {
        try acceptor.tls?.replace(with: tls)
    }

    /// Stops accepting and reading, waits until every frame handed over is answered, and closes.
    /// - Parameter drain: what is still unanswered after this long is cut off.
    public func shutdown(drain: Duration = .seconds(10)) async {
        let core = acceptor.core
        core.close()
        // Fails only if the channel is closed already.
        try? await channel.close()
        core.postToAll(.shutdown)
        let cutOff = channel.eventLoop.scheduleTask(in: drain.timeAmount) { core.postToAll(.abort) }
        await core.waitUntilEmpty()
        cutOff.cancel()
    }
}

/// Why a server did not start.
public struct MLLPServerError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// The address is in use, not ours, or not permitted.
        case bindFailed
    }

    public var code: Code
    public var text: String

    public init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }

    public var description: String { text }
}

/// Admits connections and sets up their channels.
private final class Acceptor: Sendable {
    let core: ListenerCore
    let tls: ServerSecrets?

    init(core: ListenerCore, tls: ServerSecrets?) {
        self.core = core
        self.tls = tls
    }

    func accept(_ channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let peer = PeerAddress(channel.remoteAddress)
        let info = ConnectionInfo(
            id: ListenerCore.nextConnection(), listener: core.name, peer: peer.host, peerPort: peer.port,
            isLoopback: peer.isLoopback, localPort: channel.localAddress?.port ?? 0, isTLS: tls != nil)
        // Made before admission, so that nothing can fail between counting it and adding it.
        let secure = tls.map { NIOSSLServerHandler(context: $0.context) }
        let connection = ServerConnection(core: core, info: info)
        if let refusal = core.admit(info, mailbox: connection.mailbox) {
            core.handler.connectionRefused(peer: info.peer, listener: core.name, reason: refusal)
            try pipeline.addHandler(Closer())
            return
        }
        if let secure { try pipeline.addHandler(secure) }
        try pipeline.addHandler(connection)
    }
}

/// Closes a channel as soon as it is active.
private final class Closer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.close(promise: nil)
    }
}
