import Auditing
import Broker
import Foundation
import HL7
import HTTPTypes
import Hummingbird
import Interfaces
import Journaling
import MLLP
import NIOCore

extension AdminAPI.Status: ResponseEncodable {}
extension AdminAPI.Queue: ResponseEncodable {}
extension AdminAPI.Ledger: ResponseEncodable {}
extension AdminAPI.Message: ResponseEncodable {}
extension AdminAPI.Step: ResponseEncodable {}
extension AdminAPI.Done: ResponseEncodable {}

extension AdminRoutes {
    static let reading: [Operation] = [
        .get("status", .read, "What runs: listeners, endpoints and their queues.") { routes, _, _ in
            try await routes.status()
        },
        .get("queues", .read, "What waits, for each endpoint, with the head of its queue.") { routes, _, _ in
            try await routes.queues()
        },
        .get(
            "ledger", .read, "Everything received, counted, and whether the counts agree.",
            query: [
                .number("from", "From the hour of this time on, microseconds since 1970-01-01 UTC."),
                .number("to", "Until the end of the hour of this time."),
            ]
        ) { routes, request, _ in try await routes.ledger(request) },
        .get(
            "messages", .read, "The newest messages with a control id.",
            query: [.text("controlId", "MSH-10.", isRequired: true)]
        ) { routes, request, _ in try await routes.find(request) },
        .get("messages/{seq}", .read, "What became of a message; nothing of what is in it.") { routes, _, context in
            try await routes.message(context)
        },
    ]

    func status() async throws -> AdminAPI.Status {
        let configuration = broker.configurations.current
        let summaries = Dictionary(
            try await broker.queues.current().map { ($0.endpoint, $0) }, uniquingKeysWith: { first, _ in first })
        let paused = try await pauses()
        let now = broker.clock.now()
        let names = Set(configuration.providers.flatMap(\.endpoints).map(\.name)).union(summaries.keys)
        let servers = broker.allServers
        return AdminAPI.Status(
            broker: configuration.broker.name, version: wardlineVersion, since: isoTime(broker.startedAt),
            configuration: configuration.hash, lastSeq: try await broker.journal.lastSeq(),
            lastEvent: try await broker.journal.lastEventNumber(),
            listeners: configuration.listeners.map { listener in
                let pause = paused[Pause.name(ofListener: listener.name)]
                return AdminAPI.Listener(
                    name: listener.name, address: servers[listener.name]?.address ?? "\(listener.bind)",
                    tls: listener.tls != nil, connections: servers[listener.name]?.connectionCount ?? 0,
                    state: servers[listener.name] == nil ? "closed" : pause == nil ? "running" : "paused",
                    reason: pause?.reason,
                    until: pause?.until.map(isoTime))
            },
            endpoints: names.sorted().map { name in
                let summary = summaries[name]
                return AdminAPI.Endpoint(
                    endpoint: name, state: paused[name] == nil ? "running" : "paused", queued: summary?.queued ?? 0,
                    held: summary?.held ?? 0,
                    oldestSeconds: summary.map { Int((now - $0.oldestReceivedAt) / 1_000_000) },
                    reason: paused[name]?.reason ?? restReason(name, now) ?? summary?.headReason,
                    until: paused[name]?.until.map(isoTime), overdue: isOverdue(name, summary, now))
            }, journalBacklog: broker.journal.backlog.operations, failure: broker.journal.failure?.text)
    }

    func queues() async throws -> [AdminAPI.Queue] {
        let now = broker.clock.now()
        let summaries = Dictionary(
            try await broker.queues.current().map { ($0.endpoint, $0) }, uniquingKeysWith: { first, _ in first })
        let paused = try await pauses()
        let configured = broker.configurations.current.providers.flatMap(\.endpoints).map(\.name)
        return Set(configured).union(summaries.keys).sorted().map { name in
            let summary = summaries[name]
            return AdminAPI.Queue(
                endpoint: name, queued: summary?.queued ?? 0, held: summary?.held ?? 0,
                oldestSeconds: summary.map { Int((now - $0.oldestReceivedAt) / 1_000_000) }, head: summary?.head,
                reason: paused[name].map { "paused: \($0.reason)" } ?? restReason(name, now) ?? summary?.headReason,
                nextTry: nextTry(paused[name], summary), overdue: isOverdue(name, summary, now))
        }
    }

