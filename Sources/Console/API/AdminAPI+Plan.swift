extension AdminAPI {
    /// `GET plan`: what the folder on disk would do differently with the messages of the last hours.
    package struct Plan: Codable, Sendable {
        /// Hashes of the configurations.
        package var running: String
        package var disk: String
        package var looked: Int
        package var different: Int
        package var newest: Int64?
        package var oldest: Int64?
        /// There are older messages of the time asked for.
        package var more: Bool
        /// The first 500, newest message first.
        package var changes: [PlanChange]
    }

    package struct PlanChange: Codable, Sendable {
        package var seq: Int64
        package var provider: String?
        package var type: String
        package var controlId: String
        /// Endpoints that it goes to now and would go to, in the order of the routes.
        package var before: [String]
        package var after: [String]
        /// Endpoints that would get something else.
        package var remade: [PlanRemade]
    }

    package struct PlanRemade: Codable, Sendable {
        package var endpoint: String
        /// Places in the message or its bundle whose values differ; no values. The first 50.
        package var places: [String]
        package var count: Int
        /// Why nothing can be made, with each.
        package var problemBefore: String?
        package var problemAfter: String?
    }
}
