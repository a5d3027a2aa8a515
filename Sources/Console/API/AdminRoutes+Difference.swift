import Broker
import HTTPTypes
import Hummingbird
import Journaling
import Mapping
import NIOCore

extension AdminAPI.Difference: ResponseEncodable {}

/// What was made of a message: for one endpoint, and as FHIR.
extension AdminRoutes {
    static let comparing: [Operation] = [
        .get(
            "deliveries/{seq}/{endpoint}/diff", .patients,
            "What an endpoint was sent, or would be, against what was received, place by place."
        ) { routes, _, context in try await routes.difference(context) },
        .get(
            "messages/{seq}/fhir", .patients,
            "The bundle of a message, by the configuration that judged it.",
            answer: .content("application/fhir+json")
        ) { routes, _, context in try await routes.fhir(context) },
    ]

    private func difference(_ context: AdminContext) async throws -> AdminAPI.Difference {
        let (seq, name) = (try seq(context), try endpoint(context))
        guard try await broker.journal.delivery(seq, endpoint: name) != nil else {
            let all = try await broker.journal.deliveries(of: seq).map(\.endpoint).joined(separator: ", ")
            throw HTTPError(
                .notFound,
                message: "message \(seq) has no delivery to \(name)"
                    + (all.isEmpty ? "" : "; it has: \(all)"))
        }
        guard let copy = try await broker.sentCopy(seq, endpoint: name, actor: context.actor) else {
            throw try await noBody(seq)
        }
        return AdminAPI.Difference(copy)
    }

    private func fhir(_ context: AdminContext) async throws -> Response {
        let seq = try seq(context)
        guard let entry = try await broker.journal.entry(seq),
            let body = try await broker.read(seq, actor: context.actor, purpose: "shown as FHIR")
        else { throw try await noBody(seq) }
        guard let reading = try await broker.reading(entry, body: body) else {
            throw HTTPError(.unprocessableContent, message: "these bytes are no HL7 v2 message")
        }
        do throws(MapError) {
            return Response(
                status: .ok, headers: [.contentType: "application/fhir+json"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: try reading.mapped.get().bytes)))
        } catch { throw HTTPError(.unprocessableContent, message: "\(error)") }
    }
}

extension AdminAPI.Difference {
    init(_ copy: SentCopy) {
        let lines = MessageView(copy.received).lines
        self.init(
            seq: copy.delivery.seq, endpoint: copy.delivery.endpoint, state: "\(copy.delivery.state)",
            form: "hl7",
            origin: copy.origin.rawValue, asSent: copy.isAsSent, unchanged: copy.isUnchanged, changes: [])
        switch copy.content {
        case .message(let message):
            changes = MessageDifference.changes(from: lines, to: MessageView(message).lines).map {
                Change(location: $0.place, name: $0.name, received: $0.old, sent: $0.new)
            }
        case .bundle(let mapped):
            form = "fhir"
            let elements = Dictionary(grouping: mapped.explanation) { "\($0.location)" }
            let lost = Set(mapped.loss.lostLeaves.map { "\($0)" })
            changes = lines.filter { $0.value != nil }.map { line in
                Change(
                    location: line.place, name: line.name, received: line.value,
                    elements: elements[line.place]?.map(\.path), lost: lost.contains(line.place) ? true : nil)
            }
        case .problem(let text): problem = text
        }
    }
}
