import FHIR
import HL7
import Mapping
import Testing

/// What no order of segments and rows can break: one form of a choice, elements that belong together, no links to
/// oneself, nothing counted that had no effect.
struct SoundnessTests {
    private func patient(_ rows: String, _ pid: String, header: String = "") throws -> JSONValue? {
        try SampleMaps.patient(SampleMaps.patient(rows, header: header), pid)
    }

    private func builtIn(_ type: String, _ lines: String..., options: MappingOptions = MappingOptions()) throws
        -> Mapped
    {
        let header = #"MSH|^~\&|APP|FAC|||20240305101500-0500||\#(type)|C1|P|2.5.1"#
        let message = try Message(parsing: Array(([header] + lines).joined(separator: "\r").utf8))
        let mapped = try Mapper(try SampleMaps.builtIn.get(), options: options).map(
            message, receivedAt: SampleMaps.received)
        #expect(FHIRCheck.findings(in: mapped.bundle.value).map(\.description) == [])
        return mapped
    }

    private func resources(_ type: String, of mapped: Mapped) -> [Resource] {
        mapped.bundle.resources.filter { $0.type == type }
    }

    // MARK: Choices

    @Test func `of the forms of a choice the first written stays, the others are lost`() throws {
        let rows = """
            - { id: a, from: PID-29, to: deceasedDateTime }
            - { id: b, from: PID-30, to: deceasedBoolean, as: boolean }
            """
        let fields = Array(repeating: "", count: 28)
        let pid = (["PID"] + fields + ["20240305", "Y"]).joined(separator: "|")
        #expect(
            try patient(rows, pid)?.json() == #"{"resourceType":"Patient","#
                + #""id":"\#(try #require(try patient(rows, pid)?["id"]?.string))","deceasedDateTime":"2024-03-05"}"#)
        let loss = try SampleMaps.mapped(SampleMaps.patient(rows), pid).loss
        #expect(loss.lostLeaves.map(\.description) == ["PID-30.1"])
    }

    @Test func `constants and parts of a form do not come beside another form either`() throws {
        let rows = """
            - { id: a, from: PID-24, to: multipleBirthBoolean, as: boolean }
            - { id: b, value: 2, to: multipleBirthInteger }
            - { id: c, from: PID-5.1, to: "extension(https://example.org/x).valueString" }
            - { id: d, from: PID-5.2, to: "extension(https://example.org/x).valuePeriod.start", as: dateTime }
            """
        let patient = try patient(rows, "PID|||||A^2024|||||||||||||||||||Y")
        #expect(patient?["multipleBirthBoolean"]?.json() == "true")
        #expect(patient?["multipleBirthInteger"] == nil)
        #expect(patient?["extension"]?.json() == #"[{"url":"https://example.org/x","valueString":"A"}]"#)
    }

    @Test func `two segments about one patient give one form of a choice`() throws {
        let died = "PID|1||7^^^FAC^MR||Testmann^Eli" + String(repeating: "|", count: 24) + "20240305||"
        let alive = "PID|2||7^^^FAC^MR||Testmann^Eli" + String(repeating: "|", count: 25) + "N"
        let mapped = try builtIn("ADT^A08", died, alive)
        let patient = try #require(resources("Patient", of: mapped).first)
        #expect(patient["deceasedDateTime"]?.string == "2024-03-05")
        #expect(patient["deceasedBoolean"] == nil)
    }

    @Test func `extensions of different URLs never share an element`() throws {
        let rows = """
            - { id: a, from: PID-5.1, to: "extension(https://example.org/a)[this].valueString" }
            - { id: b, from: PID-5.2, to: "extension(https://example.org/b)[this].valueString" }
            """
        let expected = """
            [{"url":"https://example.org/a","valueString":"A"},{"url":"https://example.org/b","valueString":"B"}]
            """
        #expect(try patient(rows, "PID|||||A^B")?["extension"]?.json() == expected)
    }

    // MARK: Together

