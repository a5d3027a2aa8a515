import Broker
import FHIR
import HL7
import HL7Conformance
import HTTPTypes
import Hummingbird
import Journaling
import Mapping
import NIOCore

/// A message beside its resources, for the console.
extension AdminRoutes {
    static let messageReading: [Operation] = [
        .get(
            "messages/{seq}/body", .patients, "The bytes as received.", answer: .content("x-application/hl7-v2+er7")
        ) { routes, _, context in try await routes.body(context) },
        .get(
            "messages/{seq}/why", .patients, "What each route said about a message, with the values that it saw.",
            query: [.text("not", "provider.endpoint: also why it did not go there.")]
        ) { routes, request, context in try await routes.why(request, context) },
        .get(
            "messages/{seq}/view", .patients, "A message beside its resources, with findings, links and what is lost.",
            answer: .value(AdminAPI.View.self)
        ) { routes, _, context in try await routes.messageView(context) },
        .get(
            "deliveries/{seq}/{endpoint}/sent", .patients, "The bytes that an endpoint was sent, where they are kept.",
            answer: .content("application/octet-stream")
        ) { routes, _, context in try await routes.sent(context) },
    ]

    /// `{"lines","resources","links","lost","counts","problem"}`: every line of the message with its findings, the
    /// resources, which value became which element, and what is lost. Audited as a reading of the message.
    func messageView(_ context: AdminContext) async throws -> Response {
        let seq = try seq(context)
        guard let entry = try await broker.journal.entry(seq),
            let body = try await broker.read(seq, actor: context.actor, purpose: "message read in the console")
        else { throw notFound(seq) }
        guard let reading = try await broker.reading(entry, body: body) else {
            throw HTTPError(
                .unprocessableContent, message: "these bytes are no HL7 v2 message; see them with wardline show --hex")
        }
        let stored = try AdminAPI.Message(entry, []).findings.map {
            ShownFinding(severity: $0.severity, code: $0.code, location: $0.location, text: $0.text)
        }
        let view = MessageView(reading.message, findings: stored, zone: reading.timeZone)
        var object: JSONObject = ["lines": .array(view.lines.map(Self.json))]
        switch reading.mapped {
        case .success(let mapped):
            let resources = mapped.bundle.entries.compactMap { $0.resource?.value }
            object["resources"] = .array(resources)
            object["links"] = .array(
                mapped.explanation.map {
                    ["source": .string("\($0.location)"), "target": .string($0.path)]
                })
            object["lost"] = .array(mapped.loss.lostLeaves.map { .string("\($0)") })
            func number(_ count: Int) -> JSONValue { .number(JSONNumber(count)) }
            object["counts"] = .object([
                "leaves": number(mapped.loss.leaves), "mapped": number(mapped.loss.mapped),
                "condition": number(mapped.loss.condition), "dropped": number(mapped.loss.dropped),
                "lost": number(mapped.loss.lost),
            ])
        case .failure(let error): object["problem"] = .string("\(error)")
        }
        return Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: JSONValue.object(object).bytes())))
    }

    private static func json(_ line: ShownLine) -> JSONValue {
        var object: JSONObject = [
            "location": .string(line.place), "depth": .string("\(line.depth)"), "name": .string(line.name),
            "type": .string(line.type),
        ]
        if let value = line.value { object["value"] = .string(value) }
        if let meaning = line.meaning { object["meaning"] = .string(meaning) }
        if !line.findings.isEmpty {
            object["findings"] = .array(
                line.findings.map {
                    [
                        "severity": .string($0.severity.rawValue), "code": .string($0.code),
                        "text": .string($0.text),
                    ]
                })
        }
        return .object(object)
    }
}