    private func pauses() async throws -> [String: Pause] {
        Dictionary(
            try await broker.journal.pauses().map { ($0.endpoint, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func nextTry(_ pause: Pause?, _ summary: QueueSummary?) -> String? {
        pause == nil ? summary?.headNextTry.map(isoTime) : pause?.until.map(isoTime)
    }

    /// The daily pause of an endpoint, while it is on.
    private func restReason(_ name: String, _ now: Int64) -> String? {
        guard let window = broker.configurations.current.endpoint(name)?.pauseWindow, window.end(at: now) != nil else {
            return nil
        }
        return "paused \(window)"
    }

    private func isOverdue(_ name: String, _ summary: QueueSummary?, _ now: Int64) -> Bool? {
        guard let maxAge = broker.configurations.current.endpoint(name)?.maxAge, let summary else { return nil }
        return now - summary.oldestReceivedAt > maxAge.microseconds ? true : nil
    }

    func ledger(_ request: Request) async throws -> AdminAPI.Ledger {
        let query = request.uri.queryParameters
        return AdminAPI.Ledger(
            try await broker.journal.ledger(
                from: query["from"].flatMap { Int64($0) }, to: query["to"].flatMap { Int64($0) }))
    }

    func message(_ context: AdminContext) async throws -> AdminAPI.Message {
        let seq = try seq(context)
        guard let entry = try await broker.journal.entry(seq) else { throw notFound(seq) }
        return try AdminAPI.Message(entry, try await broker.journal.deliveries(of: seq))
    }

    /// The newest entries with a control id.
    func find(_ request: Request) async throws -> [AdminAPI.Message] {
        guard let controlID = request.uri.queryParameters["controlId"] else {
            throw HTTPError(.badRequest, message: "say which: ?controlId=…")
        }
        var messages: [AdminAPI.Message] = []
        for entry in try await broker.journal.entries(controlId: String(controlID), limit: 20) {
            messages.append(try AdminAPI.Message(entry, try await broker.journal.deliveries(of: entry.seq)))
        }
        return messages
    }

    func body(_ context: AdminContext) async throws -> Response {
        let seq = try seq(context)
        guard let bytes = try await broker.read(seq, actor: context.actor, purpose: "message read") else {
            throw try await noBody(seq)
        }
        return Response(
            status: .ok, headers: [.contentType: "x-application/hl7-v2+er7"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// Why there are no bytes of a message: there never was one, or it was too old to keep.
    func noBody(_ seq: Int64) async throws -> HTTPError {
        guard let entry = try await broker.journal.entry(seq) else { return notFound(seq) }
        let days = broker.configurations.current.broker.retention.bodies / .seconds(86_400)
        return HTTPError(
            .gone,
            message:
                "the text of message \(seq), received \(isoTime(entry.receivedAt)), is no longer kept: broker.yaml keeps "
                + "it for \(days.formatted()) days (retention: bodies); what became of it: `wardline trace \(seq)`")
    }

    // MARK: Parameters

    func seq(_ context: AdminContext) throws -> Int64 {
        guard let seq = context.parameters.get("seq", as: Int64.self) else {
            throw HTTPError(.badRequest, message: "a sequence number is a positive integer")
        }
        return seq
    }

    func notFound(_ seq: Int64) -> HTTPError { HTTPError(.notFound, message: "no message \(seq)") }
}

/// The version of the program.
package let wardlineVersion = "0.1.0"
