import FHIR
import Interfaces
import Journaling
import Testing

@testable import Broker

/// A broker and a FHIR server over HTTP.
@Suite(.timeLimit(.minutes(2))) struct FHIRDeliveryTests {
    private func withRegistry(
        _ server: TestFHIRServer, _ keys: String = "", _ body: (TestBroker) async throws -> Void
    ) async throws {
        try await server.run { port in
            let files = [
                "providers/hospital.yaml": """
                provider: hospital
                sends:
                  - { as: { application: HIS, facility: GH }, timezone: America/Chicago }
                """,
                "providers/clinic.yaml": """
                provider: clinic
                receives:
                  inbox: { fhir: "http://127.0.0.1:\(port)/fhir", retry: { first: 1ms, max: 20ms }\(keys) }
                """,
            ]
            try await withBroker(try TestFolder.configuration(files, withMaps: true)) { try await body($0) }
        }
    }

    private static func created(_ request: TestFHIRServer.Request, fewer: Int = 0) -> TestFHIRServer.Response {
        .bundle(Array(repeating: "201 Created", count: max(0, entries(request) - fewer)))
    }

    private static func entries(_ request: TestFHIRServer.Request) -> Int {
        // A request that is no bundle has none.
        (try? JSONReader.value(from: request.body))?["entry"]?.array?.count ?? 0
    }

    private let someone = ChangeRequest(actor: "uid:1000", reason: "asked for")

    @Test func `a transaction with a 2xx for every entry is delivered`() async throws {
        let server = TestFHIRServer { request, _ in Self.created(request) }
        try await withRegistry(server) { test in
            try await test.send([Sample.admission("M1")])
            try await test.wait(1, is: .delivered)
            #expect(server.requests.count == 1)
            #expect(server.requests.first?.headers["content-type"]?.hasPrefix("application/fhir+json") == true)
            #expect(Self.entries(try #require(server.requests.first)) > 2)
        }
    }

    @Test func `a 2xx with an entry too few, a failed entry or no bundle holds the delivery`() async throws {
        for kind in ["few", "failed", "none"] {
            let server = TestFHIRServer { request, _ in
                switch kind {
                case "few": Self.created(request, fewer: 1)
                case "failed":
                    .bundle(
                        Array(repeating: "201 Created", count: Self.entries(request) - 1) + ["422 Unprocessable"])
                default: TestFHIRServer.Response(status: 200, body: "{}")
                }
            }
            try await withRegistry(server) { test in
                try await test.send([Sample.admission("M1")])
                try await test.wait(1, is: .held)
                #expect(
                    try await test.journal.delivery(1, endpoint: "clinic.inbox")?.reason?.hasPrefix("HTTP 200") == true)
            }
        }
    }

    @Test(arguments: [408, 409, 423, 425, 429, 500, 503])
    func `a passing trouble is tried again`(status: Int) async throws {
        let server = TestFHIRServer { request, number in
            number < 3 ? TestFHIRServer.Response(status: status) : Self.created(request)
        }
        try await withRegistry(server) { test in
            try await test.send([Sample.admission("M1")])
            try await test.wait(1, is: .delivered)
            #expect(server.requests.count == 3)
            #expect(Set(server.requests.map(\.body)).count == 1)
        }
    }

    @Test func `Retry-After is waited for, by the whole endpoint`() async throws {
        let server = TestFHIRServer { request, number in
            number == 1
                ? TestFHIRServer.Response(status: 503, headers: ["Retry-After": "3600"]) : Self.created(request)
        }
        try await withRegistry(server, ", order: none, connections: 1") { test in
            try await test.send([Sample.admission("M1")])
            try await test.eventually("a retry") { try await test.journal.attempts(of: 1).count == 1 }
            let delivery = try #require(try await test.journal.delivery(1, endpoint: "clinic.inbox"))
            #expect(try #require(delivery.nextTry) > Clock.system.now() + 3_000_000_000)
            try await test.send([Sample.admission("M2", patient: "P2")])
            try await test.eventually("entry 2 routed") { try await test.journal.entry(2)?.routing == .routed }
            #expect(server.requests.count == 1)
            try await test.broker.release(1, endpoint: "clinic.inbox", someone)
            try await test.waitUntilAllSettled(2)
        }
    }

    @Test(arguments: [401, 403])
    func `refused credentials pause the endpoint until a person resumes it`(status: Int) async throws {
        let server = TestFHIRServer { request, number in
            number == 1 ? TestFHIRServer.Response(status: status) : Self.created(request)
        }
        try await withRegistry(server) { test in
            try await test.send([Sample.admission("M1")])
            try await test.eventually("a pause") { try await !test.journal.pauses().isEmpty }
            try await test.send([Sample.admission("M2", patient: "P2")])
            try await test.eventually("entry 2 routed") { try await test.journal.entry(2)?.routing == .routed }
            #expect(server.requests.count == 1)
            #expect(try await test.journal.delivery(1, endpoint: "clinic.inbox")?.state == .queued)
            try await test.broker.resume("clinic.inbox", someone)
            try await test.waitUntilAllSettled(2)
        }
    }

    @Test func `a secret that cannot be read pauses the endpoint, and nothing is sent`() async throws {
        let server = TestFHIRServer { request, _ in Self.created(request) }
        try await withRegistry(server, ", auth: { bearer: /nowhere/token }") { test in
            try await test.send([Sample.admission("M1")])
            try await test.eventually("a pause") { try await !test.journal.pauses().isEmpty }
            #expect(server.requests.isEmpty)
            #expect(try await test.journal.pauses().first?.reason.contains("/nowhere/token") == true)
        }
    }

    @Test func `any other 4xx holds the delivery with the outcome's codes, and no patient data`() async throws {
        let outcome = """
            {"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid",\
            "diagnostics":"EVERYWOMAN is no name","expression":["Patient.name"]}]}
            """
        let server = TestFHIRServer { _, _ in TestFHIRServer.Response(status: 422, body: outcome) }
        try await withRegistry(server) { test in
            try await test.send([Sample.admission("M1")])
            try await test.wait(1, is: .held)
            let delivery = try #require(try await test.journal.delivery(1, endpoint: "clinic.inbox"))
            #expect(delivery.reason == "HTTP 422: OperationOutcome: invalid Patient.name")
        }
    }

    @Test func `a type without a map is held without a request`() async throws {
        let server = TestFHIRServer { request, _ in Self.created(request) }
        try await withRegistry(server) { test in
            #expect(try await test.send([Sample.admission("M1", type: "ZZZ^Z01")]) == ["AA"])
            try await test.wait(1, is: .held)
            #expect(try await test.journal.delivery(1, endpoint: "clinic.inbox")?.reason?.hasPrefix("not sent") == true)
            #expect(server.requests.isEmpty)
        }
    }
}
