import Broker
import Foundation
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
        query.from = try text("from").map { try time("from", $0) }
        query.to = try text("to").map { try time("to", $0) }
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

    /// `2026-03-05T08:00:00Z`, or without a zone: then it is the broker's.
    private func time(_ name: String, _ text: String) throws -> Int64 {
        guard let time = FindTime.microseconds(text, isEnd: name == "to") else {
            throw HTTPError(
                .badRequest, message: "\(name) is a time as 2026-03-05T08:00, 2026-03-05T08:00:00Z or 2026-03-05")
        }
        return time
    }
}

/// Times as people type them into a search.
enum FindTime {
    /// - Parameter isEnd: the last microsecond that the text names, rather than the first.
    /// - Returns: microseconds since 1970-01-01 UTC; nil for no time. Without a zone it is in `zone`.
    static func microseconds(_ text: String, isEnd: Bool, zone: TimeZone = .current) -> Int64? {
        let forms: [(pattern: String, seconds: Double)] = [
            ("yyyy-MM-dd'T'HH:mm:ss.SSSXXXXX", 0.001), ("yyyy-MM-dd'T'HH:mm:ssXXXXX", 1),
            ("yyyy-MM-dd'T'HH:mmXXXXX", 60), ("yyyy-MM-dd'T'HH:mm:ss", 1), ("yyyy-MM-dd'T'HH:mm", 60),
            ("yyyy-MM-dd", 86_400),
        ]
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.calendar = Calendar(identifier: .gregorian)
        formatter.timeZone = zone
        formatter.isLenient = false
        for form in forms {
            formatter.dateFormat = form.pattern
            guard let date = formatter.date(from: text) else { continue }
            let start = Int64((date.timeIntervalSince1970 * 1_000).rounded()) * 1_000
            return isEnd ? start + Int64(form.seconds * 1_000_000) - 1 : start
        }
        return nil
    }
}
