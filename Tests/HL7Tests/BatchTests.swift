import HL7
import Testing

struct BatchTests {
    private static let one = "MSH|^~\\&|A\rPID|1\r"
    private static let two = "MSH|^~\\&|B\rPID|2\r"

    @Test(arguments: [
        ("", [], 0), (one, [one], 0), (one + two, [one, two], 0), (String(one.dropLast()), [String(one.dropLast())], 0),
        ("BHS|^~\\&|\r" + one + two + "BTS|2\r", [one, two], 2),
        ("FHS|^~\\&|\rBHS|^~\\&|\r" + one + "BTS|1\rFTS|1\r", [one], 4),
        ("FHS|^~\\&|\r" + one + "FTS", [one], 2), ("BHS|^~\\&|\rBTS|0\r", [], 2), ("PID|1\r", [], 0),
        ("MSHX|\r", [], 0),
        ("BHS|^~\\&|\r" + one + "BTS|1\rBHS|^~\\&|\r" + two + "BTS|1\r", [one, two], 4),
        ("BTS and more text\r" + one, [one], 0),
        ("BHS$%*!@$\rMSH$%*!@$A\rBTS$1\r", ["MSH$%*!@$A\r"], 2),
    ])
    func `bytes are split into messages and envelope`(text: String, messages: [String], envelope: Int) {
        let bytes = Array(text.utf8)
        let batch = Batch(bytes)
        #expect(batch.messages.map { String(decoding: bytes[$0], as: UTF8.self) } == messages)
        #expect(batch.envelope.count == envelope)
        #expect(batch.isBatch == (envelope > 0))
    }

    @Test(arguments: ["\r", "\n", "\r\n"])
    func `segments end with CR, LF or CRLF`(terminator: String) throws {
        let text = String(decoding: try Fixture.bytes("batch.hl7"), as: UTF8.self).replacing("\r", with: terminator)
        let bytes = Array(text.utf8)
        let batch = Batch(bytes)
        let messages = try batch.messages.map { try Message(parsing: Array(bytes[$0])) }
        #expect(messages.map { $0["MSH-10"] } == ["F0006", "F0007"])
        #expect(messages.allSatisfy { $0.segments.map(\.name) == ["MSH", "EVN"] })
        #expect(
            batch.envelope.map { String(decoding: bytes[$0].prefix(3), as: UTF8.self) } == ["FHS", "BHS", "BTS", "FTS"])
    }

    @Test func `messages one a line, with carriage returns inside, are split at the lines`() {
        let bytes = Array("MSH|^~\\&|A\rPID|1\nMSH|^~\\&|B\rPID|2\n".utf8)
        #expect(Batch(bytes).messages.count == 2)
    }

    @Test func `a byte order mark before the first header is passed over`() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array(Self.one.utf8)
        #expect(Batch(bytes).messages == [0..<bytes.count])
        #expect(try Message(parsing: bytes).layout.hasByteOrderMark)
    }

    @Test func `bytes before the first header are counted`() {
        #expect(Batch(Array(("\r\nhello\r" + Self.one).utf8)).leadingBytes == 8)
        #expect(Batch(Array(Self.one.utf8)).leadingBytes == 0)
    }
}
