import FHIR
import Foundation
import HL7
import Mapping
import Testing

/// Folders, built-in maps and overlays.
struct ResourceMapsTests {
    private static let rows = """
        - { id: a, from: PID-7, to: birthDate }
        - { id: b, from: PID-8, to: gender, table: Sex }
        """

    private func patient(_ site: [String: String], _ lines: String, facility: String = "FAC") throws -> JSONValue? {
        let files = SampleMaps.patient(Self.rows, tables: ["Sex": SampleMaps.sex], site: site)
        let header = #"MSH|^~\&|APP|\#(facility)|||2024||ADT^A01|1|P|2.5.1"#
        let message = try Message(parsing: Array("\(header)\r\(lines)".utf8))
        return try Mapper(try ResourceMaps(files)).bundle(from: message, receivedAt: 0).resources.first?.value
    }

    @Test func `an overlay adds, replaces and drops rows and codes`() throws {
        let site = """
            overlay: one
            maps:
              PID-Patient:
                add: [{ id: c, from: PID-30, to: deceasedBoolean }]
                replace: [{ id: a, from: PID-29, to: birthDate }]
            tables: { Sex: { system: "http://hl7.org/fhir/administrative-gender", codes: { X: other, M: unknown } } }
            """
        let patient = try patient(
            ["one": site], "PID|||||||1988|X" + String(repeating: "|", count: 21) + "1999|Y")
        #expect(patient?["birthDate"] == "1999")
        #expect(patient?["gender"] == "other")
        #expect(patient?["deceasedBoolean"] == true)
        #expect(try self.patient(["one": site], "PID||||||||M")?["gender"] == "unknown")
        #expect(try self.patient(["one": site], "PID||||||||F")?["gender"] == "female")
        let drop = "overlay: two\nmaps: { PID-Patient: { drop: [a] } }"
        #expect(try self.patient(["two": drop], "PID|||||||1988|M")?["birthDate"] == nil)
    }

    @Test func `an overlay maps a segment of the sender's own`() throws {
        let site = """
            overlay: one
            new: [{ map: ZPI-Patient, target: Patient, rows: [{ id: a, from: ZPI-2, to: "extension(https://example.org/vip).valueString" }] }]
            messages: { ADT_A01: { content: [{ segment: ZPI, use: [{ extend: patient, with: ZPI-Patient }] }] } }
            """
        let patient = try patient(["one": site], "PID|||||||1988\rZPI||gold")
        #expect(patient?["extension"]?[0]?["valueString"] == "gold")
    }

    @Test func `an overlay is for the senders it names`() throws {
        let site = """
            overlay: one
            for: { facility: OTHER, version: "2.5.1" }
            maps: { PID-Patient: { drop: [b] } }
            """
        #expect(try patient(["one": site], "PID||||||||M", facility: "OTHER")?["gender"] == nil)
        #expect(try patient(["one": site], "PID||||||||M")?["gender"] == "male")
    }

    @Test(arguments: [
        ("maps: { PID-Person: { drop: [a] } }", "there is no map PID-Person; write it under new:"),
        ("maps: { PID-Patient: { drop: [z] } }", "PID-Patient has no row z to drop"),
        (
            "maps: { PID-Patient: { replace: [{ id: z, from: PID-7, to: birthDate }] } }",
            "PID-Patient has no row z to replace; write it under add:"
        ),
        (
            "maps: { PID-Patient: { add: [{ id: a, from: PID-7, to: birthDate }] } }",
            "PID-Patient has a row a already; write it under replace:"
        ),
        ("messages: { ADT_A99: { content: [] } }", "there is no message map ADT_A99"),
    ])
    func `a wrong overlay is reported with its line`(overlay: String, expected: String) {
        let files = SampleMaps.patient(
            Self.rows, tables: ["Sex": SampleMaps.sex], site: ["one": "overlay: one\n" + overlay])
        #expect(mistakes(in: files) == ["site/one.yaml:2: \(expected)"])
    }

    @Test func `the program's maps are those of the folder`() throws {
        let folder = repository.appending(path: "Interfaces/maps").path
        let builtIn = try SampleMaps.builtIn.get()
        let read = try ResourceMaps(folder: folder)
        #expect(builtIn.version == read.version, "run Scripts/make-builtin-maps.py")
    }

    @Test func `the messages of admissions and results have maps`() throws {
        let types = Set(try SampleMaps.builtIn.get().messageTypes.map(\.type))
        for event in ["A01", "A02", "A03", "A04", "A05", "A08", "A11", "A13", "A28", "A31"] {
            #expect(types.contains("ADT^\(event)"))
        }
        #expect(types.contains("ORU^R01"))
    }

    @Test func `a folder that is not there is reported`() {
        let error = #expect(throws: MapError.self) { try ResourceMaps(folder: "/nowhere/maps") }
        #expect(error?.code == .unreadable)
    }
}
