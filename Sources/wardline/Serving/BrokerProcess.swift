internal import ArgumentParser
internal import Auditing
internal import Broker
internal import Console
internal import CoreMetrics
internal import FHIR
internal import Foundation
internal import Interfaces
internal import Journaling
internal import Logging
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// A broker as a process: folders, signals, the ready line and the exit code around ``Broker``.
struct BrokerProcess {
    /// Absolute.
    private let interfaces: String
    /// Absolute.
    private let data: String

    init(interfaces: String, data: String) {
        self.interfaces = URL(filePath: interfaces).standardizedFileURL.path(percentEncoded: false).trimmingSlash
        self.data = URL(filePath: data).standardizedFileURL.path(percentEncoded: false).trimmingSlash
    }

    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Throws: `ExitCode` 1 or 3 after saying what is wrong.
    func run() async throws {
        // What the broker writes is for its user alone.
        umask(0o077)
        let configuration = try configuration()
        let log = Logger(label: "wardline")
        let registry = MetricsRegistry()
        MetricsSystem.bootstrap(registry)
        do {
            var settings = SQLiteJournal.Configuration(
                folder: data, broker: configuration.broker.name, key: try auditKey(configuration))
            let metrics = WriterMetrics()
            settings.onCommit = { metrics.record($0) }
            let journal = try SQLiteJournal(settings)
            try await serve(configuration, MeteredJournal(journal), registry, log)
        } catch let error as JournalError where error.code == .storageLost {
            log.critical("nothing can be stored any more: stopped", metadata: ["error": "\(error)"])
            throw ExitCode(3)
        } catch {
            log.critical("stopped", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
    }

    private func serve(
        _ configuration: Configuration, _ journal: MeteredJournal, _ registry: MetricsRegistry, _ log: Logger
    ) async throws {
        let ready = ReadyLine()
        let broker = Broker(configuration: configuration, folder: interfaces, journal: journal, log: log) { addresses in
            ready.bound(addresses)
        }
        let finder = MessageFinder(broker: broker, folder: data)
        let alerts = AlertCenter(broker: broker, activity: journal.activity, folder: data)
        let resends = ResendRuns(broker: broker, folder: data)
        let admin = AdminServer(
            broker: broker, finder: finder, alerts: alerts, resends: resends, registry: registry,
            activity: journal.activity,
            folder: data,
            certificate: { try ConsoleCertificate(folder: data).files() }, log: log,
            onRunning: { ready.adminServes($0) })
        let reloader = Reloader(broker: broker, log: log)
        // Ended in reverse order: the broker first, so that whoever watches sees it drain.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: admin), .init(service: reloader), .init(service: finder),
                    .init(service: alerts), .init(service: resends),
                    .init(service: broker, successTerminationBehavior: .gracefullyShutdownGroup),
                ], gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
        try await group.run()
    }

    private func configuration() throws -> Configuration {
        let (configuration, findings) = InterfaceFolder.load(interfaces)
        guard let configuration else {
            for finding in findings where finding.severity == .error { Output.error("\(finding)") }
            Output.error("\(interfaces) has mistakes: nothing was started. `wardline check` lists them all.")
            throw ExitCode.failure
        }
        for missing in configuration.missingFiles { Output.error("\(missing.finding)") }
        guard configuration.missingFiles.isEmpty else {
            Output.error("files that the interfaces name are not there: nothing was started.")
            throw ExitCode.failure
        }
        return configuration
    }

    /// The key that signs tree heads; it lies outside the data folder, so that whoever rewrites that cannot sign anew.
    private func auditKey(_ configuration: Configuration) throws -> AuditKey {
        let path =
            configuration.broker.audit.keyFile
            ?? URL(filePath: interfaces).deletingLastPathComponent().appending(path: "Certs/audit/signing.key")
            .path(percentEncoded: false)
        let folder = URL(filePath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return try AuditKey(path: path)
    }
}

/// The line that says that the broker can be used: once both the listeners and the admin API are there.
private final class ReadyLine: Sendable {
    private struct State {
        var listeners: [String: String]?
        var admin: AdminAddresses?
    }

    private let state = Mutex(State())

    func bound(_ addresses: [String: String]) { note { $0.listeners = addresses } }

    func adminServes(_ addresses: AdminAddresses) {
        if let token = addresses.firstToken, let address = addresses.https {
            Output.error(
                "first start: sign in to https://\(address) with this token, and make an account of your own. It is not "
                    + "shown again:\n\(token)")
        }
        note { $0.admin = addresses }
    }

    private func note(_ change: (inout State) -> Void) {
        let state = state.withLock { state in
            change(&state)
            return state
        }
        guard let addresses = state.listeners, let admin = state.admin else { return }
        var listeners = JSONObject()
        for (name, address) in addresses.sorted(by: { $0.key < $1.key }) { listeners[name] = .string(address) }
        var line: JSONObject = [
            "event": "ready", "pid": .number(JSONNumber(Int(getpid()))), "listeners": .object(listeners),
        ]
        if let https = admin.https { line["admin"] = .string(https) }
        line["socket"] = .string(admin.socket)
        Output.json(line)
    }
}

/// Reads the interfaces folder again on SIGHUP. A folder with mistakes changes nothing.
private struct Reloader: Service {
    let broker: Broker
    let log: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do throws(JournalError) {
                try await broker.reloadFolder(ChangeRequest(actor: "broker", reason: "SIGHUP"))
            } catch {
                guard error.code == .conflict else { throw error }
                log.error("not reloaded", metadata: ["error": "\(error)"])
            }
        }
    }
}

extension String {
    fileprivate var trimmingSlash: String { count > 1 && hasSuffix("/") ? String(dropLast()) : self }
}
