import FHIR
import Testing

@Suite struct BundleResponseTests {
    private let request = FHIRBundle(
        type: .transaction,
        entries: [
            .init(request: .init(method: .put, url: "Patient/1")),
            .init(request: .init(method: .put, url: "Patient/2")),
        ])

    private func response(_ entries: JSONValue, type: JSONValue = "transaction-response") throws -> BundleResponse {
        try BundleResponse(["resourceType": "Bundle", "type": type, "entry": entries])
    }

    @Test func `every entry has its status, location and outcome`() throws {
        let outcome = OperationOutcome(error: "invalid", "gender: unknown code").resource.value
        let response = try response([
            ["response": ["status": "201 Created", "location": "Patient/1/_history/1", "etag": "W/\"1\""]],
            ["response": ["status": "422", "outcome": outcome]],
            ["resource": outcome, "response": ["status": "400 Bad Request"]],
            ["response": ["status": "yes"]], [:], nil,
        ])
        #expect(response.entries.map(\.status) == [201, 422, 400, nil, nil, nil])
        #expect(response.entries.map(\.isSuccess) == [true, false, false, false, false, false])
        #expect(response.entries[0].location == "Patient/1/_history/1")
        #expect(response.entries[1].outcome == "gender: unknown code")
        #expect(response.entries[2].outcome == "gender: unknown code")
        #expect(response.firstFailure == 1)
    }

    @Test(
        arguments: [
            ([["response": ["status": "200 OK"]], ["response": ["status": "201"]]], true),
            ([["response": ["status": "200 OK"]], ["response": ["status": "412 Precondition Failed"]]], false),
            ([["response": ["status": "200 OK"]], ["response": ["status": "2000"]]], false),
            ([["response": ["status": "200 OK"]]], false), ([], false),
            (
                [["response": ["status": "200"]], ["response": ["status": "200"]], ["response": ["status": "200"]]],
                false
            ),
        ] as [(JSONValue, Bool)])
    func `success is one 2xx outcome for every request`(entries: JSONValue, isSuccess: Bool) throws {
        #expect(try response(entries).isSuccess(for: request) == isSuccess)
    }

    @Test func `another resource is no response`() {
        #expect(throws: ResourceError.self) { try response([], type: "transaction") }
        #expect(throws: ResourceError.self) { try BundleResponse(["resourceType": "OperationOutcome"]) }
    }
}

@Suite struct OperationOutcomeTests {
    @Test func `an outcome is valid R4 and reads back as text`() {
        let outcome = OperationOutcome(issues: [
            .init(severity: .error, code: "required", diagnostics: "PID is missing", expression: ["Patient.name"]),
            .init(severity: .warning, code: "not-found"),
        ])
        #expect(FHIRCheck.findings(in: outcome.resource.value) == [])
        #expect(OperationOutcome.text(in: outcome.resource.value) == "PID is missing; not-found")
    }

    @Test func `text comes from diagnostics, details or code, and only from an outcome`() {
        let issues: JSONValue = [
            ["details": ["text": "a"], "code": "x"], ["details": ["coding": [["display": "b"]]]], ["severity": "error"],
        ]
        #expect(OperationOutcome.text(in: ["resourceType": "OperationOutcome", "issue": issues]) == "a; b")
        #expect(OperationOutcome.text(in: ["resourceType": "OperationOutcome"]) == nil)
        #expect(OperationOutcome.text(in: ["resourceType": "Patient", "issue": issues]) == nil)
    }

    @Test func `a text from outside is cut`() {
        let issue: JSONValue = ["diagnostics": .string(String(repeating: "x", count: 5_000))]
        #expect(OperationOutcome.text(in: ["resourceType": "OperationOutcome", "issue": [issue]])?.count == 1_000)
    }
}
