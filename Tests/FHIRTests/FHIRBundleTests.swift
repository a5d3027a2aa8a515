import FHIR
import Testing

@Suite struct FHIRBundleTests {
    private var bundle: FHIRBundle {
        var patient = Resource(type: "Patient", id: "p1")
        patient.append(["family": "Everywoman"], to: "name")
        return FHIRBundle(
            type: .transaction, id: "b1", identifier: ["value": "7"], timestamp: "2026-01-05T10:00:00Z",
            entries: [
                .init(
                    fullUrl: "urn:uuid:5f0b0d2e-8a48-4f0b-9f6e-d1b8c8e0a111", resource: patient,
                    request: .init(method: .post, url: "Patient", ifNoneExist: "identifier=urn:x|1")),
                .init(request: .init(method: .delete, url: "Patient/2", ifMatch: "W/\"2\"")),
            ])
    }

    @Test func `a bundle writes its entries and requests in order`() {
        #expect(
            bundle.json()
                == #"{"resourceType":"Bundle","id":"b1","identifier":{"value":"7"},"type":"transaction","#
                + #""timestamp":"2026-01-05T10:00:00Z","entry":["#
                + #"{"fullUrl":"urn:uuid:5f0b0d2e-8a48-4f0b-9f6e-d1b8c8e0a111","#
                + #""resource":{"resourceType":"Patient","id":"p1","name":[{"family":"Everywoman"}]},"#
                + #""request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=urn:x|1"}},"#
                + #"{"request":{"method":"DELETE","url":"Patient/2","ifMatch":"W/\"2\""}}]}"#)
        #expect(String(decoding: bundle.bytes, as: UTF8.self) == bundle.json())
        #expect(bundle.resources.map(\.type) == ["Patient"])
    }

    @Test func `a bundle that is written reads back the same`() throws {
        #expect(try FHIRBundle(JSONReader.value(from: bundle.bytes)) == bundle)
        #expect(FHIRCheck.findings(in: bundle.value) == [])
    }

    @Test func `a bundle without entries has no entry element`() {
        #expect(FHIRBundle(type: .collection).json() == #"{"resourceType":"Bundle","type":"collection"}"#)
    }

    @Test(
        arguments: [
            (["resourceType": "Patient"], .notA("Bundle")), ([1], .notAResource), ([:], .notAResource),
            (["resourceType": "Bundle"], .bundleType), (["resourceType": "Bundle", "type": "history"], .bundleType),
            (["resourceType": "Bundle", "type": "batch", "entry": [["resource": [:]]]], .bundleEntry(0)),
            (
                [
                    "resourceType": "Bundle", "type": "batch",
                    "entry": [[:], ["request": ["method": "GO", "url": "x"]]],
                ],
                .bundleEntry(1)
            ),
        ] as [(JSONValue, ResourceError)])
    func `what is no such bundle is refused`(value: JSONValue, error: ResourceError) {
        #expect(throws: error) { try FHIRBundle(value) }
    }
}

@Suite struct ResourceTests {
    @Test func `a resource begins with its type and keeps it`() {
        var resource = Resource(type: "Observation")
        resource["status"] = "final"
        resource["resourceType"] = "Patient"
        resource.id = "o1"
        #expect(resource.value.json() == #"{"resourceType":"Observation","status":"final","id":"o1"}"#)
        #expect(resource.type == "Observation" && resource.id == "o1" && resource["status"] == "final")
        resource.id = nil
        #expect(resource["id"] == nil)
    }
}
