import Mapping
import Testing

/// What is said about maps that are wrong: where, what, and what to write instead.
struct MapMistakeTests {
    @Test(arguments: [
        ("- { id: a, from: PID-5, to: nickname }", "row a: Patient has no element nickname; it has id, meta"),
        (
            "- { id: a, from: PID-8, to: gender }",
            "row a: gender takes only codes of administrative-gender; write table:"
        ),
        ("- { id: a, from: PID-8, to: gender, table: Sax }", "row a: there is no table Sax; add tables/Sax.yaml"),
        (
            "- { id: a, from: PID-5, to: name.family }",
            "row a: name is a list; write name[+] for a new element or name[a-name]"
        ),
        ("- { id: a, from: PID-7, to: 'birthDate[+]' }", "row a: birthDate is a single element; write it without [ ]"),
        (
            "- { id: a, from: PID-5, to: 'name[+]' }",
            "row a: name is a HumanName; write as: and the datatype map that makes one"
        ),
        ("- { id: a, from: PID-5, to: 'name[+]', as: XPN-Name }", "row a: there is no datatype map XPN-Name"),
        (
            "- { id: a, from: PID-5, to: 'address[+]', as: XPN-HumanName }",
            "row a: address is a Address, and XPN-HumanName makes a HumanName"
        ),
        (
            "- { id: a, from: PID-7, to: birthDate, as: decimal }",
            "row a: birthDate is a date, which as: decimal does not make"
        ),
        (
            "- { id: a, from: PID-24, to: multipleBirth }",
            "row a: multipleBirth is a choice; write its type: multipleBirthBoolean, multipleBirthInteger"
        ),
        (
            "- { id: a, from: PID-3, to: 'extension[+].valueString' }",
            "row a: write the extension's URL: extension(patient-religion)"
        ),
        ("- { id: a, from: PID, to: birthDate }", "PID: name a field of the segment"),
        ("- { id: a, from: PID-3.x, to: birthDate }", "\"PID-3.x\" is not a path"),
        ("- { id: a, to: birthDate }", "row a: write exactly one of from, value, ref"),
        ("- { id: a, from: PID-7 }", "row a: write to: the element that it fills, or drop: why it is not carried"),
        ("- { id: a, from: PID-7, to: birthDate, wehn: x }", "a row has no key wehn; write one of id, from, to"),
        ("- { from: PID-7, to: birthDate }", "the row needs an id that is unique in the map, such as PID-8"),
        ("- { id: a, from: PID-7, to: birthDate, when: PID-7 valud }", "condition PID-7 valud: "),
        ("- { id: a, value: true, to: gender }", "gender is a code; put texts that look like numbers in quotes"),
        ("- { id: a, value: man, to: gender }", "gender: \"man\" is not a code of administrative-gender: "),
        ("- { id: a, value: $now, to: birthDate }", "row a: $now is not one of $received"),
        ("- { id: a, ref: visit, to: birthDate }", "row a: ref writes a Reference, and birthDate is a date"),
        (
            "- { id: a, from: PID-5, to: 'name[+].family', set: { usage: official } }",
            "Patient has no element name.usage; there is id"
        ),
        ("- { id: a, from: PID-5, to: 'name[+].family', set: { given: x } }", "name.given is a list: write [ … ]"),
        (
            "- { id: a, from: PD1-4, to: 'generalPractitioner[+]', make: Location, with: XPN-HumanName }",
            "row a: generalPractitioner does not refer to Location, only to Organization"
        ),
        (
            "- { id: a, from: PID-3, drop: x }\n- { id: a, from: PID-4, drop: x }",
            "row a is there twice; give one of them another id"
        ),
    ])
    func `a wrong row is reported with its line`(rows: String, expected: String) throws {
        let files = SampleMaps.patient(
            rows, tables: ["Sex": SampleMaps.sex], datatypes: ["XPN-HumanName": SampleMaps.name])
        let found = mistakes(in: files)
        let line = 4 + rows.split(separator: "\n").count
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("segments/PID-Patient.yaml:\(line): \(expected)") == true, "\(found)")
    }

    @Test func `all mistakes of all files are reported, in their order`() {
        var files = SampleMaps.patient(
            "- { id: a, from: PID-5, to: nickname }\n- { id: b, from: PID-7, to: birthdate }")
        files.texts["segments/PV1-Encounter.yaml"] = "map: PV1\ntarget: Visit\nrows: []"
        #expect(
            mistakes(in: files).map { $0.prefix { $0 != " " } } == [
                "segments/PID-Patient.yaml:5:", "segments/PID-Patient.yaml:6:", "segments/PV1-Encounter.yaml:1:",
                "segments/PV1-Encounter.yaml:2:", "segments/PV1-Encounter.yaml:2:",
            ])
    }

    @Test(arguments: [
        ("use: [{ make: patient, with: PID-Person }]", "there is no segment map PID-Person"),
        ("use: [{ create: patient, with: PID-Patient }]", "an action of use has no key create"),
        (
            "use: [{ make: patient, with: PID-Patient, refs: { managingOrganization: hospital } }]",
            "nothing in this message is made as hospital; there is bundle, patient"
        ),
        (
            "use: [{ make: patient, with: PID-Patient, refs: { managingOrganization: patient } }]",
            "Patient.managingOrganization does not refer to a Patient"
        ),
        (
            "use: [{ make: bundle, with: PID-Patient }]",
            "bundle is a Bundle already, and PID-Patient makes a Patient; use another name"
        ),
        (
            "use: [{ make: patient, with: PID-Patient, bundle: history }]",
            "bundle is one of transaction, batch, collection, message"
        ),
    ])
    func `a wrong action is reported`(use: String, expected: String) {
        var files = SampleMaps.patient("- { id: a, from: PID-7, to: birthDate }")
        files.texts["messages/ADT_A01.yaml"] = """
            message: ADT_A01
            official: true
            for: [ADT^A01]
            content:
            - segment: PID
              \(use)
            """
        let found = mistakes(in: files)
        #expect(found.contains { $0.hasPrefix("messages/ADT_A01.yaml:6: \(expected)") }, "\(found)")
    }

    @Test func `a resource whose required element has neither row nor filler is refused`() {
        var files = SampleMaps.patient("- { id: a, from: PID-7, to: birthDate }")
        files.texts["segments/PID-Patient.yaml"] = """
            map: PID-Patient
            target: Encounter
            required: { class: { system: v3-ActCode, code: AMB } }
            rows: []
            """
        #expect(
            mistakes(in: files) == [
                "segments/PID-Patient.yaml:1: Encounter needs status: add a row, or required: { status: … }"
            ])
    }

    @Test(arguments: [
        (
            "codes: { M: man }",
            "tables/Sex.yaml:1: code man is none of administrative-gender, for which row a of PID-Patient uses it"
        ),
        ("system: x", "tables/Sex.yaml:1: a table needs codes or rows"),
        (
            "rows: [{ in: [A, B], code: male }]",
            "segments/PID-Patient.yaml:5: row a: table Sex has 2 inputs; write as many paths in from"
        ),
        ("codes: { M: male", "tables/Sex.yaml:3: not YAML: did not find expected ',' or '}'"),
        ("codes: { M: male, M: female }", "tables/Sex.yaml:2: not YAML: key M is there twice; keep one"),
    ])
    func `a wrong table is reported`(table: String, expected: String) {
        let files = SampleMaps.patient(
            "- { id: a, from: PID-8, to: gender, table: Sex }", tables: ["Sex": "table: Sex\n" + table])
        let found = mistakes(in: files)
        #expect(found.contains(expected), "\(found)")
    }

    @Test func `two message maps for one event are refused`() {
        var files = SampleMaps.patient("- { id: a, from: PID-7, to: birthDate }")
        files.texts["messages/ADT_A04.yaml"] = """
            message: ADT_A04
            official: false
            for: [ADT^A01]
            content: [{ segment: PID, use: [{ make: patient, with: PID-Patient }] }]
            """
        #expect(
            mistakes(in: files) == ["messages/ADT_A04.yaml:3: ADT^A01 is mapped by ADT_A01 already; keep one"])
    }
}
