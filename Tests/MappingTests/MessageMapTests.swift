import FHIR
import HL7
import Mapping
import Testing

/// How segments find their place in a message map, and resources each other.
struct MessageMapTests {
    private static let files = MapFiles([
        "messages/ORU_R01.yaml": """
        message: ORU_R01
        official: true
        for: [ORU^R01]
        content:
        - { segment: MSH, use: [{ make: provenance, with: MSH-Provenance }] }
        - group: PATIENT_RESULT
          content:
          - { segment: PID, use: [{ make: patient, with: PID-Patient }] }
          - group: VISIT
            content: [{ segment: PV1, use: [{ make: visit, with: PV1-Encounter, refs: { subject: patient } }] }]
          - group: ORDER_OBSERVATION
            starts: [ORC, OBR]
            content:
            - { segment: ORC, drop: not needed here }
            - segment: OBR
              use: [{ make: report, with: OBR-DiagnosticReport, refs: { subject: patient, encounter: visit } }]
              content: [{ segment: NTE, use: [{ extend: report, with: NTE-DiagnosticReport }] }]
            - segment: OBX
              use: [{ make: observation, with: OBX-Observation, refs: { subject: patient }, link: { report: "result[+]" } }]
              content: [{ segment: NTE, use: [{ extend: observation, with: NTE-Observation }] }]
        """,
        "segments/MSH-Provenance.yaml": """
        map: MSH-Provenance
        target: Provenance
        rows:
        - { id: a, value: $received, to: recorded }
        - { id: b, value: { display: sender }, to: "agent[a].who" }
        - { id: c, ref: "*", to: "target[+]" }
        """,
        "segments/PID-Patient.yaml": """
        map: PID-Patient
        target: Patient
        key: [{ id: "PID-3[*]", as: CX }]
        rows: [{ id: a, from: "PID-3[*].1", to: "identifier[+].value" }]
        """,
        "segments/PV1-Encounter.yaml": """
        map: PV1-Encounter
        target: Encounter
        required: { status: unknown, class: { system: v3-ActCode, code: AMB } }
        rows:
        - { id: a, from: "PV1-7[*]", to: "participant[+].individual", make: Practitioner, with: XCN-Practitioner }
        - { id: b, from: "PV1-8[*]", to: "participant[+].individual", make: Practitioner, with: XCN-Practitioner }
        """,
        "datatypes/XCN-Practitioner.yaml": """
        map: XCN-Practitioner
        target: Practitioner
        key: [{ id: XCN, as: XCN }]
        rows:
        - { id: a, from: XCN.1, to: "identifier[+].value" }
        - { id: b, from: XCN.2, to: "name[a].family" }
        - { id: c, value: true, to: active }
        """,
        "segments/OBR-DiagnosticReport.yaml": """
        map: OBR-DiagnosticReport
        target: DiagnosticReport
        required: { status: unknown }
        rows: [{ id: a, from: OBR-4, to: code, as: CodeableConcept }]
        """,
        "segments/OBX-Observation.yaml": """
        map: OBX-Observation
        target: Observation
        required: { status: unknown }
        rows:
        - { id: a, from: OBX-3, to: code, as: CodeableConcept }
        - { id: b, from: OBX-5, to: valueString }
        - { id: c, from: OBR-4.1, to: "identifier[+].value" }
        """,
        "segments/NTE-DiagnosticReport.yaml": """
        map: NTE-DiagnosticReport
        target: DiagnosticReport
        rows: [{ id: a, from: NTE-3, to: conclusion }]
        """,
        "segments/NTE-Observation.yaml": """
        map: NTE-Observation
        target: Observation
        rows: [{ id: a, from: NTE-3, to: "note[+].text" }]
        """,
    ])

    private func bundle(_ lines: String..., options: MappingOptions = MappingOptions()) throws -> FHIRBundle {
        let header = #"MSH|^~\&|APP|FAC|||20240305101500||ORU^R01^ORU_R01|C1|P|2.5.1"#
        let message = try Message(parsing: Array(([header] + lines).joined(separator: "\r").utf8))
        let mapper = Mapper(try ResourceMaps(Self.files), options: options)
        let bundle = try mapper.bundle(from: message, receivedAt: SampleMaps.received)
        #expect(FHIRCheck.findings(in: bundle.value) == [])
        return bundle
    }

    private func resources(_ type: String, _ bundle: FHIRBundle) -> [Resource] {
        bundle.resources.filter { $0.type == type }
    }

