package import Broker
import Foundation
import Hummingbird
import HummingbirdTLS
package import Interfaces
package import Logging
import NIOCore
import NIOSSL
package import ServiceLifecycle

/// Serves the admin API on a Unix socket, `admin.sock` in the data folder, for the user of the broker alone, and over
/// HTTPS where the configuration says so.
package struct AdminServer: Service {
    private let broker: Broker
    private let finder: MessageFinder
    private let alerts: AlertCenter
    private let resends: ResendRuns
    /// Shared by both ways in.
    private let exports = QueueExports()
    private let registry: MetricsRegistry
    private let activity: Activity
    private let folder: String
    private let certificate: @Sendable () throws -> ListenerSettings.TLS
    private let log: Logger
    private let onRunning: @Sendable (AdminAddresses) -> Void

    /// - Parameters:
    ///   - finder: answers searches.
    ///   - alerts: what a person should look at.
    ///   - resends: sends many messages again.
    ///   - registry: the instruments that `/metrics` shows.
    ///   - activity: what the wall shows.
    ///   - folder: the data folder, where the socket appears. A path too long for a socket address becomes a link to
    ///     one below the temporary folder.
    ///   - certificate: makes the certificate for HTTPS where the configuration names none.
    ///   - onRunning: called once requests can come.
    package init(
        broker: Broker, finder: MessageFinder, alerts: AlertCenter, resends: ResendRuns, registry: MetricsRegistry,
        activity: Activity, folder: String, certificate: @escaping @Sendable () throws -> ListenerSettings.TLS,
        log: Logger,
        onRunning: @escaping @Sendable (AdminAddresses) -> Void = { _ in }
    ) {
        self.registry = registry
        self.activity = activity
        self.certificate = certificate
        self.onRunning = onRunning
        self.broker = broker
        self.finder = finder
        self.alerts = alerts
        self.resends = resends
        self.folder = folder
        self.log = log
    }

    package func run() async throws {
        let accounts = try AccountStore(folder: folder)
        let socket = try AdminSocket(path: folder + "/admin.sock")
        let settings = broker.configurations.current.admin
        let (path, onRunning) = (socket.path, onRunning)
        guard let settings else {
            return try await serve(socket, gatekeeper: nil, accounts) {
                onRunning(AdminAddresses(socket: path, https: nil))
            }
        }
        let gatekeeper = try await Gatekeeper(broker: broker, accounts: accounts)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (bound, note) = AsyncStream<Void>.makeStream()
            group.addTask { try await serve(socket, gatekeeper: gatekeeper, accounts) { note.finish() } }
            for await _ in bound {}
            let first = try await gatekeeper.firstToken()
            group.addTask {
                try await serve(settings, gatekeeper) { address in
                    onRunning(AdminAddresses(socket: path, https: address, firstToken: first))
                }
            }
            // Either can fail alone, for example because its port is taken; then the other one is cancelled. At a stop
            // each ends by itself, once its requests have their answers.
            while try await group.next() != nil {}
        }
    }

    private func routes(_ gatekeeper: Gatekeeper?, _ accounts: AccountStore) -> AdminRoutes {
        AdminRoutes(
            broker: broker, finder: finder, alerts: alerts, resends: resends, exports: exports,
            gatekeeper: gatekeeper, accounts: accounts,
            gauges: BrokerGauges(broker: broker, finder: finder, alerts: alerts, registry: registry),
            activity: activity, folder: folder)
    }

    private func serve(
        _ socket: AdminSocket, gatekeeper: Gatekeeper?, _ accounts: AccountStore,
        onBound: @escaping @Sendable () -> Void
    ) async throws {
        let log = log
        let application = Application(
            router: routes(gatekeeper, accounts).router(.socket),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: socket.bound), serverName: "wardline"),
            onServerRunning: { _ in
                if !socket.protect() {
                    log.error("cannot protect the admin socket", metadata: ["path": "\(socket.bound)"])
                }
                onBound()
            }, logger: log)
        try await application.run()
        socket.remove()
    }

    private func serve(
        _ settings: AdminSettings, _ gatekeeper: Gatekeeper,
        onBound: @escaping @Sendable (String) -> Void
    ) async throws {
        let tls = try settings.tls ?? certificate()
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(tls.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: tls.key, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        // A stop waits so long for clients that do not answer the end of a connection; every answer is complete by then.
        configuration.shutdownTimeout = .milliseconds(500)
        let bind = settings.bind
        let routes = routes(gatekeeper, gatekeeper.accounts)
        let application = Application(
            router: routes.router(.network(gatekeeper)), server: try .tls(tlsConfiguration: configuration),
            configuration: ApplicationConfiguration(
                address: .hostname(bind.host, port: bind.port), serverName: "wardline"),
            onServerRunning: { channel in
                var bound = bind
                bound.port = channel.localAddress?.port ?? bind.port
                onBound(bound.description)
            }, logger: log)
        try await application.run()
    }
}

/// Where the admin API can be reached.
package struct AdminAddresses: Hashable, Sendable {
    /// The path of the Unix socket.
    package var socket: String
    /// `127.0.0.1:8443`
    package var https: String?
    /// At the very first start: what the first person signs in with. It is shown once and kept nowhere.
    package var firstToken: String?
}

/// Why the admin API cannot be served or used.
package struct AdminError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
