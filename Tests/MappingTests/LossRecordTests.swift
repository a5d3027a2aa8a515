import FHIR
import HL7
import Mapping
import Testing

/// The account of what a bundle does not carry.
struct LossRecordTests {
    private static let rows = """
        - { id: a, from: "PID-3[*].1", to: "identifier[+].value", when: PID-9 not valued }
        - { id: b, from: PID-5, to: "name[+]", as: XPN-HumanName }
        - { id: c, from: PID-8, to: gender, table: Sex }
        - { id: d, from: PID-1, drop: set id }
        - { id: e, from: PID-7, to: birthDate }
        """

    private func loss(_ pid: String) throws -> LossRecord {
        let files = SampleMaps.patient(
            Self.rows, tables: ["Sex": SampleMaps.sex], datatypes: ["XPN-HumanName": SampleMaps.name])
        return try SampleMaps.mapped(files, pid).loss
    }

    @Test(arguments: [
        ("PID|1||2^3^^4&5||A^B^^C||1988|M", ["PID-3.2", "PID-3.4.1", "PID-3.4.2", "PID-5.4"]),
        ("PID|1||2~3^x||A~B", ["PID-3[2].2", "PID-5[2].1"]),
        ("PID|1||||A||19881399|X", ["PID-7.1", "PID-8.1"]),
        ("PID|1||2||A||||x", ["PID-3.1", "PID-9.1"]),
        (#"PID|1||2||A||""|M"#, []),
        ("PID|1||2||A||1988|M||&|^^|~~", []),
    ])
    func `a leaf that nothing carries is named`(pid: String, expected: [String]) throws {
        #expect(try loss(pid).lostLeaves.map(\.description) == expected)
    }

    @Test func `every leaf is counted once`() throws {
        let loss = try loss("PID|1||2^3||A^B||1988|M|x|lost")
        #expect(loss.leaves == 18)  // 9 of the MSH, 9 of the PID
        #expect(loss.mapped == 4)
        #expect(loss.dropped == 7)  // 6 of the MSH, PID-1
        #expect(loss.condition == 3)  // MSH-9 chose the map; PID-9 only kept rows from writing, so it is lost
        #expect(loss.mapped + loss.condition + loss.dropped + loss.lost == loss.leaves)
        #expect(loss.lostLeaves.count == loss.lost)
    }

    @Test func `the second segment of a name has its number`() throws {
        let files = SampleMaps.patient("- { id: a, from: PID-7, to: birthDate }")
        let loss = try SampleMaps.mapped(files, "ZPI|a", "PID|||||||1988", "ZPI|b&c").loss
        #expect(loss.lostLeaves.map(\.description) == ["ZPI-1.1", "ZPI[2]-1.1.1", "ZPI[2]-1.1.2"])
    }

    @Test func `changing a mapped leaf changes the bundle, changing a lost one does not`() throws {
        let files = SampleMaps.patient(
            Self.rows, tables: ["Sex": SampleMaps.sex], datatypes: ["XPN-HumanName": SampleMaps.name])
        let pid = "PID|1||20^30^^40||AA^BB^^CC||1988|M"
        let before = try SampleMaps.mapped(files, pid).bundle.bytes
        for (old, new) in [("20", "21"), ("AA", "AB"), ("BB", "BA"), ("1988", "1989"), ("M", "F")] {
            #expect(try SampleMaps.mapped(files, pid.replacing(old, with: new)).bundle.bytes != before, "\(old)")
        }
        for (old, new) in [("30", "31"), ("40", "41"), ("CC", "CD"), ("PID|1", "PID|2")] {
            #expect(try SampleMaps.mapped(files, pid.replacing(old, with: new)).bundle.bytes == before, "\(old)")
        }
    }
}
