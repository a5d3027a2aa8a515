import HL7
import Testing

@testable import Console

struct MessageDifferenceTests {
    private func changes(_ old: String, _ new: String) throws -> [String] {
        func lines(_ text: String) throws -> [ShownLine] {
            let header = "MSH|^~\\&|A|B|C|D|2024||ADT^A01|C1|P|2.5.1\r"
            return MessageView(try Message(parsing: Array("\(header)\(text)\r".utf8))).lines
        }
        return try MessageDifference.changes(from: lines(old), to: lines(new)).map {
            "\($0.place) \($0.old ?? "-") > \($0.new ?? "-")"
        }
    }

    @Test(arguments: [
        ("PID|1||7", "PID|1||7", []),
        ("PID|1||7", "PID|1||8", ["PID-3 7 > 8"]),
        ("PID|1||7^^^A", "PID|1||7^^^B", ["PID-3.4 A > B"]),
        ("PID|1||7", "PID|1||7||Vale", ["PID-5 - > Vale"]),
        ("PID|1||7|8|Vale", "PID|1||7||Oak", ["PID-4 8 > -", "PID-5 Vale > Oak"]),
        ("ZPI|x\rNTE|1", "NTE|1", ["ZPI-1 x > -"]),
        ("NTE|1||\"\"", "NTE|1", ["NTE-3 \"\" > -"]),
        // Another way to write the same text is no change of value.
        ("NTE|1||a\\X62\\c", "NTE|1||abc", []),
    ])
    func `what changed is told place by place, in the order of the message`(
        old: String, new: String, expected: [String]
    ) throws {
        #expect(try changes(old, new) == expected)
    }
}
