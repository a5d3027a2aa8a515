import FHIR
import Foundation
import HL7
import Mapping
import Testing

/// The built-in maps over samples of every message type they are for, in `Tests/Fixtures/maps`.
///
/// Beside each message `NAME.hl7` lies the bundle that it becomes, `NAME.json`, and, if some of its leaves are lost,
/// which they are, `NAME.lost`. After a change of a map, write them anew with `Scripts/make-map-samples.py` and read
/// what changed.
struct CoverageTests {
    struct Sample: CustomTestStringConvertible, Sendable {
        var name: String
        var testDescription: String { name }

        static let folder = repository.appending(path: "Tests/Fixtures/maps")

        static let all: [Sample] = {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            return files.filter { $0.hasSuffix(".hl7") }.sorted().map { Sample(name: String($0.dropLast(4))) }
        }()

        func text(_ suffix: String) throws -> String {
            try String(contentsOf: Self.folder.appending(path: "\(name).\(suffix)"), encoding: .utf8)
        }

        func message() throws -> Message {
            let lines = try text("hl7").split(separator: "\n").joined(separator: "\r")
            return try Message(parsing: Array(lines.utf8))
        }

        func mapped(options: MappingOptions = MappingOptions()) throws -> Mapped {
            try Mapper(try SampleMaps.builtIn.get(), options: options).map(
                message(), receivedAt: SampleMaps.received)
        }
    }

    /// What hospitals send and the maps must know: all structures of the guide with their events, and ours.
    private static let events = [
        "ADT":
            "A01 A02 A03 A04 A05 A06 A07 A08 A09 A10 A11 A12 A13 A14 A15 A16 A17 A18 A20 A21 A22 A23 A24 A25 A26 A27 "
            + "A28 A29 A30 A31 A32 A33 A34 A35 A36 A37 A38 A39 A40 A41 A42 A43 A44 A45 A46 A47 A48 A49 A50 A51 A52 A53 "
            + "A54 A55 A60 A61 A62",
        "BAR": "P01 P02 P05 P06 P12", "DFT": "P03 P11",
        "MDM": "T01 T02 T03 T04 T05 T06 T07 T08 T09 T10 T11", "MFN": "M02",
        "OMG": "O19", "OMI": "O23", "OML": "O21", "OMP": "O09", "ORL": "O22", "ORM": "O01",
        "ORU": "R01 R30 R40", "OUL": "R22 R23 R24", "PGL": "PC6 PC7 PC8", "PPR": "PC1 PC2 PC3",
        "QBP": "Q11 Q22", "RAS": "O17", "RDE": "O11 O25", "RDS": "O13", "REF": "I12 I13 I14 I15", "RGV": "O15",
        "RSP": "K11 K22", "SIU": "S12 S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23 S24 S26", "VXU": "V04",
    ].flatMap { type, events in events.split(separator: " ").map { "\(type)^\($0)" } }.sorted()

    @Test(arguments: events)
    func `a message type that hospitals send has a map`(type: String) throws {
        let header = #"MSH|^~\&|APP|FAC|||20240305101500-0500||\#(type)|C1|P|2.5.1"#
        let message = try Message(parsing: Array("\(header)\rPID|1||7^^^FAC^MR||Testmann^Eli".utf8))
        let bundle = try Mapper(try SampleMaps.builtIn.get(), options: MappingOptions()).bundle(
            from: message, receivedAt: SampleMaps.received)
        #expect(FHIRCheck.findings(in: bundle.value).map(\.description) == [])
    }

    @Test func `there is a sample of every message type`() throws {
        let sampled = Set(
            try Sample.all.map { sample in
                let type = try sample.text("hl7").prefix { $0 != "\n" }.split(
                    separator: "|", omittingEmptySubsequences: false)[8]
                return type.split(separator: "^").prefix(2).joined(separator: "^")
            })
        #expect(Set(Self.events).subtracting(sampled) == [])
    }

    @Test(arguments: Sample.all)
    func `a sample becomes the bundle beside it`(sample: Sample) throws {
        let expected = try JSONReader.value(from: Array(sample.text("json").utf8))
        let value = try sample.mapped().bundle.value
        let entries = value["entry"]?.array ?? []
        let expectedEntries = expected["entry"]?.array ?? []
        #expect(entries.count == expectedEntries.count)
        for (entry, expected) in zip(entries, expectedEntries) {
            #expect(Self.sorted(entry) == Self.sorted(expected), "\(entry.json())")
        }
        #expect(Self.sorted(value) == Self.sorted(expected))
    }

    @Test(arguments: Sample.all)
    func `a sample loses nothing but what is noted beside it`(sample: Sample) throws {
        let noted = (try? sample.text("lost")).map { $0.split(separator: "\n").map(String.init) } ?? []
        let lost = try sample.mapped().loss.lostLeaves.map(\.description)
        #expect(lost == noted, "lost \(lost), noted \(noted)")
    }

    @Test(arguments: Sample.all)
    func `a sample is valid R4 in every kind of bundle`(sample: Sample) throws {
        for kind in FHIRBundle.Kind.allCases {
            for zone in [nil, FixedZone(minutes: -300)] as [FixedZone?] {
                let bundle = try sample.mapped(options: MappingOptions(timeZone: zone, bundle: kind)).bundle
                #expect(FHIRCheck.findings(in: bundle.value).map(\.description) == [])
            }
        }
    }

    @Test func `every extension of ours in the samples is in the list of extensions`() throws {
        let list = try String(
            contentsOf: repository.appending(path: "Interfaces/maps/EXTENSIONS.md"), encoding: .utf8)
        let used = try Set(
            Sample.all.flatMap { try $0.text("json").matches(of: /"urn:wardline:([a-z-]+)"/).map { String($0.1) } })
        #expect(used.count > 50)
        for name in used.sorted() { #expect(list.contains("| `\(name)` |"), "\(name)") }
    }

    /// The value with the members of its objects in the order of their names.
    private static func sorted(_ value: JSONValue) -> JSONValue {
        if let array = value.array { return .array(array.map(sorted)) }
        guard let object = value.object else { return value }
        var result = JSONObject()
        for member in object.members.sorted(by: { $0.key < $1.key }) { result[member.key] = sorted(member.value) }
        return .object(result)
    }
}
