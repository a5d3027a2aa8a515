import FHIR
import Testing

/// A resource in JSON, and what must be found in it: rule and path, in order.
struct CheckCase: CustomTestStringConvertible {
    var json: String
    var findings: [String]
    var testDescription: String { json }

    init(_ json: String, _ findings: String...) {
        self.json = json
        self.findings = findings
    }
}

@Suite struct FHIRCheckTests {
    private func findings(_ json: String) throws -> [String] {
        FHIRCheck.findings(in: try JSONReader.value(from: Array(json.utf8))).map { "\($0.rule.rawValue) \($0.path)" }
    }

    static let valid = [
        #"{"resourceType":"Patient"}"#,
        #"{"resourceType":"Patient","id":"p","active":false,"gender":"female","birthDate":"1962-03-20","deceasedBoolean":true}"#,
        #"{"resourceType":"Patient","_birthDate":{"extension":[{"url":"http://x","valueDateTime":"2020-01-01"}]}}"#,
        #"{"resourceType":"Patient","name":[{"given":["A",null],"_given":[null,{"id":"x"}]}]}"#,
        ##"{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"O"}],"managingOrganization":{"reference":"#o"}}"##,
        #"{"resourceType":"Patient","generalPractitioner":[{"reference":"Practitioner/1"},{"reference":"http://h/Organization/2"},{"reference":"Practitioner?identifier=a|b"}]}"#,
        #"{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}"#,
        #"{"resourceType":"Observation","status":"final","code":{"text":"x"},"component":[{"code":{"text":"y"},"referenceRange":[{"text":"1-2"}]}]}"#,
        #"{"resourceType":"Patient","extension":[{"url":"http://x","extension":[{"url":"y","valueCode":"z"}]}]}"#,
    ]

    @Test(arguments: valid)
    func `a valid resource has no findings`(json: String) throws {
        #expect(try findings(json) == [])
    }

