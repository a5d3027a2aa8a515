import Auditing
import HL7
import Interfaces
import Journaling
import Testing

@testable import Broker

/// Why a message went where it went.
@Suite(.timeLimit(.minutes(1))) struct WhyTests {
    private static let files = [
        "providers/clinic.yaml": """
        provider: clinic
        receives:
          inbox: { folder: /nowhere/in }
          second: { folder: /nowhere/second }
          third: { folder: /nowhere/third }
        """,
        "routes/all.yaml": "",
        "routes/inpatients.yaml": "route: inpatients\nwhen: PV1-2 = \"I\"\nto: [clinic.inbox]",
        "routes/others.yaml": "route: others\nfrom: [clinic]\nto: [clinic.second]",
        "routes/results.yaml": "route: results\nwhen: MSH-9.1 = \"ORU\"\nto: [clinic.second]",
    ]

    private func explain(
        _ bytes: [UInt8], not endpoint: String? = nil, files changes: [String: String] = [:]
    ) async throws -> RoutingExplanation {
        let files = Self.files.merging(changes) { _, new in new }
        return try await withBroker(try TestFolder.configuration(files)) { test in
            try await test.send([bytes])
            try await test.eventually("routed") { try await test.journal.entry(1)?.routing != .pending }
            return try #require(try await test.broker.why(1, not: endpoint, actor: "uid:1000"))
        }
    }

    @Test func `every route says whether it takes a message, and why`() async throws {
        let found = try await explain(Sample.admission("M1", class: "O"))
        #expect(found.routes.map(\.route) == ["inpatients", "others", "results"])
        #expect(found.routes.map(\.takes) == [false, false, false])
        #expect(found.routes.map(\.namesSender) == [true, false, true])
        #expect(found.routes.map(\.namesType) == [true, true, false])
        #expect(
            found.routes.map(\.reason) == [
                "its condition does not hold: PV1-2 = \"I\" (PV1-2 is \"O\")", "it is only for messages from clinic",
                "it is for other types of messages: MSH-9.1 = \"ORU\" (MSH-9.1 is \"ADT\")",
            ])
    }

    @Test(arguments: [
        ("I", "clinic.inbox", EndpointExplanation.Answer.went), ("O", "clinic.inbox", .notTaken),
        ("I", "clinic.second", .notTaken), ("I", "clinic.third", .noRoute), ("I", "clinic.fourth", .unknownEndpoint),
    ])
    func `one endpoint is answered for`(
        patientClass: String, endpoint: String, answer: EndpointExplanation.Answer
    ) async throws {
        let found = try await explain(Sample.admission("M1", class: patientClass), not: endpoint)
        #expect(found.endpoint?.answer == answer)
        #expect(found.endpoint?.text.isEmpty == false)
    }

    @Test func `what was refused was not routed`() async throws {
        let changes = [
            "providers/hospital.yaml": """
            provider: hospital
            sends: [ { as: { application: HIS, facility: GH }, messages: [ORU] } ]
            """
        ]
        let found = try await explain(Sample.admission("M1"), not: "clinic.inbox", files: changes)
        #expect(found.endpoint?.answer == .notRouted)
        #expect(found.endpoint?.text == "it was refused, so it was not routed")
    }

    @Test func `the routes are those of the configuration that routed the message, not those of now`() async throws {
        try await withBroker(try TestFolder.configuration(Self.files)) { test in
            try await test.send([Sample.admission("M1", class: "O")])
            try await test.eventually("routed") { try await test.journal.entry(1)?.routing == .filtered }
            var files = Self.files
            files["routes/inpatients.yaml"] = "route: everybody\nto: [clinic.inbox]"
            _ = try await test.broker.reload(try TestFolder.configuration(files))
            let found = try #require(try await test.broker.why(1, not: "clinic.inbox", actor: "uid:1000"))
            #expect(found.isThatOfTheTime)
            #expect(found.routes.map(\.route) == ["inpatients", "others", "results"])
            #expect(found.endpoint?.answer == .notTaken)
            try await test.send([Sample.admission("M2", class: "O")])
            try await test.eventually("routed") { try await test.journal.entry(2)?.routing == .routed }
            #expect(try await test.broker.why(2, actor: "uid:1000")?.routes.first?.takes == true)
        }
    }

    @Test func `the routes that take a message are those that the router decided for`() async throws {
        for patientClass in ["I", "O", "E"] {
            let router = Router(configuration: try TestFolder.configuration(Self.files))
            let message = try Message(parsing: Sample.admission("M1", class: patientClass))
            for provider in ["hospital", "clinic", nil] {
                let taking = router.explain(message, provider: provider).filter(\.takes).map(\.route)
                #expect(router.decide(message, provider: provider).deliveries.map(\.route) == taking)
            }
        }
    }

    @Test func `explaining is reading: an event says who, and nobody explains what is not there`() async throws {
        try await withBroker(try TestFolder.configuration(Self.files)) { test in
            try await test.send([Sample.admission("M1")])
            #expect(try await test.broker.why(1, actor: "ada") != nil)
            let event = try #require(try await test.journal.events(of: 1).last { $0.kind == .patientRead })
            #expect(event.actor == "ada" && event.text == "routing explained")
            #expect(try await test.broker.why(2, actor: "ada") == nil)
        }
    }
}
