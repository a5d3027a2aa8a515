import HL7
import Testing

@testable import Interfaces

struct EditStepTests {
    private static let message = """
        MSH|^~\\&|HIS|GH|OLD|OLD|20240305||ADT^A01|1|P|2.5.1
        PID|1||100^^^GH^MR~200^^^ST^SS||FICTITIOUS^FAITH||19700112|F|||||||||||999
        PV1|1|I
        ZPI|VIP
        """.split(separator: "\n").joined(separator: "\r") + "\r"

    private static func edited(_ yaml: String, otherwise: String = "keep") throws -> Message {
        let steps = yaml.split(separator: "\n").map { "      - \($0)" }.joined(separator: "\n")
        let configuration = try SampleFolder.configuration([
            "tables/class.yaml": "table: class\ncodes: { I: INPT, GH: GENERAL }\notherwise: \(otherwise)",
            "providers/clinic.yaml": """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                edit:
            \(steps)
            """,
        ])
        let edits = try #require(configuration.endpoint("clinic.inbox")?.edits)
        return try Message(parsing: Array(message.utf8)).edited(by: edits)
    }

    @Test(arguments: [
        ("{ set: { MSH-5: LAKESIDE, MSH-6: CLINIC } }", "MSH-5", "LAKESIDE"),
        ("{ set: { MSH-5: LAKESIDE, MSH-6: CLINIC } }", "MSH-6", "CLINIC"),
        ("{ set: { MSH-5: A&B } }", "MSH-5", "A&B"),
        ("{ copy: { from: 'PID-3[2]', to: 'PID-3[1]' } }", "PID-3[1].5", "SS"),
        ("{ translate: { path: PV1-2, table: class } }", "PV1-2", "INPT"),
        ("{ translate: { path: 'PID-3[*].4', table: class } }", "PID-3[1].4", "GENERAL"),
        ("{ translate: { path: 'PID-3[*].4', table: class } }", "PID-3[2].4", "ST"),
        ("{ translate: { path: PID-8, table: class } }", "PID-8", "F"),
        ("{ remove: [PID-19] }", "PID-19", ""),
        ("{ remove: [ZPI], when: PID-8 = \"F\" }", "ZPI-1", nil),
        ("{ remove: [ZPI], when: PID-8 = \"M\" }", "ZPI-1", "VIP"),
        // A condition sees what the steps before it left.
        ("{ set: { PID-8: M } }\n{ remove: [ZPI], when: PID-8 = \"M\" }", "ZPI-1", nil),
    ])
    func `steps change the copy`(steps: String, path: String, expected: String?) throws {
        #expect(try Self.edited(steps)[path] == expected)
    }

    @Test func `what steps do not name stays as it was, byte for byte`() throws {
        let edited = try Self.edited("{ set: { MSH-5: NEW } }\n{ remove: [ZPI] }")
        let expected = Self.message.replacing("OLD|OLD", with: "NEW|OLD").replacing("ZPI|VIP\r", with: "")
        #expect(String(decoding: edited.bytes, as: UTF8.self) == expected)
    }

    @Test func `a table can set what it lacks, or hold the delivery`() throws {
        let step = "{ translate: { path: PID-8, table: class } }"
        #expect(try Self.edited(step, otherwise: "{ set: U }")["PID-8"] == "U")
        #expect(throws: EditFailure(step: 1, text: "the table class lacks the code at PID-8.1")) {
            try Self.edited(step, otherwise: "hold")
        }
    }

    @Test func `a step that cannot be run is named`() {
        #expect(throws: EditFailure(step: 2, text: "PV2-3: the message has no such segment")) {
            try Self.edited("{ set: { PID-8: M } }\n{ set: { PV2-3: X } }")
        }
    }
}
