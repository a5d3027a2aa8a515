/// What a server does with the frames that arrive.
///
/// Every function is called on the connection's event loop and must not block: hand long work to
/// another thread and answer from there.
public protocol FrameHandler: Sendable {
    /// A connection is ready: with TLS, after the handshake.
    func connectionOpened(_ connection: ConnectionInfo)

    /// A frame arrived. Frames of one connection are handed over in order, and their answers leave in that order.
    func received(_ frame: Frame, from connection: ConnectionInfo, answer: Answer)

    /// Bytes outside frames were skipped.
    func skipped(_ bytes: Int, from connection: ConnectionInfo)

    /// A connection that was opened has ended.
    func connectionClosed(_ connection: ConnectionInfo, reason: CloseReason)

    /// A connection was closed before it was opened.
    func connectionRefused(peer: String, listener: String, reason: RefusalReason)
}

extension FrameHandler {
    public func connectionOpened(_ connection: ConnectionInfo) {}
    public func skipped(_ bytes: Int, from connection: ConnectionInfo) {}
    public func connectionClosed(_ connection: ConnectionInfo, reason: CloseReason) {}
    public func connectionRefused(peer: String, listener: String, reason: RefusalReason) {}
}

/// Who is at the other end of a connection.
public struct ConnectionInfo: Hashable, Sendable {
    /// Unique within the process.
    public var id: UInt64

    /// The name given to ``MLLPServer/bind(host:port:name:tls:limits:eventLoops:handler:)``.
    public var listener: String

    /// The peer's address without its port.
    public var peer: String

    public var peerPort: Int
    public var isLoopback: Bool
    public var localPort: Int
    public var isTLS: Bool

    /// The DNS names among the subject alternative names of the client's verified certificate; its
    /// common name only if it has no subject alternative name at all. Empty without a certificate.
    public var certificateNames: [String]

    public init(
        id: UInt64, listener: String, peer: String, peerPort: Int, isLoopback: Bool, localPort: Int,
        isTLS: Bool = false,
        certificateNames: [String] = []
    ) {
        self.id = id
        self.listener = listener
        self.peer = peer
        self.peerPort = peerPort
        self.isLoopback = isLoopback
        self.localPort = localPort
        self.isTLS = isTLS
        self.certificateNames = certificateNames
    }
}

/// Why a connection ended.
public enum CloseReason: Hashable, Sendable, CustomStringConvertible {
    case peerClosed
    case answered  // by ``Answer/close(after:)``
    case shutdown
    case frame(FrameError.Code)  // the peer was too slow with a frame
    case writeStalled  // the peer took no answers for ``MLLPLimits/writeStallTime``
    case failed(String)  // the socket or TLS failed

    public var description: String {
        switch self {
        case .peerClosed: "closed by the peer"
        case .answered: "closed after an answer"
        case .shutdown: "closed at shutdown"
        case .frame(let code): "closed inside a frame: \(code.rawValue)"
        case .writeStalled: "closed because the peer reads no answers"
        case .failed(let text): "failed: \(text)"
        }
    }
}

/// Why a connection was not accepted.
public enum RefusalReason: Hashable, Sendable, CustomStringConvertible {
    case listenerFull(connectionsMax: Int)
    case peerFull(connectionsPerPeerMax: Int)
    case handshakeFailed(String)
    case handshakeTimedOut
    case shuttingDown

    public var description: String {
        switch self {
        case .listenerFull(let count): "the listener has its \(count) connections"
        case .peerFull(let count): "the peer has its \(count) connections"
        case .handshakeFailed(let text): "TLS handshake failed: \(text)"
        case .handshakeTimedOut: "TLS handshake took too long"
        case .shuttingDown: "the listener is shutting down"
        }
    }
}