    @Test func `notes belong to the segment before them`() throws {
        let bundle = try bundle(
            "PID|||1", "OBR|1|||A", "NTE|1||report", "OBX|1|ST|x||1", "NTE|1||first", "NTE|2||more", "OBX|2|ST|y||2")
        #expect(resources("DiagnosticReport", bundle).map { $0["conclusion"]?.string } == ["report"])
        #expect(
            resources("Observation", bundle).map { $0["note"]?.array?.compactMap { $0["text"]?.string } }
                == [["first", "more"], nil])
    }

    @Test func `each report has its own observations, with or without an ORC`() throws {
        let bundle = try bundle(
            "PID|||1", "ORC|RE", "OBR|1|||A", "OBX|1|ST|x||1", "OBR|2|||B", "OBX|1|ST|x||2", "OBX|2|ST|y||3", "ORC|RE",
            "OBR|3|||C")
        let reports = resources("DiagnosticReport", bundle)
        #expect(reports.map { $0["result"]?.array?.count } == [1, 2, nil])
        #expect(
            resources("Observation", bundle).map { $0["identifier"]?[0]?["value"]?.string } == ["A", "B", "B"],
            "a path of another segment is the nearest one before")
    }

    @Test func `a second patient begins a new group`() throws {
        let bundle = try bundle("PID|||1", "OBR|1|||A", "PID|||2", "OBR|1|||B")
        let patients = bundle.entries.filter { $0.resource?.type == "Patient" }.map(\.fullUrl)
        #expect(
            resources("DiagnosticReport", bundle).map { $0["subject"]?["reference"]?.string } == patients)
    }

    @Test func `segments that miss their group's first segment are still mapped`() throws {
        let bundle = try bundle("OBX|1|ST|x||1", "ZZZ|1", "PV1|1|I")
        #expect(bundle.resources.map(\.type) == ["Provenance", "Observation", "Encounter"])
    }

    @Test func `the same person is one resource, and a value that makes nothing is no reference`() throws {
        let bundle = try bundle("PID|||1", "PV1|||||||7^WHO~^^^^^^^X|7^WHO~8^ELSE")
        #expect(resources("Practitioner", bundle).map { $0["name"]?[0]?["family"]?.string } == ["WHO", "ELSE"])
        let participants = resources("Encounter", bundle)[0]["participant"]?.array?.compactMap {
            $0["individual"]?["reference"]?.string
        }
        let urls = bundle.entries.filter { $0.resource?.type == "Practitioner" }.compactMap(\.fullUrl)
        #expect(participants == [urls[0], urls[0], urls[1]])
    }

    @Test func `a resource that lacks a required element is left out with the references to it`() throws {
        let bundle = try bundle("PID|||1", "OBR|1|||A", "OBX|1|ST|||no code", "OBX|2|ST|y||2")
        #expect(resources("Observation", bundle).count == 1)
        #expect(resources("DiagnosticReport", bundle)[0]["result"]?.array?.count == 1)
    }

    @Test func `a reference to everything is to all other resources`() throws {
        let bundle = try bundle("PID|||1", "PV1|||||||7^WHO^^^^^^^X|7^WHO^A^^^^^^X", "OBR|1|||A")
        #expect(
            resources("Provenance", bundle).first?["target"]?.array?.compactMap { $0["reference"]?.string }
                == bundle.entries.dropFirst().compactMap(\.fullUrl))
    }

    @Test(arguments: FHIRBundle.Kind.allCases)
    func `only transactions and batches say what to do with an entry`(kind: FHIRBundle.Kind) throws {
        let header = #"MSH|^~\&|APP|FAC|||20240305101500||ORU^R01^ORU_R01|C1|P|2.5.1"#
        let message = try Message(parsing: Array("\(header)\rPID|||1".utf8))
        let mapper = Mapper(try ResourceMaps(Self.files), options: MappingOptions(bundle: kind))
        let bundle = try mapper.bundle(from: message, receivedAt: SampleMaps.received)
        #expect(bundle.type == kind)
        #expect(bundle.entries.allSatisfy { ($0.request != nil) == (kind == .transaction || kind == .batch) })
    }

    @Test func `too many resources are refused`() throws {
        let header = #"MSH|^~\&|APP|FAC|||20240305101500||ORU^R01^ORU_R01|C1|P|2.5.1"#
        let lines = [header] + (1...20).map { "OBX|\($0)|ST|x||1" }
        let message = try Message(parsing: Array(lines.joined(separator: "\r").utf8))
        let mapper = Mapper(try ResourceMaps(Self.files), options: MappingOptions(resourcesMax: 10))
        #expect(throws: MapError.self) { try mapper.map(message, receivedAt: 0) }
    }

    @Test func `a type without a map is refused by its name`() throws {
        let message = try Message(parsing: Array(#"MSH|^~\&|||||||ZZZ^Z01|1|P|2.5"#.utf8))
        let mapper = Mapper(try ResourceMaps(Self.files))
        let error = #expect(throws: MapError.self) { try mapper.map(message, receivedAt: 0) }
        #expect(error?.code == .noMap)
        #expect(error?.text.contains("ZZZ^Z01") == true)
    }
}