    @Test(arguments: [
        ("202403051000-0500^202403051030-0500", "S12", "booked", true), ("202403051000-0500", "S12", "proposed", false),
        ("^202403051030-0500", "S12", "proposed", false), ("202403051000-0500^bad", "S12", "proposed", false),
        ("bad^202403051030-0500", "S15", "cancelled", false), ("202403051000-0500^bad", "S17", "cancelled", false),
        ("202403051000-0500^bad", "S26", "cancelled", false),
        ("202403051000-0500^202403051030-0500", "S26", "noshow", true),
    ])
    func `an appointment has both its times or none, and a state that allows it`(
        times: String, event: String, status: String, hasTimes: Bool
    ) throws {
        let mapped = try builtIn(
            "SIU^\(event)", "SCH|1^A|2^B||||R^Routine|||30|min|^^^\(times)", "PID|1||7^^^FAC^MR||Testmann^Eli")
        let appointment = try #require(resources("Appointment", of: mapped).first)
        #expect(appointment["status"]?.string == status)
        #expect((appointment["start"] != nil) == hasTimes)
        #expect((appointment["end"] != nil) == hasTimes)
    }

    // MARK: Merges

    @Test func `a survivor is not known by the identifier that it took over`() throws {
        let mapped = try builtIn("ADT^A40", "PID|1||1^^^FAC^MR~2^^^FAC^MR||Testmann^Eli", "MRG|1^^^FAC^MR")
        let patients = resources("Patient", of: mapped)
        #expect(patients.count == 2)
        let survivor = try #require(patients.first { $0["active"]?.json() == "true" })
        let retired = try #require(patients.first { $0["active"]?.json() == "false" })
        #expect(survivor.id != retired.id)
        #expect(survivor["link"]?[0]?["other"]?["reference"]?.string == "urn:uuid:\(retired.id ?? "")")
        #expect(retired["link"]?[0]?["other"]?["reference"]?.string == "urn:uuid:\(survivor.id ?? "")")
        #expect(retired["link"]?[0]?["type"]?.string == "replaced-by")
    }

    @Test func `a patient is not merged into itself`() throws {
        let mapped = try builtIn("ADT^A40", "PID|1||1^^^FAC^MR||Testmann^Eli", "MRG|1^^^FAC^MR")
        let patients = resources("Patient", of: mapped)
        #expect(patients.count == 1)
        #expect(patients.first?["active"]?.json() != "false")
        #expect(patients.first?["link"] == nil)
        #expect(mapped.loss.lostLeaves.contains { $0.description.hasPrefix("MRG-1") })
        #expect(mapped.loss.notes.contains { $0.location.description.hasPrefix("MRG") })
    }