    static let invalid = [
        // Resource types and elements
        CheckCase("[]", "json-type "), CheckCase("{}", "unknown Resource"),
        CheckCase(#"{"resourceType":"Patients"}"#, "unknown Resource"),
        CheckCase(#"{"resourceType":"DomainResource"}"#, "unknown Resource"),
        CheckCase(#"{"resourceType":"Patient","nam":[]}"#, "unknown Patient.nam"),
        CheckCase(#"{"resourceType":"Patient","_name":[{}]}"#, "unknown Patient._name"),
        CheckCase(#"{"resourceType":"Patient","valueString":"x"}"#, "unknown Patient.valueString"),
        CheckCase(
            #"{"resourceType":"Patient","contained":[{"resourceType":"X"},{"resourceType":"Organization","nom":"x"}]}"#,
            "unknown Patient.contained[0]", "unknown Patient.contained[1].nom"),
        // The form of JSON
        CheckCase(#"{"resourceType":"Patient","name":{"family":"A"}}"#, "json-type Patient.name"),
        CheckCase(#"{"resourceType":"Patient","birthDate":["2020"]}"#, "json-type Patient.birthDate"),
        CheckCase(#"{"resourceType":"Patient","name":[]}"#, "empty Patient.name"),
        CheckCase(#"{"resourceType":"Patient","name":[{}]}"#, "empty Patient.name[0]"),
        CheckCase(#"{"resourceType":"Patient","name":["A"]}"#, "json-type Patient.name[0]"),
        CheckCase(#"{"resourceType":"Patient","name":null}"#, "json-type Patient.name"),
        CheckCase(#"{"resourceType":"Patient","name":[null]}"#, "empty Patient.name[0]"),
        CheckCase(#"{"resourceType":"Patient","gender":null}"#, "empty Patient.gender"),
        CheckCase(#"{"resourceType":"Patient","name":[{"given":["A",null]}]}"#, "empty Patient.name[0].given[1]"),
        CheckCase(#"{"resourceType":"Patient","name":[{"family":""}]}"#, "empty Patient.name[0].family"),
        CheckCase(#"{"resourceType":"Patient","name":[{"family":" "}]}"#, "empty Patient.name[0].family"),
        CheckCase(#"{"resourceType":"Patient","_birthDate":{"x":1}}"#, "unknown Patient._birthDate.x"),
        CheckCase(#"{"resourceType":"Patient","_birthDate":[{"id":"x"}]}"#, "json-type Patient._birthDate"),
        CheckCase(#"{"resourceType":"Patient","name":[{"_given":{"id":"x"}}]}"#, "json-type Patient.name[0]._given"),
        // Primitive values
        CheckCase(#"{"resourceType":"Patient","active":"true"}"#, "json-type Patient.active"),
        CheckCase(#"{"resourceType":"Patient","birthDate":2020}"#, "json-type Patient.birthDate"),
        CheckCase(#"{"resourceType":"Patient","birthDate":"2021-02-29"}"#, "format Patient.birthDate"),
        CheckCase(#"{"resourceType":"Patient","birthDate":"19620320"}"#, "format Patient.birthDate"),
        CheckCase(#"{"resourceType":"Patient","id":"a_b"}"#, "format Patient.id"),
        CheckCase(#"{"resourceType":"Patient","name":[{"family":"a\u0001"}]}"#, "value Patient.name[0].family"),
        CheckCase(#"{"resourceType":"Patient","multipleBirthInteger":1.0}"#, "json-type Patient.multipleBirthInteger"),
        CheckCase(
            #"{"resourceType":"Patient","multipleBirthInteger":9999999999}"#, "value Patient.multipleBirthInteger"),
        CheckCase(#"{"resourceType":"Patient","telecom":[{"rank":0}]}"#, "value Patient.telecom[0].rank"),
        // Codes
        CheckCase(#"{"resourceType":"Patient","gender":"F"}"#, "code Patient.gender"),
        CheckCase(#"{"resourceType":"Patient","name":[{"use":"legal"}]}"#, "code Patient.name[0].use"),
        CheckCase(
            #"{"resourceType":"AllergyIntolerance","patient":{"display":"x"},"clinicalStatus":{"text":"active"}}"#,
            "code AllergyIntolerance.clinicalStatus"),
        CheckCase(
            #"{"resourceType":"AllergyIntolerance","patient":{"display":"x"},"clinicalStatus":{"coding":[{"code":"active"}]}}"#,
            "code AllergyIntolerance.clinicalStatus"),
        // Choices and cardinality
        CheckCase(
            #"{"resourceType":"Patient","deceasedBoolean":true,"deceasedDateTime":"2020"}"#,
            "choice Patient.deceased[x]"),
        CheckCase(#"{"resourceType":"Observation","code":{"text":"x"}}"#, "required Observation.status"),
        CheckCase(#"{"resourceType":"Patient","link":[{"type":"refer"}]}"#, "required Patient.link[0].other"),
        CheckCase(
            #"{"resourceType":"MessageHeader","source":{"endpoint":"http://a"}}"#, "required MessageHeader.event[x]"),
        // Extensions
        CheckCase(#"{"resourceType":"Patient","extension":[{"url":"http://x"}]}"#, "ext-1 Patient.extension[0]"),
        CheckCase(
            #"{"resourceType":"Patient","extension":[{"url":"http://x","valueCode":"a","extension":[{"url":"y","valueCode":"b"}]}]}"#,
            "ext-1 Patient.extension[0]"),
        CheckCase(#"{"resourceType":"Patient","extension":[{"valueCode":"a"}]}"#, "required Patient.extension[0].url"),
        // References
        CheckCase(
            #"{"resourceType":"Patient","managingOrganization":{"type":"Organization"}}"#,
            "ref Patient.managingOrganization"),
        CheckCase(
            #"{"resourceType":"Patient","managingOrganization":{"reference":"ORG 1"}}"#,
            "ref Patient.managingOrganization"),
        CheckCase(
            ##"{"resourceType":"Patient","managingOrganization":{"reference":"#o"}}"##,
            "ref Patient.managingOrganization"),
        CheckCase(
            #"{"resourceType":"Patient","managingOrganization":{"reference":"urn:uuid:x"}}"#,
            "ref Patient.managingOrganization"),
        CheckCase(
            #"{"resourceType":"Patient","managingOrganization":{"reference":"Patient/1"}}"#,
            "ref-type Patient.managingOrganization"),
    ]

    @Test(arguments: invalid)
    func `an invalid resource is found out, with rule and path`(check: CheckCase) throws {
        #expect(try findings(check.json) == check.findings)
    }

    @Test func `no finding holds a value of the resource`() throws {
        let json =
            #"{"resourceType":"Patient","gender":"SECRET","birthDate":"SECRET","managingOrganization":{"reference":"SECRET?x"},"generalPractitioner":[{"reference":"Secret/1"}],"id":"SECRET_"}"#
        let findings = FHIRCheck.findings(in: try JSONReader.value(from: Array(json.utf8)))
        #expect(findings.count == 5)
        #expect(!findings.contains { $0.description.lowercased().contains("secret") })
    }

    @Test func `findings end at the limit`() {
        let names = JSONValue.array(Array(repeating: [:], count: FHIRCheck.findingsMax + 50))
        #expect(FHIRCheck.findings(in: ["resourceType": "Patient", "name": names]).count == FHIRCheck.findingsMax)
    }
}
