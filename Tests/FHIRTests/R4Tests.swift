import FHIR
import Testing

@Suite struct R4Tests {
    @Test(arguments: [
        ("Patient", "contact.name.family", ["string"], false),
        ("Patient", "name", ["HumanName"], true),
        ("Patient", "name.given", ["string"], true),
        ("Patient", "birthDate", ["date"], false),
        ("Patient", "birthDate.extension.valueString", ["string"], false),
        ("Patient", "_birthDate.extension.url", ["uri"], false),
        ("Patient", "extension.valueString", ["string"], false),
        ("Patient", "extension.extension.valueCodeableConcept.coding.code", ["code"], false),
        ("Patient", "deceased", ["boolean", "dateTime"], false),
        ("Patient", "deceased[x]", ["boolean", "dateTime"], false),
        ("Patient", "contained", ["Resource"], true),
        ("Patient", "meta.lastUpdated", ["instant"], false),
        ("Observation", "valueQuantity.value", ["decimal"], false),
        ("Observation", "component.referenceRange.low.unit", ["string"], false),
        ("Observation", "component.referenceRange", ["BackboneElement"], true),
        ("Bundle", "entry.resource.id", ["id"], false),
        ("Bundle", "entry.link.relation", ["string"], false),
        ("Timing", "repeat.boundsPeriod.start", ["dateTime"], false),
        ("Questionnaire", "item.item.item.linkId", ["string"], false),
        ("Claim", "item.detail.subDetail.id", ["string"], false),
        ("Element", "extension", ["Extension"], true),
    ])
    func `a path walks through data types, choices and content references`(
        type: String, path: String, types: [String], isArray: Bool
    ) throws {
        let element = try #require(R4.element(type, path))
        #expect(element.types == types)
        #expect(element.isArray == isArray)
    }

    @Test(arguments: [
        ("Patient", "nam"), ("Patient", ""), ("Patient", "name."), ("Patient", "deceased.x"), ("Patient", "_name"),
        ("Patient", "valueString"), ("Observation", "valueAddress"), ("NoSuchType", "id"), ("string", "id"),
        ("Patient", "_resourceType"), ("Patient", "name.family.text"),
    ])
    func `a path that R4 does not have is nil`(type: String, path: String) {
        #expect(R4.element(type, path) == nil)
    }

    @Test func `an element knows its cardinality, binding and targets`() throws {
        let gender = try #require(R4.element("Patient", "gender"))
        #expect(gender.binding?.codes == ["female", "male", "other", "unknown"])
        #expect(gender.binding?.codings[0].system == "http://hl7.org/fhir/administrative-gender")
        #expect(gender.min == 0 && gender.max == 1)

        let subject = try #require(R4.element("DiagnosticReport", "subject"))
        #expect(subject.targets == ["Patient", "Group", "Device", "Location"])
        #expect(subject.allows(target: "Patient") && !subject.allows(target: "Encounter"))

        #expect(R4.element("Encounter", "location.location")?.min == 1)
        #expect(R4.element("Encounter", "class")?.types == ["Coding"])
        #expect(R4.element("Observation", "focus")?.allows(target: "Encounter") == true)
        #expect(R4.element("Patient", "language")?.binding == nil)
    }

    @Test(arguments: [
        ("Observation", "", ["status", "code"]), ("Encounter", "", ["status", "class"]), ("Patient", "", []),
        ("Patient", "link", ["other", "type"]), ("Extension", "", ["url"]), ("NoSuchType", "", []),
        ("Provenance", "", ["target", "recorded", "agent"]), ("MessageHeader", "", ["event[x]", "source"]),
    ])
    func `the required elements of a type or backbone element`(type: String, path: String, names: [String]) {
        #expect(R4.required(type, path) == names)
    }

    @Test func `elements are listed with those of the base types, a choice once`() {
        let names = R4.elements("Patient")
        #expect(names.prefix(4) == ["id", "meta", "implicitRules", "language"])
        #expect(names.filter { $0 == "deceased[x]" }.count == 1)
        #expect(R4.elements("Patient", "contact").contains("modifierExtension"))
        #expect(!R4.elements("Timing", "repeat").contains("modifierExtension"))
    }

    @Test func `kinds of types are told apart`() {
        #expect(R4.isResource("Patient") && R4.isResource("Bundle"))
        #expect(!R4.isResource("DomainResource") && !R4.isResource("HumanName") && !R4.isResource("patient"))
        #expect(R4.isPrimitive("code") && !R4.isPrimitive("Coding"))
        #expect(R4.isType("Quantity") && R4.isType("Resource") && !R4.isType("SimpleQuantity"))
    }

    @Test func `a value set is found by URL and by name`() {
        #expect(R4.valueSet("http://hl7.org/fhir/ValueSet/http-verb")?.contains("PATCH") == true)
        #expect(R4.valueSet("administrative-gender")?.contains("M") == false)
        #expect(R4.valueSet("no-such") == nil)
    }

    @Test func `every element of every resource resolves to types that exist`() throws {
        let resources = try #require(R4.valueSet("resource-types")).codes.filter(R4.isResource)
        #expect(resources.count == 146)
        var count = 0
        for resource in resources {
            for name in R4.elements(resource) {
                count += 1
                try checkElement(resource, name, depth: 0)
            }
        }
        #expect(count > 3_000)
    }

    private func checkElement(_ type: String, _ path: String, depth: Int) throws {
        let element = try #require(R4.element(type, path), "\(type).\(path)")
        #expect(!element.types.isEmpty && element.types.allSatisfy(R4.isType), "\(type).\(path)")
        guard element.types == ["BackboneElement"], depth < 3 else { return }
        let names = R4.elements(type, path)
        #expect(names.count > 3, "\(type).\(path)")
        for name in names { try checkElement(type, path + "." + name, depth: depth + 1) }
    }
}
