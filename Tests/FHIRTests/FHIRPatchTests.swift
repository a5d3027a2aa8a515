import FHIR
import Testing

/// Changes as FHIRPath Patch `Parameters`.
struct FHIRPatchTests {
    private func value(_ patch: FHIRPatch) -> String? {
        let parts = patch.resource["parameter"]?[0]?["part"]?.array
        return parts?.last.map { part in
            JSONValue.object(
                JSONObject(part.object?.members.filter { $0.key != "name" }.map { ($0.key, $0.value) } ?? [])
            )
            .json()
        }
    }

    @Test(arguments: [
        ("Patient", "gender", #""female""#, #"{"valueCode":"female"}"#),
        ("Patient", "deceasedBoolean", "true", #"{"valueBoolean":true}"#),
        ("Patient", "name", #"{"family":"A"}"#, #"{"valueHumanName":{"family":"A"}}"#),
        (
            "Patient", "contact", #"{"name":{"family":"A"},"telecom":[{"value":"1"},{"value":"2"}]}"#,
            #"{"part":[{"name":"name","valueHumanName":{"family":"A"}},{"name":"telecom","valueContactPoint":"#
                + #"{"value":"1"}},{"name":"telecom","valueContactPoint":{"value":"2"}}]}"#
        ),
        (
            "Patient", "extension", #"{"url":"http://a.b/c","valueString":"x"}"#,
            #"{"part":[{"name":"url","valueUri":"http://a.b/c"},{"name":"value","valueString":"x"}]}"#
        ),
    ])
    func `a value is written by its type, or by its elements`(row: (String, String, String, String)) throws {
        var patch = FHIRPatch(type: row.0)
        patch.add(row.1, try JSONReader.value(from: Array(row.2.utf8)))
        #expect(value(patch) == row.3)
        #expect(FHIRCheck.findings(in: patch.resource.value) == [])
    }

    @Test func `a choice is named without its type`() {
        #expect(FHIRPatch.name(of: "deceasedDateTime", in: "Patient") == "deceased")
        #expect(FHIRPatch.name(of: "birthDate", in: "Patient") == "birthDate")
    }

    @Test func `a FHIRPath string keeps its quotes and backslashes`() {
        #expect(FHIRPatch.quoted(#"O'B\n"#) == #"'O\'B\\n'"#)
    }

    @Test func `searches become the addresses that the server has told`() throws {
        let first = FHIRBundle(
            type: .transaction,
            entries: [
                FHIRBundle.Entry(
                    request: FHIRBundle.Request(method: .post, url: "Patient", ifNoneExist: "identifier=a%7C1")),
                FHIRBundle.Entry(request: FHIRBundle.Request(method: .put, url: "Encounter?identifier=a%7C2")),
            ])
        let response = try BundleResponse([
            "resourceType": "Bundle", "type": "transaction-response",
            "entry": [
                ["response": ["status": "201", "location": "http://h/fhir/Patient/77/_history/1"]],
                ["response": ["status": "200"]],
            ],
        ])
        var resource = Resource(type: "Parameters")
        resource["parameter"] = [["name": "x", "valueReference": ["reference": "Patient?identifier=a%7C1"]]]
        let changes = FHIRBundle(
            type: .transaction,
            entries: ["Patient?identifier=a%7C1", "Encounter?identifier=a%7C2"].map {
                FHIRBundle.Entry(resource: resource, request: FHIRBundle.Request(method: .patch, url: $0))
            })
        let resolved = changes.resolved(by: response, to: first)
        #expect(resolved.entries.map(\.request?.url) == ["Patient/77", "Encounter?identifier=a%7C2"])
        #expect(resolved.json().contains(#""reference":"Patient/77""#))
    }
}
