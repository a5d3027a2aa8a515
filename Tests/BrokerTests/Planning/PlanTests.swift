import HL7
import Interfaces
import Journaling
import Testing

@testable import Broker

/// What a reload would change for the messages that came.
@Suite(.timeLimit(.minutes(2))) struct PlanTests {
    private let second = """
        provider: clinic
        receives:
          inbox: { mllp: "mllp://127.0.0.1:1" }
          archive: { mllp: "mllp://127.0.0.1:1" }
        """

    private func withMessages(_ body: (TestBroker) async throws -> Void) async throws {
        try await withBroker(try TestFolder.configuration()) { test in
            try await test.send((1...5).map { Sample.admission("M\($0)") })
            try await test.eventually("all routed") { try await test.journal.entry(5)?.routing == .routed }
            try await body(test)
        }
    }

    @Test func `the same folder changes nothing, and says how many messages it looked at`() async throws {
        try await withMessages { test in
            let plan = try await test.broker.plan(try TestFolder.configuration(), since: 0)
            #expect(plan.looked == 5 && plan.different == 0 && plan.changes.isEmpty && !plan.isCut)
            #expect(plan.newest == 5 && plan.oldest == 1)
        }
    }

    @Test func `a route that leads elsewhere is told with both ways, newest message first`() async throws {
        try await withMessages { test in
            let new = try TestFolder.configuration([
                "providers/clinic.yaml": second,
                "routes/all.yaml": "route: all\nwhen: MSH-10 in (\"M2\", \"M4\")\nto: [clinic.archive]",
            ])
            let plan = try await test.broker.plan(new, since: 0)
            #expect(plan.different == 5)
            #expect(plan.changes.map(\.entry.seq) == [5, 4, 3, 2, 1])
            #expect(plan.changes.allSatisfy { $0.before == ["clinic.inbox"] })
            #expect(plan.changes.map(\.after) == [[], ["clinic.archive"], [], ["clinic.archive"], []])
        }
    }

    @Test func `an edit that changes what an endpoint gets is told`() async throws {
        try await withMessages { test in
            let set = try TestFolder.configuration(TestFolder.clinic(port: 1, "edit: [ { set: { MSH-5: NEW } } ]"))
            let plan = try await test.broker.plan(set, since: 0)
            #expect(plan.different == 5)
            let remade = try #require(plan.changes.first?.remade.first)
            #expect(remade.endpoint == "clinic.inbox")
            guard case .bytes(let before) = remade.before, case .bytes(let after) = remade.after else {
                Issue.record("no bytes")
                return
            }
            #expect(try Message(parsing: before)["MSH-5"] == "WL")
            #expect(try Message(parsing: after)["MSH-5"] == "NEW")
        }
    }

    @Test func `only what came since a time is looked at, and only so many`() async throws {
        try await withMessages { test in
            let same = try TestFolder.configuration()
            #expect(try await test.broker.plan(same, since: .max).looked == 0)
            let two = try await test.broker.plan(same, since: 0, limit: 2)
            #expect(two.looked == 2 && two.isCut && two.oldest == 4)
        }
    }
}
