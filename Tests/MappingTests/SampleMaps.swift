import FHIR
import Foundation
import HL7
import Mapping

/// Small maps for tests, and what is needed to run them.
enum SampleMaps {
    /// A message map for ADT^A01 with a PID map of the rows given.
    static func patient(
        _ rows: String, header: String = "", tables: [String: String] = [:], datatypes: [String: String] = [:],
        site: [String: String] = [:]
    ) -> MapFiles {
        var files = MapFiles([
            "messages/ADT_A01.yaml": """
            message: ADT_A01
            official: true
            for: [ADT^A01]
            content:
            - { segment: MSH, drop: header }
            - { segment: PID, use: [{ make: patient, with: PID-Patient }] }
            """,
            "segments/PID-Patient.yaml": """
            map: PID-Patient
            target: Patient
            \(header)
            rows:
            \(rows)
            """,
        ])
        for (name, text) in tables { files.texts["tables/\(name).yaml"] = text }
        for (name, text) in datatypes { files.texts["datatypes/\(name).yaml"] = text }
        for (name, text) in site { files.texts["site/\(name).yaml"] = text }
        return files
    }

    static let sex = """
        table: Sex
        v2: "0001"
        system: http://hl7.org/fhir/administrative-gender
        codes: { M: male, F: { code: female, display: Female } }
        """

    static let name = """
        map: XPN-HumanName
        target: HumanName
        rows:
        - { id: XPN.1, from: XPN.1.1, to: family }
        - { id: XPN.2, from: XPN.2, to: "given[+]" }
        - { id: XPN.3, from: XPN.3, to: "given[+]" }
        """

    static func message(_ lines: String...) throws -> Message {
        let header = #"MSH|^~\&|APP|FAC|||20240305101500||ADT^A01^ADT_A01|C1|P|2.5.1"#
        return try Message(parsing: Array(([header] + lines).joined(separator: "\r").utf8))
    }

    /// The patient of a message with that PID.
    static func patient(_ files: MapFiles, _ pid: String, zone: (any TimeZoneRule)? = nil) throws -> JSONValue? {
        try mapped(files, pid, zone: zone).bundle.resources.first { $0.type == "Patient" }?.value
    }

    static func mapped(_ files: MapFiles, _ lines: String..., zone: (any TimeZoneRule)? = nil) throws -> Mapped {
        let header = #"MSH|^~\&|APP|FAC|||20240305101500||ADT^A01^ADT_A01|C1|P|2.5.1"#
        let message = try Message(parsing: Array(([header] + lines).joined(separator: "\r").utf8))
        let mapper = Mapper(try ResourceMaps(files), options: MappingOptions(timeZone: zone))
        return try mapper.map(message, receivedAt: received)
    }

    /// The maps of the program, loaded once for all tests.
    static let builtIn = Result { try ResourceMaps.builtIn() }

    /// 2024-03-05T10:15:00.250Z
    static let received: Int64 = 1_709_633_700_250_000
}

/// The same offset all year.
struct FixedZone: TimeZoneRule {
    var minutes: Int
    func offsetMinutes(year: Int, month: Int, day: Int, hour: Int, minute: Int) -> Int? { minutes }
}

/// The mistakes found when maps are loaded.
func mistakes(in files: MapFiles) -> [String] {
    do {
        _ = try ResourceMaps(files)
        return []
    } catch {
        return error.mistakes.map(\.description)
    }
}

/// The repository.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
