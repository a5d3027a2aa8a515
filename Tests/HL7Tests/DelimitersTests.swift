import HL7
import Testing

struct DelimitersTests {
    @Test func `all five delimiters are taken from the header`() throws {
        let message = try Fixture.message("adt-a31-custom-delimiters.hl7")
        #expect(message["MSH-1"] == "$")
        #expect(message["MSH-2"] == "%*!@")
        #expect(message["MSH-9.2"] == "A31")
        #expect(message["PID-3[1].4.2"] == "2.16.840")
        #expect(message["PID-3[2].5"] == "PI")
        #expect(message["PID-5.1"] == "Vale%Reed")
        #expect(message["PID-5.2"] == "Iris")
    }

    @Test(arguments: [
        ("^", "1^2~3&4", "1", "2~3&4"), ("^~", "1^2&5~3&4", "1", "2&5"), ("^~\\", "1^2&5~3", "1", "2&5"),
        ("^~\\&", "1^2&5~3", "1", "2"), ("", "1^2&5~3", "1", "2"),
    ])
    func `what a short MSH-2 leaves out splits nothing, and an empty one means the standard separators`(
        encoding: String, field: String, first: String, second: String
    ) throws {
        let message = try message("PID|1||\(field)", header: "MSH|\(encoding)|A")
        #expect(message["PID-3.1"] == first)
        #expect(message["PID-3.2.1"] == second)
    }

    @Test func `without an escape character nothing is unescaped`() throws {
        #expect(try message(#"PID|1||a\F\b"#, header: "MSH|^~|A")["PID-3"] == #"a\F\b"#)
    }

    @Test func `a fifth encoding character is the truncation character`() throws {
        let message = try message("PID|1||#", header: #"MSH|^~\&#|A"#)
        #expect(message.delimiters.truncation == UInt8(ascii: "#"))
        #expect(message.delimiters.encodingCharacters == Array(#"^~\&#"#.utf8))
        #expect(message["MSH-2"] == #"^~\&#"#)
    }

    @Test func `a letter can be a component separator but a byte over 0x7F cannot`() throws {
        #expect(try message("PID|1||7ABC", header: #"MSH|A~\&|X"#)["PID-3.2"] == "BC")
        let message = try Message(parsing: Array("MSH|".utf8) + [0xC3] + Array("~\\&|X\rPID|1||Zoë\r".utf8))
        #expect(message.delimiters.component == Delimiters.absent)
        #expect(message["PID-3"]?.hasPrefix("Zo") == true)
    }
}
