import FHIR
import HL7
import Mapping
import Testing

/// Rows: repetitions, slots, constants, joins, picks, extensions, tables over several inputs.
struct RowTests {
    private func patient(_ rows: String, _ pid: String) throws -> JSONValue? {
        let files = SampleMaps.patient(
            rows, tables: ["Sex": SampleMaps.sex, "Status": status], datatypes: ["XPN-HumanName": SampleMaps.name])
        return try SampleMaps.patient(files, pid)
    }

    private let status = """
        table: Status
        rows:
        - { in: [A, "*"], code: male }
        - { in: ["+", "-"], code: female }
        - { in: ["*", "*"], code: other }
        """

    @Test func `every repetition becomes an element`() throws {
        let patient = try patient("- { id: a, from: 'PID-5[*]', to: 'name[+]', as: XPN-HumanName }", "PID|||||A^B^C~~D")
        #expect(patient?["name"]?.json() == #"[{"family":"A","given":["B","C"]},{"family":"D"}]"#)
    }

    @Test func `constants land in the same element, only if the row wrote`() throws {
        let row = "- { id: a, from: 'PID-5[*].1', to: 'name[+].family', set: { use: official, prefix: [Dr] } }"
        #expect(
            try patient(row, "PID|||||A~B")?["name"]?.json()
                == #"[{"family":"A","use":"official","prefix":["Dr"]},{"family":"B","use":"official","prefix":["Dr"]}]"#
        )
        #expect(try patient(row, "PID|||||")?["name"] == nil)
    }

    @Test func `a second coded value is added to the first`() throws {
        let rows = """
            - { id: a, from: PID-17, to: maritalStatus.text }
            - { id: b, from: PID-16, to: maritalStatus, as: CodeableConcept }
            """
        #expect(
            try patient(rows, "PID||||||||||||||||M^Married|as said")?["maritalStatus"]?.json()
                == #"{"text":"as said","coding":[{"code":"M","display":"Married"}]}"#)
    }

    @Test func `a concept with a required binding is written only with a code of the table`() throws {
        var files = SampleMaps.patient(
            "- { id: a, from: PID-8, to: verificationStatus, as: CodeableConcept, table: Sex }",
            tables: ["Sex": "table: Sex\nsystem: condition-ver-status\ncodes: { M: confirmed }"])
        files.texts["segments/PID-Patient.yaml"]?.replace("target: Patient", with: "target: Condition")
        files.texts["segments/PID-Patient.yaml"]?.replace("rows:", with: "required: { subject: { display: x } }\nrows:")
        func status(_ value: String) throws -> JSONValue? {
            try SampleMaps.mapped(files, "PID||||||||\(value)").bundle.resources.first?["verificationStatus"]
        }
        #expect(try status("M")?["coding"]?.array?.count == 2)
        #expect(try status("Q") == nil)
    }

    @Test func `rows of one slot write into one element`() throws {
        let rows = """
            - { id: a, from: PID-5.1, to: 'name[legal].family' }
            - { id: b, from: PID-6.1, to: 'name[maiden].family', set: { use: maiden } }
            - { id: c, from: PID-5.2, to: 'name[legal].given[+]' }
            """
        #expect(
            try patient(rows, "PID|||||A^B|M")?["name"]?.json()
                == #"[{"family":"A","given":["B"]},{"family":"M","use":"maiden"}]"#)
    }

    @Test func `a condition on the value at hand filters repetitions`() throws {
        let rows = "- { id: a, from: 'PID-3[*].1', to: 'identifier[+].value', when: PID-8 = \"M\" and CX.1 != \"2\" }"
        #expect(try patient(rows, "PID|||1~2~3|||||M")?["identifier"]?.json() == #"[{"value":"1"},{"value":"3"}]"#)
    }

    @Test(arguments: [
        ("PID-2.1 = PID-4.1", "7", "7", true), ("PID-2.1 = PID-4.1", "7", "8", false),
        ("PID-2.1 = PID-4.1", "", "", false), ("PID-2.1 != PID-4.1", "", "", true),
        ("PID-2.1 = PID-4.1", "\"\"", "\"\"", false),
        ("PID-2.1 = PID-4.1", #"a\T\b"#, #"a\T\b"#, true), ("count(PID) = 1", "", "", true),
        ("count(SPM) = 0", "", "", true), ("count(PID) > 1", "", "", false),
    ])
    func `fields are compared with each other, and segments counted`(
        when: String, second: String, fourth: String, isWritten: Bool
    ) throws {
        let row = "- { id: a, from: PID-3.1, to: 'identifier[+].value', when: '\(when)' }"
        #expect((try patient(row, "PID||\(second)|3|\(fourth)")?["identifier"] != nil) == isWritten)
    }

    @Test(arguments: [("1^^^^PI~2^^^^MR", "2"), ("1^^^^PI~2", "1"), ("1~2", "1")])
    func `pick takes one repetition by its rules in order`(pid3: String, expected: String) throws {
        let row = """
            - { id: a, from: "PID-3[*]", to: 'identifier[+].value', pick: ['CX.5 = "MR"', 'CX.5 = "PI"', first] }
            """
        #expect(
            try patient(row, "PID|||\(pid3)")?["identifier"]?.array?.compactMap { $0["value"]?.string } == [expected])
    }

    @Test func `joined values are one text`() throws {
        let row = "- { id: a, from: ['PID-5[*]', PID-9], join: ', ', to: 'address[+].text', as: text }"
        #expect(try patient(row, "PID|||||A^B~C||||D")?["address"]?[0]?["text"] == "A^B, C, D")
    }

    @Test func `a prefix stands before one value and before joined ones`() throws {
        let row = "- { id: a, from: PID-5.1, prefix: '+', to: 'address[+].city' }"
        #expect(try patient(row, "PID|||||A^B")?["address"]?[0]?["city"] == "+A")
        let joined = "- { id: a, from: [PID-5.1, PID-5.2], join: '-', prefix: '+', to: 'address[+].city' }"
        #expect(try patient(joined, "PID|||||A^B")?["address"]?[0]?["city"] == "+A-B")
    }

    @Test func `of several paths the first valued one is taken`() throws {
        let row = "- { id: a, from: [PID-5.1, PID-9.1], to: 'name[+].family' }"
        #expect(try patient(row, #"PID|||||""||||D"#)?["name"]?[0]?["family"] == "D")
    }

    @Test(arguments: [("A|x", "male"), ("B|", "female"), ("B|x", "other"), ("|x", "other")])
    func `a table over several inputs takes the first row that fits`(values: String, expected: String) throws {
        let row = "- { id: a, from: [PID-8, PID-9], to: gender, table: Status }"
        #expect(try patient(row, "PID|1|||||||\(values)")?["gender"]?.string == expected)
    }

    @Test func `extensions are found by their URL and nest`() throws {
        let rows = """
            - { id: a, from: PID-17, to: extension(patient-religion).valueCodeableConcept, as: CodeableConcept }
            - { id: b, from: PID-7, to: birthDate }
            - { id: c, from: PID-7, to: birthDate.extension(patient-birthTime).valueDateTime, when: length(PID-7) > 8 }
            - { id: d, from: PID-26, to: extension(patient-citizenship).extension(code).valueCodeableConcept, as: CodeableConcept }
            """
        let patient = try patient(rows, "PID|||||||198808181126+0100||||||||||CAT|||||||||US")
        #expect(
            patient?["extension"]?.json()
                == #"[{"url":"http://hl7.org/fhir/StructureDefinition/patient-religion","valueCodeableConcept":{"coding":[{"code":"CAT"}]}},{"url":"http://hl7.org/fhir/StructureDefinition/patient-citizenship","extension":[{"url":"code","valueCodeableConcept":{"coding":[{"code":"US"}]}}]}]"#
        )
        #expect(
            patient?["_birthDate"]?.json()
                == #"{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"1988-08-18T11:26:00+01:00"}]}"#
        )
    }

    @Test func `an element without a required child is filled or taken out again`() throws {
        let rows = """
            - { id: a, value: true, to: 'communication[main].preferred' }
            - { id: b, from: PID-15, to: 'communication[main].language', as: CodeableConcept }
            """
        #expect(try patient(rows, "PID|1")?["communication"] == nil)
        let files = SampleMaps.patient(rows, header: "required: { communication.language: { text: unknown } }")
        #expect(
            try SampleMaps.patient(files, "PID|1")?["communication"]?.json()
                == #"[{"preferred":true,"language":{"text":"unknown"}}]"#)
    }

    @Test(arguments: [
        ("$received", "meta.lastUpdated", "2024-03-05T10:15:00.250Z"), ("$received", "birthDate", "2024-03-05"),
        ("$broker", "meta.source", "wardline"), ("$sender", "meta.source", "urn:wardline:FAC"),
    ])
    func `variables are known when the message is mapped`(variable: String, to: String, expected: String) throws {
        let patient = try patient("- { id: a, value: \(variable), to: \(to) }", "PID|1")
        let found = to.split(separator: ".").reduce(patient) { $0?[String($1)] }
        #expect(found?.string == expected)
    }

    @Test func `a datatype map can fill a backbone element`() throws {
        let files = SampleMaps.patient(
            "- { id: a, from: 'PID-5[*]', to: 'contact[+]', as: XPN-Contact }", tables: ["Sex": SampleMaps.sex],
            datatypes: [
                "XPN-Contact": """
                map: XPN-Contact
                target: Patient.contact
                rows:
                - { id: a, from: XPN.1, to: name.family }
                - { id: b, from: PID-8, to: gender, table: Sex }
                """
            ])
        #expect(
            try SampleMaps.patient(files, "PID|||||A~B|||F")?["contact"]?.json()
                == #"[{"name":{"family":"A"},"gender":"female"},{"name":{"family":"B"},"gender":"female"}]"#)
    }
}
