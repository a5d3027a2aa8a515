import Auditing
import Broker
import Foundation
import HL7
import HTTPTypes
import Hummingbird
import Journaling
import NIOCore

/// What became of messages: one message's way, and the routing log as it is written.
extension AdminRoutes {
    static let eventReading: [Operation] = [
        .get(
            "messages/{seq}/trace", .read, "The way of a message, step by step.", query: [Self.phi]
        ) { routes, request, context in try await routes.trace(request, context) },
        .get(
            "events", .read, "The routing log as server-sent events, as it is written; each data: is a Step.",
            query: [
                .text("provider", "Only from this sender, or to an endpoint of this provider."),
                .text("route", "Only by this route."), .text("type", "Only this type: ADT or ADT^A01."),
                .text("state", "Only steps with this state: delivered, held, …"),
                .text("step", "Only these steps: received, routed, delivery, …"),
                .number("seq", "Only about this message."),
                .number("after", "Begin behind this event; Last-Event-ID takes its place."),
                .number("last", "Begin with the last so many events."), .flag("follow", "0: end at the last event."),
                Self.phi,
            ], answer: .content("text/event-stream")
        ) { routes, request, context in try await routes.events(request, context) },
    ]

    private static let phi = Operation.Query.flag(
        "phi", "1: with the patients' identifiers; each reading is an audit event.")

    /// The way of one message.
    func trace(_ request: Request, _ context: AdminContext) async throws -> [AdminAPI.Step] {
        let seq = try seq(context)
        guard try await broker.journal.entry(seq) != nil else { throw notFound(seq) }
        let patients = try patientReader(request, context)
        let filter = TailFilter(isRoutingOnly: Self.seesRoutingOnly(context.access))
        var steps: [AdminAPI.Step] = []
        for event in try await broker.journal.events(of: seq) where filter.matches(event) {
            steps.append(try await patients.step(event))
        }
        return steps
    }

    /// The routing log as server-sent events; `id:` is the number of the audit event, so a browser goes on where it was.
    ///
    /// It ends when whoever asked may no longer see it: the token is gone, the session over, the role another one.
    func events(_ request: Request, _ context: AdminContext) async throws -> Response {
        let query = request.uri.queryParameters
        let after = try await firstEvent(request)
        let access = context.access
        let filter = TailFilter(
            provider: query["provider"].map(String.init), route: query["route"].map(String.init),
            type: query["type"].map(String.init), state: query["state"].map(String.init),
            seq: query["seq"].flatMap { Int64($0) }, step: query["step"].map(String.init),
            isRoutingOnly: Self.seesRoutingOnly(access))
        let feed = TailFeed(broker: broker, after: after, filter: filter, follows: query["follow"] != "0")
        let patients = try patientReader(request, context)
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                // The headers leave with the first bytes; a comment tells the reader that it is connected.
                try await writer.write(ByteBuffer(string: ": wardline\n\n"))
                for try await page in feed {
                    guard let now = context.accessNow(), now.role == access?.role else { break }
                    try await writer.write(try await Self.text(page, patients))
                }
                try await writer.finish(nil)
            })
    }

    /// Where to begin: behind the last event that a browser says it saw, or where the request says.
    private func firstEvent(_ request: Request) async throws -> Int64 {
        let query = request.uri.queryParameters
        if let seen = request.headers[.lastEventID].flatMap({ Int64($0) }) { return seen }
        if let after = query["after"].flatMap({ Int64($0) }) { return after }
        let last = try await broker.journal.lastEventNumber()
        return max(0, last - (query["last"].flatMap { Int64($0) } ?? 0))
    }

    /// An `id:` without data moves the reader on, and shows both ends that the other one is there.
    private static func text(_ page: TailPage, _ patients: PatientReader) async throws -> ByteBuffer {
        var text = ByteBuffer()
        for event in page.events {
            let step = try JSONEncoder().encode(try await patients.step(event))
            text.writeString("id: \(event.number)\ndata: ")
            text.writeBytes(step)
            text.writeString("\n\n")
        }
        if page.events.last?.number != page.last { text.writeString("id: \(page.last)\n\n") }
        return text
    }

    /// Who may read no patient's data sees what became of messages, and not who read them.
    private static func seesRoutingOnly(_ access: Access?) -> Bool {
        access?.role.permissions.contains(.patients) != true
    }

    // MARK: Patients

    /// Adds the patient to steps where it was asked for (`phi=1`); each reading is an audit event.
    struct PatientReader: Sendable {
        let broker: Broker
        let actor: String?

        func step(_ event: AuditEvent) async throws -> AdminAPI.Step {
            var step = AdminAPI.Step(event)
            guard let actor, let seq = event.seq, !event.patients.isEmpty, event.kind != .patientRead,
                let bytes = try await broker.read(seq, actor: actor, purpose: "patient shown in the routing log")
            else { return step }
            // A stored message parsed when it was received.
            step.patient = (try? Message(parsing: bytes))?["PID-3.1"]
            return step
        }
    }

    private func patientReader(_ request: Request, _ context: AdminContext) throws -> PatientReader {
        let shows = request.uri.queryParameters["phi"] == "1"
        if shows { try context.require(.patients) }
        return PatientReader(broker: broker, actor: shows ? context.actor : nil)
    }
}

extension HTTPField.Name {
    /// A literal that is a token of RFC 9110, so there is always a name.
    static let lastEventID = HTTPField.Name(parsed: "last-event-id") ?? .cookie
}
