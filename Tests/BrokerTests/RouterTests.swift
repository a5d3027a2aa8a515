import HL7
import Interfaces
import Journaling
import Testing

@testable import Broker

@Suite struct RouterTests {
    private func decide(
        _ bytes: [UInt8], from provider: String? = "hospital", routes: [String]
    ) throws -> RoutingDecision {
        var files = [
            "routes/all.yaml": "",
            "providers/clinic.yaml": """
            provider: clinic
            receives:
              inbox: { mllp: "mllp://127.0.0.1:1" }
              second: { mllp: "mllp://127.0.0.1:2" }
            """,
        ]
        for (index, route) in routes.enumerated() { files["routes/r\(index).yaml"] = "route: r\(index)\n" + route }
        let router = Router(configuration: try TestFolder.configuration(files))
        return router.decide(try Message(parsing: bytes), provider: provider)
    }

    private func endpoints(_ decision: RoutingDecision) -> [String] {
        decision.deliveries.map { "\($0.route)>\($0.endpoint)" }
    }

    @Test func `a message goes wherever a route holds`() throws {
        let decision = try decide(
            Sample.admission("M1"),
            routes: [
                "when: PV1-2 = \"I\"\nto: [clinic.inbox]", "when: PV1-2 = \"O\"\nto: [clinic.second]",
                "from: [hospital]\nto: [clinic.second]",
            ])
        #expect(endpoints(decision) == ["r0>clinic.inbox", "r2>clinic.second"])
    }

    @Test func `two routes to one endpoint make one delivery, named for the first`() throws {
        let decision = try decide(
            Sample.admission("M1"), routes: ["to: [clinic.inbox]", "to: [clinic.inbox, clinic.second]"])
        #expect(endpoints(decision) == ["r0>clinic.inbox", "r1>clinic.second"])
    }

    @Test func `a condition on the content that does not hold filters`() throws {
        let decision = try decide(
            Sample.admission("M1"),
            routes: ["when: MSH-9.1 = \"ADT\" and PV1-2 = \"O\"\nto: [clinic.inbox]"])
        #expect(decision == .filtered(by: ["r0"]))
    }

    @Test func `routes for other senders or types leave a message unrouted`() throws {
        let routes = [
            "when: MSH-9.1 = \"ORU\" and OBR-25 = \"F\"\nto: [clinic.inbox]", "from: [clinic]\nto: [clinic.inbox]",
        ]
        #expect(try decide(Sample.admission("M1"), routes: routes) == .unrouted)
        #expect(try decide(Sample.admission("M1"), routes: []) == .unrouted)
    }

    @Test func `a stranger meets only routes that name nobody`() throws {
        let named = ["from: [hospital]\nto: [clinic.inbox]"]
        #expect(try decide(Sample.admission("M1"), from: nil, routes: named) == .unrouted)
        #expect(try endpoints(decide(Sample.admission("M1"), from: nil, routes: ["to: [clinic.inbox]"])).count == 1)
    }

    @Test func `deliveries remember the configuration that made them`() throws {
        let configuration = try TestFolder.configuration()
        let decision = Router(configuration: configuration)
            .decide(try Message(parsing: Sample.admission("M1")), provider: "hospital")
        #expect(decision.deliveries.map(\.configuration) == [configuration.hashBytes])
        #expect(configuration.hashBytes.count == 32)
    }
}
