internal import ArgumentParser

/// A host and a port, as `127.0.0.1:2575` or `[::1]:2575`. Port 0 means any free one.
struct HostPort: Hashable, Sendable, ExpressibleByArgument, CustomStringConvertible {
    var host: String
    var port: Int

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains("/"), !host.contains(" ") else { return nil }
        self.host = String(host)
        self.port = port
    }

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Where to send: `mllp://H:P`, or with TLS `mllps://H:P`.
struct MLLPAddress: Hashable, Sendable, ExpressibleByArgument {
    var isTLS: Bool
    var place: HostPort

    init?(argument: String) {
        var rest = argument[...]
        if rest.hasPrefix("mllps://") {
            isTLS = true
            rest = rest.dropFirst(8)
        } else if rest.hasPrefix("mllp://") {
            isTLS = false
            rest = rest.dropFirst(7)
        } else {
            return nil
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard let place = HostPort(argument: String(rest)), place.port > 0 else { return nil }
        self.place = place
    }
}
