import Testing

@testable import HL7Conformance

@Suite struct DefinitionsTests {
    struct Counts: Sendable {
        var version: Version
        var events, structures, segments, types, tables, codes: Int
    }

    static let counts = [
        Counts(version: .v2_1, events: 39, structures: 39, segments: 38, types: 17, tables: 200, codes: 2389),
        Counts(version: .v2_2, events: 73, structures: 73, segments: 62, types: 61, tables: 200, codes: 2389),
        Counts(version: .v2_3, events: 211, structures: 114, segments: 110, types: 87, tables: 200, codes: 2389),
        Counts(version: .v2_3_1, events: 221, structures: 116, segments: 110, types: 92, tables: 200, codes: 2389),
        Counts(version: .v2_4, events: 313, structures: 192, segments: 138, types: 94, tables: 296, codes: 3631),
        Counts(version: .v2_5, events: 357, structures: 215, segments: 150, types: 92, tables: 346, codes: 4889),
        Counts(version: .v2_5_1, events: 356, structures: 213, segments: 150, types: 92, tables: 346, codes: 4890),
        Counts(version: .v2_6, events: 375, structures: 224, segments: 170, types: 89, tables: 346, codes: 4889),
        Counts(version: .v2_7, events: 334, structures: 206, segments: 170, types: 85, tables: 533, codes: 5195),
        Counts(version: .v2_7_1, events: 334, structures: 206, segments: 170, types: 85, tables: 533, codes: 5195),
        Counts(version: .v2_8, events: 334, structures: 217, segments: 176, types: 83, tables: 557, codes: 5282),
        Counts(version: .v2_8_1, events: 339, structures: 221, segments: 176, types: 83, tables: 557, codes: 5280),
        Counts(version: .v2_8_2, events: 341, structures: 222, segments: 180, types: 84, tables: 564, codes: 5429),
    ]

    /// Counts of the source. Names are found by hash, so a collision would show as one too few.
    @Test(arguments: counts)
    func `a version has all its definitions`(expected: Counts) {
        let set = Definitions.set(expected.version)
        #expect(set.events.count == expected.events)
        #expect(set.structures.count == expected.structures)
        #expect(set.segments.count == expected.segments)
        #expect(set.typeByName.count == expected.types)
        #expect(set.tables.count == expected.tables)
        #expect(set.codes.count == expected.codes)
    }

    @Test func `names, types and tables of a field can be read`() throws {
        let definitions = Definitions.version(.v2_5_1)
        let patient = try #require(definitions.segment("PID"))
        #expect(patient.name == "PID")
        #expect(patient.title == "Patient Identification")
        let identifiers = try #require(patient.field(3))
        #expect(identifiers.name == "Patient Identifier List")
        #expect(identifiers.usage == .required)
        #expect(identifiers.repetitionsMin == 1)
        #expect(identifiers.repetitionsMax == nil)
        #expect(identifiers.dataType.name == "CX")
        #expect(identifiers.dataType.component(5)?.tableNumber == "0203")
        #expect(identifiers.item == 106)
        let sex = try #require(patient.field(8))
        #expect(sex.tableNumber == "0001")
        #expect(sex.lengthMax == 1)
        #expect(sex.repetitionsMax == 1)
        #expect(sex.table?.text(for: "F") == "Female")
        #expect(sex.table?.kind == .user)
        #expect(patient.field(40) == nil)
        #expect(definitions.segment("ZZZ") == nil)
        #expect(definitions.segment("PI") == nil)
    }

    @Test func `tables list their codes`() throws {
        let table = try #require(Definitions.version(.v2_5_1).table("0155"))
        #expect(table.codes == ["AL", "ER", "NE", "SU"])
        #expect(table.contains("ER"))
        #expect(!table.contains("er"))
        #expect(table.text(for: "NE") == "Never")
        #expect(Definitions.version(.v2_5_1).table("9999") == nil)
        #expect(Definitions.version(.v2_8).table("0396")?.isOpen == true)
    }

    @Test(arguments: [
        ("ADT", "A08", Version.v2_5_1, "ADT_A01"), ("ADT", "A40", .v2_5_1, "ADT_A39"), ("ORU", "R01", .v2_3, "ORU_R01"),
        ("SIU", "S15", .v2_4, "SIU_S12"), ("ACK", "A01", .v2_5, "ACK"), ("ADT", "A01", .v2_1, "ADT_A01"),
    ])
    func `an event has a structure`(type: String, event: String, version: Version, structure: String) {
        #expect(Definitions.version(version).structure(type: type, event: event)?.name == structure)
    }

    @Test func `an event that a version does not have has no structure`() {
        #expect(Definitions.version(.v2_5_1).structure(type: "ADT", event: "Z01") == nil)
        #expect(Definitions.version(.v2_1).structure(type: "ADT", event: "A60") == nil)
    }

    @Test(arguments: Version.allCases)
    func `every field and component is of a type that the version knows`(version: Version) {
        for segment in Definitions.version(version).segments {
            for field in segment.fields where field.usage != .withdrawn && field.usage != .notUsed {
                #expect(!field.dataType.name.isEmpty, "\(segment.name)-\(field.position)")
                #expect(!field.name.isEmpty, "\(segment.name)-\(field.position)")
            }
        }
    }

    @Test(arguments: [
        ("2.5.1", Version.Reading.exact(.v2_5_1)), ("2.9", .newer(.v2_8_2)), ("2.9.1", .newer(.v2_8_2)),
    ])
    func `a version is read`(text: String, reading: Version.Reading) { #expect(Version.reading(text) == reading) }

    @Test(arguments: ["3.0", "2.0", "2.90", "2.5.1 ", "", "2"])
    func `a text that is no version is not read as one`(text: String) { #expect(Version.reading(text) == nil) }
}
