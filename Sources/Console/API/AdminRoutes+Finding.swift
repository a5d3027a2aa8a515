import Broker
import HTTPTypes
import Hummingbird
import Interfaces

extension AdminAPI.Found: ResponseEncodable {}

extension AdminRoutes {
    private static let foundMax = 200
    private static let textBytesMax = 1_024

    /// Messages by what is known of them. Searching by what is a patient's needs the permission to read it.
    func search(_ request: Request, _ context: AdminContext) async throws -> AdminAPI.Found {
        let query = try findQuery(request)
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

    private func findQuery(_ request: Request) throws -> FindQuery {
        let parameters = request.uri.queryParameters
        func text(_ name: String) throws -> String? {
            guard let value = parameters[name[...]], !value.isEmpty else { return nil }
            guard value.utf8.count <= Self.textBytesMax else {
                throw HTTPError(.badRequest, message: "\(name) is longer than \(Self.textBytesMax) bytes")
            }
            return String(value)
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
        query.from = try text("from").map { try given("from", $0) }
        query.to = try text("to").map { try given("to", $0, isEnd: true) }
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
