/// Why a message went where it went.
extension AdminAPI {
    /// `GET messages/{seq}/why`, with `not=provider.endpoint` why it did not go there.
    package struct Why: Codable, Sendable {
        package var seq: Int64
        package var disposition: String
        package var routing: String
        /// The sender, if recognised.
        package var provider: String?
        package var type: String
        /// The hash of the configuration whose routes these are.
        package var configuration: String
        /// Whether that is the one that routed the message.
        package var ofTheTime: Bool
        /// Why the routes did not decide about it.
        package var exemption: String?
        package var routes: [WhyRoute]
        package var deliveries: [Delivery]
        package var not: WhyNot?
    }

    package struct WhyRoute: Codable, Sendable {
        package var route: String
        /// Whether it takes the message.
        package var takes: Bool
        /// Why, in a sentence.
        package var reason: String
        /// The providers that it is for; left out: anyone.
        package var from: [String]?
        package var namesSender: Bool
        /// Whether it could take a message of this type.
        package var namesType: Bool
        /// Left out: always.
        package var condition: WhyCondition?
        package var to: [String]
        package var reply: String?
    }

    /// A condition or a part of one.
    package struct WhyCondition: Codable, Sendable {
        /// `all`, `any` and `not` have `parts`; `test` has `saw`.
        package var form: String
        package var text: String
        package var holds: Bool
        package var saw: [WhyValue]?
        package var parts: [WhyCondition]?
    }

    /// What an operand of a test was in the message.
    package struct WhyValue: Codable, Sendable {
        /// `PID-3[*].5`
        package var path: String
        /// `value`, `null`, `empty` or `absent`
        package var presence: String
        /// The first twenty.
        package var values: [String]
        package var count: Int
    }

    package struct WhyNot: Codable, Sendable {
        package var endpoint: String
        /// `went`, `unknownEndpoint`, `noRoute`, `notRouted`, `pending`, `notTaken`, `notByTheseRoutes`
        package var answer: String
        package var text: String
    }
}
