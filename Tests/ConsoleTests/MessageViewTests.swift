import HL7
import Testing

@testable import Console

struct MessageViewTests {
    private func lines(
        _ text: String, version: String = "2.5.1", findings: [ShownFinding] = [], zone: String? = nil
    ) throws -> [ShownLine] {
        let header = "MSH|^~\\&|GHH_ADT|GHH|HUB|RIVERSIDE|2024||ADT^A01|C1|P|\(version)"
        let message = try Message(parsing: Array("\(header)\r\(text)\r".utf8))
        return MessageView(message, findings: findings, zone: zone).lines
    }

    private func line(_ place: String, in lines: [ShownLine]) throws -> ShownLine {
        try #require(lines.first { $0.place == place })
    }

    @Test func `every value is shown with its place, name and type`() throws {
        let lines = try lines("PID|1||7^^^GHH&1.2&ISO^MR~8||Vale^Iris||19790214")
        #expect(try line("PID", in: lines).name == "Patient Identification")
        let expected = [
            ("PID-3.1", "ID Number", "ST", "7"), ("PID-3.4.2", "Universal ID", "ST", "1.2"),
            ("PID-3[2]", "Patient Identifier List", "CX", "8"), ("PID-5.1", "Family Name", "FN", "Vale"),
            ("PID-7", "Date/Time of Birth", "TS", "19790214"),
        ]
        for (place, name, type, value) in expected {
            let line = try line(place, in: lines)
            #expect([line.name, line.type, line.value] == [name, type, value])
        }
    }

    @Test func `what is divided has its values in the lines below`() throws {
        let lines = try lines("PID|||7^^^GHH&1.2").filter { $0.place.hasPrefix("PID-3") }
        #expect(lines.map(\.place) == ["PID-3", "PID-3.1", "PID-3.4", "PID-3.4.1", "PID-3.4.2"])
        #expect(lines.map(\.value) == [nil, "7", nil, "GHH", "1.2"])
        #expect(lines.map(\.depth.rawValue) == [1, 2, 2, 3, 3])
    }

    @Test(arguments: [
        ("PV1||I", "PV1-2", "Inpatient (0004)"),
        ("PID|||7^^^^MR", "PID-3.5", "Medical record number (0203)"),
        ("PID||||||||F", "PID-8", "Female (0001)"),
        ("OBX|1|CE", "OBX-2", "Coded element"),
        ("EVN|A01", "EVN-1", "Admit/visit notification (0003)"),
        // In a coded element HL7nnnn names the table of the code.
        ("OBX|1|CE|||F^x^HL70001", "OBX-5.1", "Female (0001)"),
        ("PID|||||||19790214", "PID-7", "1979-02-14"),
        ("PID|||||||19790214^D", "PID-7.1", "1979-02-14"),
    ])
    func `codes and times are shown with what they mean`(text: String, place: String, meaning: String) throws {
        #expect(try line(place, in: lines(text)).meaning == meaning)
    }

    @Test(arguments: [
        ("PV1||?", "PV1-2"), ("OBX|1|NM", "OBX-2"), ("OBX|1|CE|||F^x^LN", "OBX-5.1"), ("PID|||||||197902AB", "PID-7"),
    ])
    func `what no table lists has no meaning`(text: String, place: String) throws {
        #expect(try line(place, in: lines(text)).meaning == nil)
    }

    @Test func `a time without an offset is told with the zone of its sender`() throws {
        let lines = try lines("EVN||20240305101500|202403051015-0600", zone: "America/Chicago")
        #expect(try line("EVN-2", in: lines).meaning == "2024-03-05 10:15:00 America/Chicago")
        #expect(try line("EVN-3", in: lines).meaning == "2024-03-05 10:15 -06:00")
    }

    @Test func `names are those of the message's version`() throws {
        #expect(try line("PID-3", in: lines("PID|||7", version: "2.3")).name == "Patient ID (Internal ID)")
        #expect(try line("PID-3", in: lines("PID|||7", version: "2.8")).name == "Patient Identifier List")
    }

