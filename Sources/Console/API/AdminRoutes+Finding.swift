import Broker
import HTTPTypes
import Hummingbird
import Interfaces

extension AdminAPI.Found: ResponseEncodable {}

extension AdminRoutes {
    static let finding: [Operation] = [
        .get(
            "find", .read, "Messages by what is known of them. By what is a patient's: for whoever may read messages.",
            query: findParameters + [
                .number("before", "Only older ones: `next` of the page before."),
                .number("limit", "How many; 50 if left out."),
            ]
        ) { routes, request, context in try await routes.search(request, context) }
    ]

    /// What messages are searched by.
    static let findParameters: [Operation.Query] = [
        .text("patient", "An identifier, or identifier@authority."), .text("name", "Family name."),
        .text("born", "Date of birth, YYYYMMDD."), .text("visit", "Visit number."),
        .text("order", "Placer or filler order number."), .text("accession", "Accession number."),
        .text("controlId", "MSH-10."), .text("provider", "The sender."), .text("type", "ADT or ADT^A01."),
        .text("state", "A disposition, a routing state, or queued or held."),
        .text("from", "Received from this time on."),
        .text("to", "Received until this time."), .text("text", "Text anywhere in the message; needs from."),
    ]

    private static let foundMax = 200
    private static let textBytesMax = 1_024

    /// Messages by what is known of them. Searching by what is a patient's needs the permission to read it.
    func search(_ request: Request, _ context: AdminContext) async throws -> AdminAPI.Found {
        let parameters = request.uri.queryParameters
        let query = try findQuery { parameters[$0[...]].map(String.init) }
        if !query.patientFields.isEmpty { try context.require(.patients) }
        do {
            let found = try await finder.find(query, actor: context.actor)
            return AdminAPI.Found(
                messages: try found.messages.map { try AdminAPI.Message($0.entry, $0.deliveries) },
                more: found.next != nil, next: found.next, lag: found.lag, scanned: found.scanned)
        } catch let error as MessageFinder.Unavailable {
            throw HTTPError(.serviceUnavailable, message: "\(error)")
        }
    }

    /// A query as it is written behind a question mark or in a request.
    func findQuery(_ given: (String) -> String?) throws -> FindQuery {
        func text(_ name: String) throws -> String? {
            guard let value = given(name), !value.isEmpty else { return nil }
            guard value.utf8.count <= Self.textBytesMax else {
                throw HTTPError(.badRequest, message: "\(name) is longer than \(Self.textBytesMax) bytes")
            }
            return value
        }
        func number(_ name: String, _ range: ClosedRange<Int64>) throws -> Int64? {
            guard let value = try text(name) else { return nil }
            guard let number = Int64(value), range.contains(number) else {
                throw HTTPError(
                    .badRequest, message: "\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        var query = FindQuery()
        query.patient = try text("patient")
        query.name = try text("name")
        query.born = try text("born")
        query.visit = try text("visit")
        query.order = try text("order")
        query.accession = try text("accession")
        query.controlID = try text("controlId")
        query.provider = try text("provider")
        query.type = try text("type")
        query.text = try text("text")
        query.from = try text("from").map { try self.given("from", $0) }
        query.to = try text("to").map { try self.given("to", $0, isEnd: true) }
        query.before = try number("before", 1...Int64.max)
        query.limit = Int(try number("limit", 1...Int64(Self.foundMax)) ?? 50)
        if let state = try text("state") {
            guard let known = FindQuery.State.names[state] else {
                let names = FindQuery.State.names.keys.sorted().joined(separator: ", ")
                throw HTTPError(.badRequest, message: "state is one of \(names)")
            }
            query.state = known
        }
        if let mistake = query.mistake { throw HTTPError(.badRequest, message: mistake) }
        return query
    }
}
