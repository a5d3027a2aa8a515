package import Broker
import Foundation
import Hummingbird
package import Logging
package import ServiceLifecycle

/// Serves the admin API on a Unix socket, `admin.sock` in the data folder, for the user of the broker alone.
package struct AdminServer: Service {
    private let broker: Broker
    private let path: String
    private let log: Logger
    private let onRunning: @Sendable () -> Void

    /// - Parameters:
    ///   - path: where the socket appears. A path too long for a socket address becomes a link to one below the
    ///     temporary folder.
    ///   - onRunning: called once requests can come.
    package init(broker: Broker, path: String, log: Logger, onRunning: @escaping @Sendable () -> Void = {}) {
        self.onRunning = onRunning
        self.broker = broker
        self.path = path
        self.log = log
    }

    /// `sun_path` holds 108 bytes, the last of them zero.
    private static let pathBytesMax = 100

    package func run() async throws {
        let files = FileManager.default
        var bound = path
        if path.utf8.count > Self.pathBytesMax {
            let folder = files.temporaryDirectory.appending(path: "wardline-\(getpid())").path
            try files.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            bound = folder + "/admin.sock"
        }
        // What an earlier run left behind. The lock of the data folder says that no broker uses it.
        for stale in Set([path, bound]) where unlink(stale) != 0 && errno != ENOENT {
            throw AdminError("cannot replace \(stale): \(String(cString: strerror(errno)))")
        }
        if bound != path { try files.createSymbolicLink(atPath: path, withDestinationPath: bound) }
        let (socket, log, onRunning) = (bound, log, onRunning)
        let application = Application(
            router: AdminRoutes(broker: broker).router(),
            configuration: ApplicationConfiguration(address: .unixDomainSocket(path: socket), serverName: "wardline"),
            onServerRunning: { _ in
                if chmod(socket, 0o600) != 0 {
                    log.error("cannot protect the admin socket", metadata: ["path": "\(socket)"])
                }
                onRunning()
            }, logger: log)
        try await application.run()
        for created in Set([path, bound]) { unlink(created) }
    }
}

/// Why the admin socket cannot be used.
package struct AdminError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
