import Broker
import HL7
import HTTPTypes
import Hummingbird
import Journaling

extension AdminAPI.Why: ResponseEncodable {}

extension AdminRoutes {
    /// What each route said about a message, with the values that it saw; audited as a reading of the message.
    func why(_ request: Request, _ context: AdminContext) async throws -> AdminAPI.Why {
        let seq = try seq(context)
        let endpoint = request.uri.queryParameters["not"].map(String.init)
        guard let found = try await broker.why(seq, not: endpoint, actor: context.actor) else {
            guard let entry = try await broker.journal.entry(seq), try await broker.journal.body(seq) != nil else {
                throw try await noBody(seq)
            }
            throw HTTPError(
                .conflict,
                message: "message \(seq) cannot be read (\(entry.disposition)), so no route was asked about it")
        }
        return AdminAPI.Why(found)
    }
}

extension AdminAPI.Why {
    fileprivate init(_ found: RoutingExplanation) {
        self.init(
            seq: found.entry.seq, disposition: "\(found.entry.disposition)", routing: "\(found.entry.routing)",
            provider: found.entry.provider, type: found.entry.type, configuration: found.configuration,
            ofTheTime: found.isThatOfTheTime, exemption: found.exemption,
            routes: found.routes.map(AdminAPI.WhyRoute.init), deliveries: found.deliveries.map(AdminAPI.Delivery.init),
            not: found.endpoint.map {
                AdminAPI.WhyNot(endpoint: $0.endpoint, answer: $0.answer.rawValue, text: $0.text)
            })
    }
}

extension AdminAPI.WhyRoute {
    fileprivate init(_ found: RouteExplanation) {
        self.init(
            route: found.route, takes: found.takes, reason: found.reason, from: found.from,
            namesSender: found.namesSender, namesType: found.namesType,
            condition: found.condition.map(AdminAPI.WhyCondition.init), to: found.to, reply: found.reply)
    }
}

extension AdminAPI.WhyCondition {
    fileprivate init(_ found: ConditionExplanation) {
        let isTest = found.form == .test
        self.init(
            form: found.form.rawValue, text: found.text, holds: found.holds,
            saw: isTest
                ? found.operands.map {
                    AdminAPI.WhyValue(path: $0.text, presence: "\($0.presence)", values: $0.values, count: $0.count)
                } : nil,
            parts: isTest ? nil : found.parts.map(AdminAPI.WhyCondition.init))
    }
}