    @Test func `an account moves to the patient whether PID or MRG names it`() throws {
        for account in ["9^^^FAC^AN", ""] {
            let pid = "PID|1||1^^^FAC^MR||Testmann^Eli|||||||||||||\(account)"
            let mapped = try builtIn("ADT^A44", pid, "MRG|2^^^FAC^MR||8^^^FAC^AN")
            let patient = try #require(resources("Patient", of: mapped).first)
            let accounts = resources("Account", of: mapped)
            #expect(accounts.count == (account.isEmpty ? 1 : 2))
            for account in accounts {
                #expect(account["subject"]?[0]?["reference"]?.string == "urn:uuid:\(patient.id ?? "")")
            }
            let moved = try #require(
                accounts.first { $0["identifier"]?.array?.contains { $0["value"]?.string == "8" } ?? false })
            #expect(moved["status"]?.string == "active" || !account.isEmpty)
        }
    }

    @Test func `a visit moves to the patient even if only MRG names it`() throws {
        for visit in [["PV1|1|I"], []] {
            let lines = ["PID|1||1^^^FAC^MR||Testmann^Eli", "MRG|2^^^FAC^MR||||V5^^^FAC^VN"] + visit
            let mapped = try builtIn("ADT^A45", lines.joined(separator: "\r"))
            let patient = try #require(resources("Patient", of: mapped).first)
            let encounters = resources("Encounter", of: mapped)
            #expect(encounters.count == 1)
            #expect(encounters.first?["identifier"]?[0]?["value"]?.string == "V5")
            #expect(encounters.first?["subject"]?["reference"]?.string == "urn:uuid:\(patient.id ?? "")")
        }
    }

    @Test func `moved identifiers are the patient's now, and no longer whose they were`() throws {
        let mapped = try builtIn("ADT^A43", "PID|1||1^^^FAC^MR||Testmann^Eli", "MRG|2^^^FAC^PI")
        let patients = resources("Patient", of: mapped)
        let target = try #require(patients.first { $0["name"] != nil })
        let source = try #require(patients.first { $0["name"] == nil })
        #expect(target["identifier"]?.array?.map { $0["value"]?.string } == ["1", "2"])
        #expect(target["identifier"]?[1]?["use"] == nil)
        #expect(source["identifier"]?[0]?["use"]?.string == "old")
        #expect(patients.allSatisfy { $0["link"] == nil })
    }

    @Test func `the record known by a changed identifier is in use no more`() throws {
        let mapped = try builtIn("ADT^A47", "PID|1||1^^^FAC^MR||Testmann^Eli", "MRG|2^^^FAC^MR")
        let patients = resources("Patient", of: mapped)
        #expect(patients.count == 2)
        let former = try #require(patients.first { $0["name"] == nil })
        #expect(former["active"]?.json() == "false")
        let current = try #require(patients.first { $0["name"] != nil })
        #expect(current["identifier"]?.array?.map { $0["use"]?.string } == [nil, "old"])
        #expect(patients.allSatisfy { $0["link"] == nil })
    }

    // MARK: Orders and results

    @Test func `another way in is an instruction of its own`() throws {
        let mapped = try builtIn(
            "RDE^O11", "PID|1||1^^^FAC^MR||Testmann^Eli", "ORC|NW|77^A", "RXE||313782^X^RXNORM|1||TAB^Tablet^L",
            "RXR|PO^Oral^HL70162", "RXR|IV^Intravenous^HL70162|LA^Left Arm^HL70163")
        let request = try #require(resources("MedicationRequest", of: mapped).first)
        let instructions = request["dosageInstruction"]?.array ?? []
        #expect(instructions.map { $0["route"]?["coding"]?.array?.last?["code"]?.string } == ["PO", "IV"])
        #expect(instructions.first?["site"] == nil)
        #expect(instructions.last?["site"] != nil)
    }

    @Test func `the unit of a value that is no quantity is kept`() throws {
        for (type, value) in [("ST", "positive"), ("CWE", "P^Positive^L"), ("TX", "see note")] {
            let mapped = try builtIn(
                "ORU^R01", "PID|1||1^^^FAC^MR||Testmann^Eli", "OBR|1|1^A|2^B|X^Y^L",
                "OBX|1|\(type)|1^One^L||\(value)|mg/dL^milligram^UCUM|||||F")
            let observation = try #require(resources("Observation", of: mapped).first)
            let units = observation["extension"]?.array?.first { $0["url"]?.string == "urn:wardline:units" }
            #expect(units?["valueCodeableConcept"]?["coding"]?[0]?["code"]?.string == "mg/dL")
            #expect(!mapped.loss.lostLeaves.contains { $0.description.hasPrefix("OBX-6") })
        }
    }

    @Test func `a large document among results is a Binary that a DocumentReference names`() throws {
        let data = String(repeating: "QUJD", count: 700)
        let mapped = try builtIn(
            "ORU^R01", "PID|1||1^^^FAC^MR||Testmann^Eli", "OBR|1|1^A|2^B|X^Y^L",
            "OBX|1|ED|11502-2^Report^LN||^IM^PDF^Base64^\(data)||||||F")
        let binary = try #require(resources("Binary", of: mapped).first)
        #expect(binary["data"]?.string == data)
        #expect(binary["contentType"]?.string == "application/pdf")
        let document = try #require(resources("DocumentReference", of: mapped).first)
        #expect(document["content"]?[0]?["attachment"]?["url"]?.string == "urn:uuid:\(binary.id ?? "")")
        let observation = try #require(resources("Observation", of: mapped).first)
        #expect(observation["derivedFrom"]?[0]?["reference"]?.string == "urn:uuid:\(document.id ?? "")")
        let report = try #require(resources("DiagnosticReport", of: mapped).first)
        #expect(report["presentedForm"]?[0]?["url"]?.string == "urn:uuid:\(binary.id ?? "")")
        #expect(mapped.bytes.count < 2 * data.utf8.count + 8_000)
    }

    @Test func `a document by reference is a DocumentReference`() throws {
        let mapped = try builtIn(
            "ORU^R01", "PID|1||1^^^FAC^MR||Testmann^Eli", "OBR|1|1^A|2^B|X^Y^L",
            "OBX|1|RP|11502-2^Report^LN||https://pacs.example/7^^application^pdf||||||F")
        let document = try #require(resources("DocumentReference", of: mapped).first)
        #expect(document["content"]?[0]?["attachment"]?["url"]?.string == "https://pacs.example/7")
    }

    @Test func `an order behind its observation request is the same order`() throws {
        for type in ["OUL^R22", "OUL^R23", "OUL^R24"] {
            let mapped = try builtIn(
                type, "PID|1||1^^^FAC^MR||Testmann^Eli", "SPM|1|S1&A||BLD^Blood^L", "OBR|1|1^A|2^B|X^Y^L",
                "ORC|SC|1^A|2^B|G1^A", "OBX|1|ST|1^One^L||positive||||||F")
            let orders = resources("ServiceRequest", of: mapped)
            #expect(orders.count == 1)
            #expect(orders.first?["requisition"]?["value"]?.string == "G1")
            #expect(resources("DiagnosticReport", of: mapped).first?["result"]?.array?.count == 1)
        }
    }

    // MARK: Types without a map

    @Test func `a type that no map names goes by its code, then by its segments`() throws {
        for type in ["ADT^A99", "CUSTOM^PAT", "PEX^P07"] {
            let mapped = try builtIn(type, "PID|1||1^^^FAC^MR||Testmann^Eli", "AL1|1|DA|PEN^Penicillin^L")
            #expect(resources("AllergyIntolerance", of: mapped).count == 1)
            #expect(mapped.loss.notes.map(\.text) == ["no map names this type: mapped by its segments"])
        }
        for type in ["ZZZ^Z01", "ADT^Z01", "ACK^A01", "XYZ^X01"] {
            let lines = type == "XYZ^X01" ? [] : ["PID|1||1^^^FAC^MR||Testmann^Eli"]
            let error = #expect(throws: MapError.self) { try builtIn(type, lines.joined(separator: "\r")) }
            #expect(error?.code == .noMap)
        }
    }

    @Test func `a bundle says whether it tells more than that there was a message`() throws {
        #expect(try builtIn("ADT^A01", "PID|1||1^^^FAC^MR||Testmann^Eli").hasContent)
        for bundle in FHIRBundle.Kind.allCases {
            #expect(try !builtIn("ADT^A01", "EVN|A01", options: MappingOptions(bundle: bundle)).hasContent)
        }
    }

    // MARK: The loss meter

    @Test(arguments: [
        // The condition holds, and the row writes.
        ("PID-8.1 = \"M\"", "PID|||||A|||M", 1),
        // It holds, but the row has nothing to write.
        ("PID-8.1 = \"M\"", "PID||||||||M", 0),
        // It does not hold.
        ("PID-8.1 = \"F\"", "PID|||||A|||M", 0),
        // What is only not something steers nothing.
        ("PID-8.1 != \"F\"", "PID|||||A|||M", 0),
        ("PID-8.1 = \"F\" or PID-8.1 = \"M\"", "PID|||||A|||M", 1),
    ])
    func `a value steers only what was written because of it`(when: String, pid: String, steering: Int) throws {
        let files = SampleMaps.patient("- { id: a, from: PID-5.1, to: 'name[+].family', when: '\(when)' }")
        let loss = try SampleMaps.mapped(files, pid).loss
        #expect(loss.condition == 3 + steering)  // MSH-9
        #expect(loss.lostLeaves.map(\.description).contains("PID-8.1") == (steering == 0))
    }
}
