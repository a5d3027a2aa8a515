import FHIR
import Testing

@Suite struct ReferenceTests {
    @Test(
        arguments: [
            ("#p", .contained(id: "p")), ("#", .contained(id: "")), ("urn:oid:1.2", .urn("urn:oid:1.2")),
            ("Patient/1", .relative(type: "Patient", id: "1", version: nil)),
            ("Patient/a.b-C/_history/2", .relative(type: "Patient", id: "a.b-C", version: "2")),
            ("Patient?identifier=a|b", .conditional(type: "Patient", query: "identifier=a|b")),
            ("http://h/fhir/Patient/1", .absolute(url: "http://h/fhir/Patient/1", type: "Patient")),
            ("https://h/x?y", .absolute(url: "https://h/x?y", type: nil)),
        ] as [(String, Reference)])
    func `a literal is taken apart`(text: String, reference: Reference) {
        #expect(Reference(text) == reference)
    }

    @Test(arguments: [
        "", "Patient", "Patient/", "/1", "patient/1", "P/1", "Patient/1/2", "Patient/1/_history/", "Pat_ient/1",
        "Patient/a b", "Patient/ä", "?a=b", "a b?c=d", "ftp://h/Patient/1",
    ])
    func `what is no literal is nil`(text: String) {
        #expect(Reference(text) == nil)
    }

    @Test func `an element holds the literal and perhaps a text`() {
        #expect(Reference.element(to: "Patient/1") == ["reference": "Patient/1"])
        #expect(Reference.element(to: "#a", display: "A") == ["reference": "#a", "display": "A"])
    }
}
