import FHIR
import Testing

@Suite struct FHIRCheckBundleTests {
    private static let first = "urn:uuid:5f0b0d2e-8a48-4f0b-9f6e-d1b8c8e0a111"
    private static let second = "urn:uuid:5f0b0d2e-8a48-4f0b-9f6e-d1b8c8e0a222"

    private static func patient(_ fullURL: String = first, id: String = "p") -> JSONValue {
        [
            "fullUrl": .string(fullURL), "resource": ["resourceType": "Patient", "id": .string(id)],
            "request": ["method": "PUT", "url": "Patient/p"],
        ]
    }

    private static func encounter(subject: String, contained: JSONValue? = nil) -> JSONValue {
        var encounter = Resource(type: "Encounter", id: "e")
        encounter["contained"] = contained
        encounter["status"] = "finished"
        encounter["class"] = ["code": "IMP"]
        encounter["subject"] = Reference.element(to: subject)
        return [
            "fullUrl": .string(second), "resource": encounter.value,
            "request": ["method": "PUT", "url": "Encounter/e"],
        ]
    }

    private func findings(_ type: String, _ entries: [JSONValue]) -> [String] {
        let bundle: JSONValue = ["resourceType": "Bundle", "type": .string(type), "entry": .array(entries)]
        return FHIRCheck.findings(in: bundle).map { "\($0.rule.rawValue) \($0.path)" }
    }

    @Test(arguments: [first, "Patient/p", "Patient/p/_history/1", "Patient?identifier=x", "http://elsewhere/Patient/7"])
    func `a reference resolves to an entry, a search or elsewhere`(reference: String) {
        #expect(findings("transaction", [Self.patient(), Self.encounter(subject: reference)]) == [])
    }

    @Test(arguments: [
        (second, "ref-type"), ("Patient/other", "ref"), ("Encounter/e", "ref-type"), ("#p", "ref"),
        ("urn:uuid:00000000-0000-0000-0000-000000000000", "ref"), ("http://elsewhere/Device/7", "ref-type"),
        ("Device?x=y", "ref-type"),
    ])
    func `a reference to nothing or to another type is found out`(reference: String, rule: String) {
        #expect(
            findings("transaction", [Self.patient(), Self.encounter(subject: reference)])
                == ["\(rule) Bundle.entry[1].resource.subject"])
    }

    @Test func `a contained resource belongs to its own entry`() {
        let inside = Self.encounter(subject: "#c", contained: [["resourceType": "Patient", "id": "c"]])
        #expect(findings("transaction", [inside]) == [])
        let device = Self.encounter(subject: "#c", contained: [["resourceType": "Device", "id": "c"]])
        #expect(findings("transaction", [device]) == ["ref-type Bundle.entry[0].resource.subject"])
    }

    @Test func `an address in the bundle resolves by its end`() {
        let patient: JSONValue = [
            "fullUrl": "http://h/fhir/Patient/9", "resource": ["resourceType": "Patient", "id": "9"],
            "request": ["method": "PUT", "url": "Patient/9"],
        ]
        #expect(findings("transaction", [patient, Self.encounter(subject: "Patient/9")]) == [])
        #expect(findings("transaction", [patient, Self.encounter(subject: "http://h/fhir/Patient/9")]) == [])
    }

    @Test(
        arguments: [
            ("transaction", [patient(), patient(id: "q")], 1), ("transaction", [patient(), patient(second)], 1),
            ("transaction", [patient(first.uppercased())], 0), ("transaction", [patient("urn:uuid:1")], 0),
            ("transaction", [patient("Patient/p")], 0), ("transaction", [patient("http://h/Patient/other")], 0),
            ("transaction", [["resource": ["resourceType": "Patient"]]], 0), ("collection", [patient()], 0),
            ("collection", [["resource": ["resourceType": "Patient"]]], 0),
            ("collection", [["fullUrl": .string(first), "link": [["relation": "self", "url": "x"]]]], 0),
            ("message", [["fullUrl": .string(first), "resource": ["resourceType": "Patient"]]], 0),
            ("document", [["fullUrl": .string(first), "resource": ["resourceType": "Patient"]]], 0),
            (
                "batch",
                [
                    [
                        "resource": ["resourceType": "Patient"], "request": ["method": "POST", "url": "Patient"],
                        "response": ["status": "200"],
                    ]
                ], 0
            ),
        ] as [(String, [JSONValue], Int)])
    func `a rule about entries is broken`(type: String, entries: [JSONValue], index: Int) {
        #expect(findings(type, entries) == ["bundle Bundle.entry[\(index)]"])
    }
}
