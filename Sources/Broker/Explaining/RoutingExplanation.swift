package import Journaling

/// Why a message went where it went: what each route said by the configuration that routed it.
///
/// It holds values of the message, so it is for those who may read that.
package struct RoutingExplanation: Hashable, Sendable {
    package var entry: JournalEntry
    package var deliveries: [Delivery]
    /// The hash of the configuration whose routes these are.
    package var configuration: String
    /// Whether that is the one that routed the message: an earlier one may no longer be readable.
    package var isThatOfTheTime: Bool
    package var routes: [RouteExplanation]
    /// What was asked about one endpoint, answered.
    package var endpoint: EndpointExplanation?

    /// Why the routes did not decide about the entry; nil if they did, or will.
    package var exemption: String? {
        switch (entry.disposition, entry.routing) {
        case (.resent, _), (.edited, _):
            "a person sent it again\(entry.parent.map { " from #\($0)" } ?? ""), to endpoints of their choice"
        case (.answer, _): "it is an answer of the broker, which goes where answers go"
        case (_, .dismissed): "it was held at intake, and a person decided that it is not to be routed"
        case (.heldAtIntake, .exempt): "it is held at intake until a person releases it"
        case (.refused, _): "it was refused, so it was not routed"
        case (.acknowledgement, _): "it is an acknowledgement, which is not routed"
        case (.batch, _): "it is a batch, whose messages are entries of their own"
        case (.framingError, _): "it could not be read, so it was not routed"
        case (.accepted, _), (.heldAtIntake, _), (.query, _): nil
        }
    }
}

/// Why a message did not go to an endpoint, or that it did.
package struct EndpointExplanation: Hashable, Sendable {
    package enum Answer: String, Hashable, Sendable {
        /// There is a delivery, or a query was asked there.
        case went
        /// The configuration has no such endpoint.
        case unknownEndpoint
        /// No route leads there.
        case noRoute
        /// The routes do not decide about the message.
        case notRouted
        /// It waits for the router.
        case pending
        /// Some routes lead there, and none takes it.
        case notTaken
        /// A route takes it by these routes, but there is no delivery.
        case notByTheseRoutes
    }

    package var endpoint: String
    package var answer: Answer
    /// The answer as a sentence. It names values of the message where these decided.
    package var text: String
}

extension RoutingExplanation {
    /// Why the message did not go to an endpoint, or that it did.
    func explanation(for endpoint: String, isKnown: Bool) -> EndpointExplanation {
        func answer(_ answer: EndpointExplanation.Answer, _ text: String) -> EndpointExplanation {
            EndpointExplanation(endpoint: endpoint, answer: answer, text: text)
        }
        if let delivery = deliveries.first(where: { $0.endpoint == endpoint }) {
            let route = delivery.route.isEmpty ? "" : ", by the route \(delivery.route)"
            let reason = delivery.reason.map { ": \($0)" } ?? ""
            return answer(.went, "it did go there\(route); the delivery is \(delivery.state)\(reason)")
        }
        if let exemption { return answer(.notRouted, exemption) }
        guard isKnown else { return answer(.unknownEndpoint, "the configuration has no endpoint \(endpoint)") }
        let isQuery = entry.disposition == .query
        let leading = routes.filter { isQuery ? $0.reply == endpoint : $0.to.contains(endpoint) }
        guard !leading.isEmpty else {
            return answer(.noRoute, "no route leads \(isQuery ? "queries " : "")to \(endpoint)")
        }
        if isQuery, let asked = routes.first(where: { $0.takes && $0.reply != nil }), asked.reply == endpoint {
            return answer(.went, "it is a query, and was asked there by the route \(asked.route)")
        }
        guard entry.routing != .pending else { return answer(.pending, "the router has not come to it yet") }
        if let taking = leading.first(where: \.takes) {
            let text =
                isQuery
                ? "the route \(taking.route) takes it, but another one before it was asked"
                : "the route \(taking.route) takes it by these routes, which are not those that routed it"
            return answer(.notByTheseRoutes, text)
        }
        let reasons = leading.map { "\($0.route): \($0.reason)" }
        return answer(.notTaken, reasons.joined(separator: "\n"))
    }
}
