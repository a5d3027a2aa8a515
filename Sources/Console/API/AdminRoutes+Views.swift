import Auditing
import Broker
import HTTPTypes
import Hummingbird
import Interfaces
import Journaling
import MLLP

extension AdminAPI.Wall: ResponseEncodable {}
extension AdminAPI.Waiting: ResponseEncodable {}
extension AdminAPI.Participants: ResponseEncodable {}
extension AdminAPI.RunningConfiguration: ResponseEncodable {}
extension AdminAPI.Event: ResponseEncodable {}
extension AdminAPI.Verification: ResponseEncodable {}

/// What the console's pages ask for.
extension AdminRoutes {
    static let views: [Operation] = [
        .get(
            "wall", .read, "Every sender and endpoint with its state.",
            query: [.flag("spark", "1: with the counts of the last 24 hours.")]
        ) { routes, request, _ in try await routes.wall(request) },
        .get("providers", .read, "Who takes part, where, and with which certificates.") { routes, _, _ in
            try await routes.providers()
        },
        .get("configuration", .read, "What runs, and what the folder on disk would change.") { routes, _, _ in
            try await routes.configuration()
        },
        .get(
            "endpoints/{endpoint}/deliveries", .read, "What waits for an endpoint, in order.", query: paging
        ) { routes, request, context in try await routes.waiting(request, context) },
    ]

    static let auditing: [Operation] = [
        .get("audit/events", .audit, "Audit events in order, with keyed references of patients.", query: paging) {
            routes, request, context in try await routes.auditEvents(request, context)
        },
        .change(.post, "audit/verify", .audit, "Hashes every event again, and compares with the signed heads.") {
            routes, _, context in try await routes.verify(context)
        },
    ]

    private static let paging: [Operation.Query] = [
        .number("after", "Behind this number."), .number("limit", "How many; 100 if left out."),
    ]

    private static let pageMax = 500
    private static let sparkParts = 96
    /// A sender without a message for this long, in microseconds, is shown as silent.
    private static let silence: Int64 = 300_000_000

    func wall(_ request: Request) async throws -> AdminAPI.Wall {
        let withSpark = request.uri.queryParameters["spark"] == "1"
        let now = broker.clock.now()
        let days = activity.current
        let status = try await status()
        let endpoints = status.endpoints.map { endpoint in
            let day = days[endpoint.endpoint]
            return AdminAPI.WallEntry(
                name: endpoint.endpoint, kind: "endpoint", state: endpoint.state, reason: endpoint.reason,
                queued: endpoint.queued, held: endpoint.held, oldestSeconds: endpoint.oldestSeconds,
                lastSuccess: day?.lastSuccess.map(isoTime), lastMinute: day?.lastMinute(at: now) ?? 0,
                failures: day?.failures ?? 0, spark: withSpark ? day?.parts(Self.sparkParts, at: now) : nil)
        }
        let senders = broker.configurations.current.providers.filter { !$0.senders.isEmpty }.map { provider in
            let day = days[provider.name]
            let minute = day?.lastMinute(at: now) ?? 0
            let isSending = day?.lastSuccess.map { now - $0 < Self.silence } ?? false
            return AdminAPI.WallEntry(
                name: provider.name, kind: "provider", state: isSending ? "sending" : "silent",
                lastSuccess: day?.lastSuccess.map(isoTime), lastMinute: minute, failures: day?.failures ?? 0,
                spark: withSpark ? day?.parts(Self.sparkParts, at: now) : nil)
        }
        return AdminAPI.Wall(
            at: isoTime(now), messagesLastMinute: senders.reduce(0) { $0 + $1.lastMinute },
            entries: senders + endpoints)
    }

    func waiting(_ request: Request, _ context: AdminContext) async throws -> [AdminAPI.Waiting] {
        guard let endpoint = context.parameters.get("endpoint") else { throw HTTPError(.badRequest) }
        let page = try page(request)
        return try await broker.journal.deliveries(
            endpoint: endpoint, after: page.after, limit: page.limit, states: [.queued, .held]
        ).map {
            AdminAPI.Waiting(
                seq: $0.seq, state: "\($0.state)", attempts: $0.attempts, nextTry: $0.nextTry.map(isoTime),
                reason: $0.reason)
        }
    }

    func providers() async throws -> AdminAPI.Participants {
        let configuration = broker.configurations.current
        let usedBy = configuration.certificateUses
        let now = broker.clock.now()
        return AdminAPI.Participants(
            providers: configuration.providers.map { provider in
                AdminAPI.Participant(
                    provider: provider.name, name: provider.title, sends: provider.senders.map(\.summary),
                    endpoints: provider.endpoints.map {
                        AdminAPI.Address(endpoint: $0.name, address: $0.address)
                    })
            }, listeners: try await status().listeners,
            certificates: usedBy.keys.sorted().map { file in
                AdminAPI.Certificate(
                    file: file, usedBy: (usedBy[file] ?? []).sorted(),
                    daysLeft: CertificateDays.left(in: file, at: now).map { Int($0.rounded(.down)) })
            })
    }

