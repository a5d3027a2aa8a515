import HL7
import Testing

@testable import wardline

struct MessageViewTests {
    private func view(_ text: String) throws -> MessageView {
        MessageView(
            try Message(parsing: Array("MSH|^~\\&|GHH_ADT|GHH|HUB|RIVERSIDE|2024||ADT^A01|C1|P|2.5.1\r\(text)\r".utf8)))
    }

    @Test func `every value is shown with its place and the name of its version`() throws {
        let lines = try view("PID|1||7^^^GHH&1.2&ISO^MR~8||Vale^Iris||19790214").lines
        func line(_ place: String) -> MessageView.Line? { lines.first { $0.place == place } }
        #expect(line("PID")?.name == "Patient Identification")
        #expect(line("PID-5.1")?.value == "Vale")
        #expect(line("PID-3[2]")?.value == "8")
        #expect(line("PID-3.4.2")?.value == "1.2")
        #expect(line("PID-7")?.value == "19790214")
        #expect(line("PID-7")?.name == "Date/Time of Birth")
        #expect(line("PID-2") == nil)
    }

    @Test func `OBX-5 has the components of the type in OBX-2`() throws {
        let lines = try view("OBX|1|CE|X||A^Group A^L").lines
        #expect(lines.first { $0.place == "OBX-5.2" }?.name == "Text")
    }

    @Test func `no line is wider than 80 columns`() throws {
        let long = String(repeating: "word ", count: 60) + String(repeating: "x", count: 200)
        let text = try view("OBX|1|TX|8480-6^Systolic blood pressure^LN||\(long)||||||F\rZPI|1|local").text(
            isColoured: false)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(text.contains("\nZPI\n"))
    }

    @Test func `control characters do not reach the terminal`() throws {
        let text = try view("PID|1||\u{1B}[2J\u{07}x").text(isColoured: false)
        #expect(!text.contains("\u{1B}") && !text.contains("\u{07}"))
        #expect(text.contains("\u{FFFD}[2J\u{FFFD}x"))
    }

    @Test(arguments: [
        ("", [""]), ("one two", ["one two"]), ("one two three", ["one two", "three"]),
        ("abcdefghijk", ["abcdefgh", "ijk"]), ("a\nb", ["a", "b"]),
    ])
    func `a value is broken at spaces, and inside a word only if it must`(text: String, lines: [String]) {
        #expect(MessageView.wrapped(text, width: 8) == lines)
    }
}
