import HL7
import Testing

@testable import Console
@testable import wardline

struct MessageTextTests {
    private func text(
        _ segments: String, width: Int = 80, isColoured: Bool = false, findings: [ShownFinding] = []
    ) throws -> [String] {
        let message = try Message(parsing: Array("MSH|^~\\&|A|B|C|D|2024||ADT^A01|C1|P|2.5.1\r\(segments)\r".utf8))
        let lines = MessageView(message, findings: findings).lines
        return MessageText(width: width, isColoured: isColoured).lines(lines)
    }

    @Test func `place, name, type, value and meaning stand in columns`() throws {
        let text = try text("PV1||I|3W^301\rZPI|1|local")
        #expect(
            text.drop { $0 != "PV1  Patient Visit" } == [
                "PV1  Patient Visit",
                "  PV1-2      Patient Class              IS   I  = Inpatient (0004)",
                "  PV1-3      Assigned Patient Location  PL",
                "    PV1-3.1  Point of Care              IS   3W",
                "    PV1-3.2  Room                       IS   301",
                "",
                "ZPI",
                "  a local segment: what its fields mean is agreed with the sender",
                "  ZPI-1                                      1",
                "  ZPI-2                                      local",
            ])
    }

    @Test(arguments: [40, 60, 80, 132])
    func `no line is wider than the screen`(width: Int) throws {
        let long = String(repeating: "word ", count: 60) + String(repeating: "x", count: 200)
        let finding = ShownFinding(severity: "warning", code: "103", location: "OBX-8", text: "\(long)")
        let text = try text(
            "PID|||||\(String(repeating: "葉", count: 70))\rOBX|1|TX|8480-6^Systolic blood pressure^LN||\(long)||||||F",
            width: width, findings: [finding])
        #expect(text.filter { $0.columns > width } == [])
        #expect(text.joined().filter { $0 == "葉" }.count == 70)
    }

    @Test func `a long text goes below its names over the whole width`() throws {
        let text = try text("OBX|1|TX|X||" + String(repeating: "seven ch ", count: 40) + "||||||F")
        let start = try #require(text.firstIndex { $0.contains("OBX-5") })
        #expect(text[start].hasSuffix("TX"))
        #expect(text[start + 1].hasPrefix("        seven ch seven ch"))
    }

    @Test func `a very long value is cut, and the screen says how to see all of it`() throws {
        let text = try text("OBX|1|TX|X||" + String(repeating: "x", count: 2_100)).joined(separator: "\n")
        #expect(text.contains("… 100 more characters; --path shows all"))
    }

    @Test func `findings stand below what they concern, with advice once`() throws {
        var finding = ShownFinding(severity: "error", code: "103", location: "PV1-2", text: "not in table 0004")
        finding.advice = "use a code of the table"
        var other = finding
        other.location = Location(segment: "PV1", field: 3, component: 9)
        let text = try text("PV1||X|3W", findings: [finding, other])
        #expect(
            text.suffix(5) == [
                "  PV1-2      Patient Class              IS   X",
                "      error 103  not in table 0004",
                "                 > use a code of the table",
                "  PV1-3      Assigned Patient Location  PL   3W",
                "      error 103  PV1-3.9: not in table 0004",
            ])
    }

    @Test func `null and what is not there are told apart`() throws {
        let findings = ["PID-5", "PID-8"].map {
            ShownFinding(severity: "error", code: "101", location: $0, text: "required")
        }
        let text = try text("PID|||7|||||", findings: findings).joined(separator: "\n")
        #expect(text.contains("XPN  (empty)"))
        #expect(try self.text("PID|||7", findings: findings).joined().contains("XPN  (not there)"))
        #expect(try self.text("PID||||||||\"\"").joined().contains("\"\"= null") == false)
        #expect(try self.text("PID||||||||\"\"").contains { $0.hasSuffix("= null: delete what you hold") })
    }

    @Test func `control characters do not reach the terminal`() throws {
        let text = try text("PID|1||\u{1B}[2J\u{07}x\u{202E}y").joined(separator: "\n")
        #expect(text.contains("\u{241B}[2J\u{2407}x\u{FFFD}y"))
        let scalars = text.unicodeScalars.filter { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E }
        #expect(scalars.isEmpty)
    }

    @Test func `colours are only used where they are wanted`() throws {
        #expect(try !text("PV1||I").joined().contains("\u{1B}"))
        #expect(try text("PV1||I", isColoured: true).contains("\u{1B}[1mPV1  Patient Visit\u{1B}[0m"))
    }
}