    // MARK: Configuration

    func configuration() async throws -> AdminAPI.RunningConfiguration {
        let running = broker.configurations.current
        let (disk, findings) = await Self.load(running.folder)
        let old = Dictionary(running.files.map { ($0.name, $0.bytes) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(
            (disk?.files ?? []).map { ($0.name, $0.bytes) }, uniquingKeysWith: { first, _ in first })
        let names = disk == nil ? [] : Set(old.keys).union(new.keys).sorted()
        let changes = names.compactMap { name -> AdminAPI.FileChange? in
            if old[name] == new[name] { return nil }
            let change = old[name] == nil ? "new" : new[name] == nil ? "gone" : "changed"
            return AdminAPI.FileChange(file: name, change: change)
        }
        return AdminAPI.RunningConfiguration(
            hash: running.hash, folder: running.folder,
            files: running.files.map { AdminAPI.File(file: $0.name, bytes: $0.bytes.count) },
            disk: AdminAPI.DiskConfiguration(
                hash: disk?.hash, changes: changes,
                findings: findings.map {
                    AdminAPI.FolderFinding(severity: "\($0.severity)", place: $0.place, text: $0.text)
                }))
    }

    /// Reads the folder again and uses it, if it has no mistakes.
    func reload(_ request: Request, _ context: AdminContext) async throws -> AdminAPI.Done {
        let (why, _) = try await reason(request, context)
        let change = try await broker.reloadFolder(why)
        var done = "configuration \(broker.configurations.current.hash.prefix(12)) loaded"
        if !change.opened.isEmpty { done += "; listeners opened: \(change.opened.joined(separator: ", "))" }
        if !change.closed.isEmpty { done += "; listeners closed: \(change.closed.joined(separator: ", "))" }
        return AdminAPI.Done(done: done)
    }

    @concurrent
    static func load(_ folder: String) async -> (Configuration?, [InterfaceFinding]) {
        let loaded = InterfaceFolder.load(folder)
        return (loaded.configuration, loaded.findings)
    }

    // MARK: Audit

    func auditEvents(_ request: Request, _ context: AdminContext) async throws -> [AdminAPI.Event] {
        let page = try page(request)
        return try await broker.journal.events(after: page.after, limit: page.limit).map { event in
            AdminAPI.Event(
                event: event.number, at: isoTime(event.at), kind: event.kind.rawValue, actor: event.actor,
                seq: event.seq, provider: event.provider, endpoint: event.endpoint, text: event.text,
                patients: event.patients.map { hexadecimal(withUnsafeBytes(of: $0.bigEndian) { Array($0) }) })
        }
    }

    /// Hashes every event again and compares with tree rows and signed heads.
    @concurrent
    func verify(_ context: AdminContext) async throws -> AdminAPI.Verification {
        try await broker.journal.record([
            AuditEvent(.auditVerified, at: broker.clock.now(), actor: context.actor)
        ])
        broker.events.fire()
        let outcome = try JournalAudit.verify(folder: folder)
        try await alerts.noteAudit(damage: outcome.report.isGood ? nil : outcome.report.lines.first ?? "it is damaged")
        return AdminAPI.Verification(
            isIntact: outcome.report.isGood, text: outcome.report.lines.joined(separator: "; "))
    }

    /// `after` and `limit` of a page.
    private func page(_ request: Request) throws -> (after: Int64, limit: Int) {
        let query = request.uri.queryParameters
        let limit = query["limit"].flatMap { Int($0) } ?? 100
        guard (1...Self.pageMax).contains(limit) else {
            throw HTTPError(.badRequest, message: "limit is a number from 1 to \(Self.pageMax)")
        }
        return (query["after"].flatMap { Int64($0) } ?? 0, limit)
    }
}

extension AuditEvent.Kind {
    static let auditVerified: Self = "audit.verified"
}

extension InterfaceFinding {
    fileprivate var place: String { line.map { "\(file):\($0)" } ?? file }
}

extension SenderRule {
    /// How it is recognised, in a line: `MSH-3 GHH_ADT, MSH-4 GHH, certificate general-hospital.example: ADT, ORU^R01`.
    fileprivate var summary: String {
        var parts: [String] = []
        if let application { parts.append("MSH-3 \(application)") }
        if let facility { parts.append("MSH-4 \(facility)") }
        if !certificates.isEmpty { parts.append("certificate \(certificates.joined(separator: " or "))") }
        if let listener { parts.append("listener \(listener)") }
        let types = messages.map { $0.map(\.description).joined(separator: ", ") } ?? "all messages"
        return "\(parts.isEmpty ? "anybody" : parts.joined(separator: ", ")): \(types)"
    }
}

extension Interfaces.Endpoint {
    fileprivate var address: String {
        switch kind {
        case .mllp(let host, let port, let tls):
            ([Interfaces.BindAddress(host: host, port: port)] + failover)
                .map { "\(tls == nil ? "mllp" : "mllps")://\($0)" }.joined(separator: ", ")
        case .fhir(let url, _, _): url
        case .folder(let path, _): path
        }
    }
}
