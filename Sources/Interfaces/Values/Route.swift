package import HL7

/// A rule from messages to endpoints.
package struct Route: Hashable, Sendable {
    package var name: String
    /// Names of providers; nil: from anyone.
    package var from: [String]?
    package var condition: Condition?
    /// `provider.endpoint`.
    package var to: [String]
    /// The endpoint whose response is passed back on the same connection.
    package var reply: String?
    /// What deliveries of this route to FHIR endpoints may lose; beyond it they are held.
    package var lossBudget: LossBudget?
    /// Run by `wardline check`.
    package var tests: [RouteTest]

    package init(
        name: String, from: [String]? = nil, when condition: Condition? = nil, to: [String], reply: String? = nil,
        tests: [RouteTest] = []
    ) {
        self.name = name
        self.from = from
        self.condition = condition
        self.to = to
        self.reply = reply
        self.tests = tests
    }

    /// Whether the route names this sender: the provider's name, or nil for one that no provider claims.
    package func names(_ provider: String?) -> Bool {
        guard let from else { return true }
        return provider.map(from.contains) ?? false
    }
}

/// A message with what a route should do with it.
package struct RouteTest: Hashable, Sendable {
    /// Absolute path.
    package var message: String
    package var isRouted: Bool
    /// The file of the route, below the interfaces folder, and the line of the test, counted from 1.
    package var file: String
    package var line: Int

    package init(message: String, isRouted: Bool, file: String, line: Int) {
        self.message = message
        self.isRouted = isRouted
        self.file = file
        self.line = line
    }
}
