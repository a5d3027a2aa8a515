import Broker
import Foundation
import HTTPTypes
import Hummingbird
import Interfaces

extension AdminAPI.Alert: ResponseEncodable {}

extension AdminAPI.Alert {
    init(_ shown: AlertCenter.Shown) {
        let alert = shown.alert
        self.init(
            id: alert.id.description, kind: alert.id.kind.rawValue, subject: alert.id.subject,
            severity: alert.severity.rawValue, text: alert.text, now: shown.now, openedAt: isoTime(alert.openedAt),
            acknowledgedBy: alert.acknowledged?.actor, acknowledgedAt: alert.acknowledged.map { isoTime($0.at) },
            acknowledgedBecause: alert.acknowledged?.reason, silencedUntil: shown.silencedUntil.map(isoTime))
    }
}

extension AdminRoutes {
    static let alertOperations: [Operation] = [
        .get("alerts", .read, "What a person should look at.") { routes, _, _ in try await routes.openAlerts() },
        .post("alerts/{id}/acknowledge", .change, "Says that somebody looks after it.", body: AdminAPI.Change.self) {
            routes, request, context in try await routes.acknowledge(request, context)
        },
        .post(
            "alerts/{id}/silence", .change, "Tells nobody about it until a time; a time that is past ends that.",
            body: AdminAPI.Silence.self
        ) { routes, request, context in try await routes.silence(request, context) },
    ]

    func openAlerts() async throws -> [AdminAPI.Alert] { await alerts.open().map(AdminAPI.Alert.init) }

    func acknowledge(_ request: Request, _ context: AdminContext) async throws -> AdminAPI.Done {
        let id = try alertID(context)
        let (why, _) = try await reason(request, context)
        try await alerts.acknowledge(id, why)
        return AdminAPI.Done(done: "acknowledged \(id)")
    }

    func silence(_ request: Request, _ context: AdminContext) async throws -> AdminAPI.Done {
        let id = try alertID(context)
        let asked = try await request.decode(as: AdminAPI.Silence.self, context: context)
        guard !asked.reason.allSatisfy(\.isWhitespace) else {
            throw HTTPError(.badRequest, message: "say why: a reason is required")
        }
        let until = try given("until", asked.until)
        try await alerts.silence(id, until: until, ChangeRequest(actor: context.actor, reason: asked.reason))
        let isOver = until <= broker.clock.now()
        return AdminAPI.Done(done: isOver ? "\(id) speaks again" : "silenced \(id) until \(isoTime(until))")
    }

    private func alertID(_ context: AdminContext) throws -> AlertID {
        guard let text = context.parameters.get("id"), let id = AlertID(text.removingPercentEncoding ?? text) else {
            throw HTTPError(.notFound, message: "no such alert; `wardline alerts` lists the ids of those that are open")
        }
        return id
    }
}
