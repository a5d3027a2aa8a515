import Broker
import FHIR
import HL7
import HTTPTypes
import Hummingbird
import Interfaces
import Journaling

extension AdminAPI.Plan: ResponseEncodable {}

/// What a reload would change.
extension AdminRoutes {
    static let planning: [Operation] = [
        .get(
            "plan", .read, "Which messages of the last hours the folder on disk would route or map differently.",
            query: [.text("since", "Received from this time on; 24 hours ago if left out.")]
        ) { routes, request, _ in try await routes.plan(request) }
    ]

    private static let usual: Int64 = 24 * 3_600 * 1_000_000

    private func plan(_ request: Request) async throws -> AdminAPI.Plan {
        let since = try request.uri.queryParameters["since"].map { try given("since", String($0)) }
        let running = broker.configurations.current
        let (disk, findings) = await Self.load(running.folder)
        guard let disk else {
            let first = findings.first { $0.severity == .error }.map { "\($0)" } ?? "it cannot be read"
            throw HTTPError(.conflict, message: "the folder has mistakes, so there is nothing to compare: \(first)")
        }
        let plan = try await broker.plan(disk, since: since ?? broker.clock.now() - Self.usual)
        return AdminAPI.Plan(
            running: running.hash, disk: disk.hash, looked: plan.looked, different: plan.different,
            newest: plan.newest, oldest: plan.oldest, more: plan.isCut,
            changes: plan.changes.map { change in
                AdminAPI.PlanChange(
                    seq: change.entry.seq, provider: change.entry.provider, type: change.entry.type,
                    controlId: change.entry.controlId, before: change.before, after: change.after,
                    remade: change.remade.map(AdminAPI.PlanRemade.init))
            })
    }
}

extension AdminAPI.PlanRemade {
    private static let placesMax = 50

    init(_ remade: ConfigurationPlan.Remade) {
        self.init(endpoint: remade.endpoint, places: [], count: 0)
        switch (remade.before, remade.after) {
        case (.bytes(let before), .bytes(let after)):
            let all = Self.places(before, after)
            places = Array(all.prefix(Self.placesMax))
            count = all.count
        case (.problem(let text), .bytes): problemBefore = text
        case (.bytes, .problem(let text)): problemAfter = text
        case (.problem(let one), .problem(let other)): (problemBefore, problemAfter) = (one, other)
        }
    }

    private static func places(_ old: [UInt8], _ new: [UInt8]) -> [String] {
        let limits = Limits(messageBytesMax: .max, segmentsMax: .max)
        if let before = try? Message(parsing: old, limits: limits),
            let after = try? Message(parsing: new, limits: limits)
        {
            return MessageDifference.changes(from: MessageView(before).lines, to: MessageView(after).lines).map(\.place)
        }
        // What is no message is a bundle.
        guard let before = try? JSONReader.value(from: old), let after = try? JSONReader.value(from: new) else {
            return []
        }
        return JSONDifference.places(before, after)
    }
}