    @Test func `OBX-5 has the components of the type in OBX-2`() throws {
        let line = try line("OBX-5.2", in: lines("OBX|1|CE|X||A^Group A^L"))
        #expect([line.name, line.value] == ["Text", "Group A"])
    }

    @Test func `escapes are decoded, and the null is no text`() throws {
        let lines = try lines("NTE|1||a\\F\\b\\.br\\c\rNTE|2||\"\"")
        #expect(try line("NTE-3", in: lines).value == "a|b\nc")
        #expect(try line("NTE[2]-3", in: lines).presence == .null)
        #expect(try line("NTE-3", in: lines).presence == .value)
    }

    @Test func `what no definition knows is shown as such`() throws {
        let lines = try lines("ZPI|a^b\rXYZ|1\rEVN||1|2|3|4|5|6|7|8|9")
        #expect(try line("ZPI", in: lines).meaning?.contains("local segment") == true)
        #expect(try line("ZPI-1.2", in: lines).value == "b")
        #expect(try line("XYZ", in: lines).meaning == "not defined in 2.5.1")
        #expect(try line("EVN-9", in: lines).name == "(not defined in 2.5.1)")
    }

    // MARK: Findings

    private func finding(_ location: String?) -> ShownFinding {
        ShownFinding(severity: "error", code: "101", location: location, text: "it is wrong")
    }

    @Test(arguments: [
        ("PID-5.1", "PID-5.1"), ("PID-5", "PID-5"), ("PID-3[2].4", "PID-3[2]"), ("PID-8.1", "PID-8"), ("PID", "PID"),
        ("PID-3.4.2", "PID-3.4"), ("NTE[2]-3", "NTE[2]-3"),
    ])
    func `a finding stands at its place, or at the smallest shown around it`(location: String, place: String) throws {
        let text = "PID|||7^^^GHH~8||Vale^Iris|||F\rNTE|1||x\rNTE|2||y"
        let lines = try lines(text, findings: [finding(location)])
        #expect(lines.filter { !$0.findings.isEmpty }.map(\.place) == [place])
    }

    @Test func `a field that is missing has a line if a finding concerns it`() throws {
        let lines = try lines("PID|1||7\rPV1|1||3W", findings: ["PID-5", "PV1-2"].map(finding))
        let name = try line("PID-5", in: lines)
        #expect([name.name, name.value] == ["Patient Name", nil])
        #expect(name.presence == .absent)
        #expect(try line("PV1-2", in: lines).presence == .empty)
        #expect(lines.map(\.place).drop { $0 != "PV1" } == ["PV1", "PV1-1", "PV1-2", "PV1-3"])
    }

    @Test func `segments that are missing come last, as the findings name them`() throws {
        let lines = try lines("EVN||2024", findings: ["PV1", "EVN", "PID"].map(finding))
        #expect(lines.suffix(2).map(\.place) == ["PV1", "PID"])
        #expect(lines.suffix(2).allSatisfy { $0.presence == .absent })
        #expect(try line("EVN", in: lines).findings.count == 1)
    }

    @Test func `no finding is shown twice, and none is lost`() throws {
        let places = [nil, "MSH-9.1", "PID-3.1", "PID-3.1", "PID-40", "OBX[7]-5", "ZZZ-1"]
        let message = try Message(parsing: Array("MSH|^~\\&|A||||||ADT^A01|1|P|2.5\rPID|||7\r".utf8))
        let view = MessageView(message, findings: places.map(finding))
        #expect(view.lines.flatMap(\.findings).count + view.findingsOfNoPlace.count == places.count)
    }

    @Test func `many segments of a name take linear time`() throws {
        let body = (1...20_000).map { "OBX|\($0)|NM|1234-5^^LN||\($0)" }.joined(separator: "\r")
        #expect(try lines(body).count { $0.depth == .segment } == 20_001)
    }
}
