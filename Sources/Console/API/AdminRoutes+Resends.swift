import Broker
import Foundation
import HL7
import HTTPTypes
import Hummingbird
import Journaling

extension AdminAPI.Resends: ResponseEncodable {}
extension AdminAPI.Edited: ResponseEncodable {}

/// Sending many messages again, and changed copies.
extension AdminRoutes {
    static let resending: [Operation] = [
        .get("resends", .read, "Resends of many messages, the oldest first.") { routes, _, _ in
            await routes.resends.all.map { AdminAPI.Resends($0) }
        },
        .post(
            "resends", .change,
            "Sends all messages again that a search finds, at a rate, after a dry run if asked for.",
            body: AdminAPI.ResendRequest.self
        ) { routes, request, context in try await routes.resendMany(request, context) },
        .post("resends/{id}/stop", .change, "Stops a resend of many.", body: AdminAPI.Change.self) {
            routes, request, context in
            let (why, _) = try await routes.reason(request, context)
            return AdminAPI.Resends(try await routes.resends.stop(try Self.id(context), why))
        },
        .post(
            "resends/{id}/continue", .change, "Goes on with one that was stopped, behind the last message sent.",
            body: AdminAPI.Change.self
        ) { routes, request, context in
            let (why, _) = try await routes.reason(request, context)
            return AdminAPI.Resends(try await routes.resends.go(try Self.id(context), why))
        },
        .post(
            "messages/{seq}/edit", .change, "Sends a changed copy, with its differences; the original stays.",
            body: AdminAPI.Edit.self
        ) { routes, request, context in try await routes.edit(request, context) },
    ]

    private static let rateUsual = 10.0
    /// Messages that a dry run shows.
    private static let shownMax = 20
    private static let pageMax = 200

    private static func id(_ context: AdminContext) throws -> String {
        guard let id = context.parameters.get("id") else { throw HTTPError(.notFound, message: "no such resend") }
        return id
    }

    private func resendMany(_ request: Request, _ context: AdminContext) async throws -> AdminAPI.Resends {
        let asked = try await request.decode(as: AdminAPI.ResendRequest.self, context: context)
        guard !asked.reason.allSatisfy(\.isWhitespace) else {
            throw HTTPError(.badRequest, message: "say why: a reason is required")
        }
        let fields = asked.query.fields
        guard !fields.isEmpty else { throw HTTPError(.badRequest, message: "say which messages: the query is empty") }
        var query = try findQuery { fields[$0] }
        if !query.patientFields.isEmpty { try context.require(.patients) }
        query.limit = Self.pageMax
        let found = try await all(query, context)
        let seqs = found.map(\.seq).sorted()
        let resend = Resend(to: asked.to ?? [], as: asked.as ?? .now)
        let rate = asked.rate ?? Self.rateUsual
        guard asked.dryRun == true else {
            let why = ChangeRequest(actor: context.actor, reason: asked.reason)
            return AdminAPI.Resends(try await resends.begin(seqs, resend, rate: rate, why))
        }
        var plan = AdminAPI.Resends(
            ResendRun(
                id: "", actor: context.actor, reason: asked.reason, endpoints: resend.endpoints, choice: resend.choice,
                rate: rate, seqs: seqs, firstEvent: 0, state: .stopped))
        plan.id = nil
        plan.messages = Array(found.sorted { $0.seq < $1.seq }.prefix(Self.shownMax))
        return plan
    }

    /// Every message that a search finds.
    private func all(_ query: FindQuery, _ context: AdminContext) async throws -> [AdminAPI.Message] {
        var (query, messages) = (query, [AdminAPI.Message]())
        do {
            while true {
                let found = try await finder.find(query, actor: context.actor)
                messages += try found.messages.map { try AdminAPI.Message($0.entry, $0.deliveries) }
                guard messages.count <= ResendRuns.seqsMax else {
                    throw HTTPError(
                        .badRequest, message: "that is more than \(ResendRuns.seqsMax) messages: ask for fewer")
                }
                guard let next = found.next else { return messages }
                query.before = next
            }
        } catch let error as MessageFinder.Unavailable {
            throw HTTPError(.serviceUnavailable, message: "\(error)")
        }
    }

    // MARK: Changed copies

    private func edit(_ request: Request, _ context: AdminContext) async throws -> AdminAPI.Edited {
        let seq = try seq(context)
        // Whoever changes a message has read it.
        try context.require(.patients)
        let asked = try await request.decode(as: AdminAPI.Edit.self, context: context)
        guard !asked.reason.allSatisfy(\.isWhitespace) else {
            throw HTTPError(.badRequest, message: "say why: a reason is required")
        }
        guard let data = Data(base64Encoded: asked.message) else {
            throw HTTPError(.badRequest, message: "message is the changed message in Base64")
        }
        guard let entry = try await broker.journal.entry(seq),
            let body = try await broker.read(seq, actor: context.actor, purpose: "compared with a changed copy")
        else { throw try await noBody(seq) }
        let (copy, problems) = try broker.judge(Array(data), of: entry)
        guard let original = try? broker.judge(body, of: entry).message else {
            throw HTTPError(.conflict, message: "message \(seq) is no HL7 v2 message, so there is nothing to change")
        }
        let changes = MessageDifference.changes(
            from: MessageView(original).lines, to: MessageView(copy).lines)
        guard !changes.isEmpty else {
            throw HTTPError(.conflict, message: "the copy says the same; send the message again as it is")
        }
        var new: Int64?
        if asked.dryRun != true {
            new = try await broker.resend(
                seq, edited: Array(data), changed: changes.map(\.place),
                Resend(to: asked.to ?? [], as: asked.as ?? .now),
                ChangeRequest(actor: context.actor, reason: asked.reason))
        }
        return AdminAPI.Edited(
            seq: new, parent: seq,
            changes: changes.map {
                AdminAPI.Difference.Change(location: $0.place, name: $0.name, received: $0.old, sent: $0.new)
            }, findings: problems.map(AdminAPI.Finding.init))
    }
}

extension AdminAPI.Finding {
    init(_ problem: Acknowledgment.Problem) {
        let severity =
            switch problem.severity {
            case .error: "error"
            case .warning: "warning"
            case .information: "information"
            }
        self.init(
            severity: severity, code: "\(problem.code)", location: problem.location.map { "\($0)" }, text: problem.text)
    }
}

extension AdminAPI.Search {
    /// What is given, by name.
    var fields: [String: String] {
        let all: [(String, String?)] = [
            ("patient", patient), ("name", name), ("born", born), ("visit", visit), ("order", order),
            ("accession", accession), ("controlId", controlId), ("provider", provider), ("type", type),
            ("state", state), ("from", from), ("to", to), ("text", text),
        ]
        return Dictionary(
            all.compactMap { name, value in value.map { (name, $0) } }, uniquingKeysWith: { first, _ in first })
    }
}

extension AdminAPI.Resends {
    init(_ run: ResendRun) {
        self.init(
            id: run.id, state: run.state, actor: run.actor, reason: run.reason, to: run.endpoints, as: run.choice,
            rate: run.rate, count: run.seqs.count, done: run.done, left: run.left, first: run.seqs.first,
            last: run.seqs.last)
    }
}
