internal import NIOCore

/// The other end of a socket, in one spelling for each host.
struct PeerAddress: Hashable, Sendable {
    var host: String
    var port: Int

    init(host: String, port: Int) {
        // An IPv4 peer of a dual-stack socket.
        self.host = host.hasPrefix("::ffff:") && host.contains(".") ? String(host.dropFirst(7)) : host
        self.port = port
    }

    init(_ address: SocketAddress?) {
        self.init(host: address?.ipAddress ?? "unknown", port: address?.port ?? 0)
    }

    var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") }
}

/// `HOST:PORT`, with brackets around an IPv6 address.
func hostAndPort(_ host: String, _ port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
}
