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

    @Test(arguments: [
        ("BHS|^~\\&|\rpid|1\r" + one + "BTS|1\r", 1, 10), ("BHS|^~\\&|\r" + one + "BTS|1\rPID|9\r", 1, 33),
        ("BHS|^~\\&|\r\r \r" + one + "BTS|1\r", 1, nil), (one + "what is this\r", 1, nil),
        ("BHS|^~\\&|\rmsh|^~\\&|\rBTS|0\r", 0, 10), ("BHS|^~\\&|\r\u{FEFF}" + one + "BTS|1\r", 1, nil),
    ])
    func `lines of no message are known, and refuse the messages beside them`(
        text: String, messages: Int, stray: Int?
    ) {
        let bytes = Array(text.utf8)
        let batch = Batch(bytes)
        #expect(batch.messages.count == messages)
        #expect(batch.strayLines.map(\.lowerBound) == (stray.map { [$0] } ?? []))
        #expect(batch.problems(in: bytes).allSatisfy { $0.isEmpty == (stray == nil) })
    }

    @Test(arguments: [("FTS|1", true), ("FTS|0", true), ("FTS|2", false)])
    func `messages without BHS may be counted as a batch of the file`(trailer: String, fits: Bool) {
        let bytes = Array(("FHS|^~\\&|\r" + Self.one + Self.two + trailer + "\r").utf8)
        #expect(Batch(bytes).countMismatches(in: bytes).isEmpty == fits)
    }

    @Test func `bytes before the first header are counted`() {
        #expect(Batch(Array(("\r\nhello\r" + Self.one).utf8)).leadingBytes == 8)
        #expect(Batch(Array(Self.one.utf8)).leadingBytes == 0)
    }

    @Test func `messages belong to their batches`() {
        let bytes = Array(
            ("FHS|^~\\&|\r" + "BHS|^~\\&|\r" + Self.one + "BTS|1\rBHS|^~\\&|\r" + Self.two + Self.one + "FTS\r").utf8)
        let batch = Batch(bytes)
        #expect(batch.parts.map(\.messages) == [0..<1, 1..<3])
        #expect(batch.parts.map { $0.trailer != nil } == [true, false])
        #expect(batch.fileHeader != nil && batch.fileTrailer != nil)
        #expect(Batch(Array(Self.one.utf8)).parts.map(\.messages) == [0..<1])
        #expect(Batch([]).parts.isEmpty)
    }

    @Test(arguments: [
        ("BHS|^~\\&|\r" + one + "BTS|1\r", []), ("BHS|^~\\&|\r" + one + "BTS\r", []), ("BHS|^~\\&|\r" + one, []),
        ("BHS|^~\\&|\r" + one + "BTS| 01 |x\r", []),
        ("BHS|^~\\&|\r" + one + "BTS|2\r", ["BTS-1 announces 2 messages, and 1 came"]),
        ("BHS|^~\\&|\r" + one + two + "BTS|1\r", ["BTS-1 announces 1 messages, and 2 came"]),
        ("BHS|^~\\&|\r" + one + "BTS|one\r", ["BTS-1 is not a number of messages"]),
        ("BHS|^~\\&|\r" + one + "BTS|99999999999999999999\r", ["BTS-1 is not a number of messages"]),
        ("BHS$%*!@$\r" + one + "BTS$2$x\r", ["BTS-1 announces 2 messages, and 1 came"]),
        ("FHS|^~\\&|\rBHS|^~\\&|\r" + one + "BTS|1\rFTS|2\r", ["FTS-1 announces 2 batches, and 1 came"]),
        ("FHS|^~\\&|\r" + one + "FTS|1\r", []),
        ("FHS|^~\\&|\r" + one + "FTS|2\r", ["FTS-1 announces 2 batches, and 0 came"]),
        ("FHS|^~\\&|\rBHS|^~\\&|\rBTS|0\rFTS|1\r", []),
        ("MSH|^~\\&|A\rBTS|2\r", ["BTS-1 announces 2 messages, and 1 came"]),
    ])
    func `trailers are held against what came`(text: String, mismatches: [String]) {
        let bytes = Array(text.utf8)
        #expect(Batch(bytes).countMismatches(in: bytes).map(\.text) == mismatches)
    }

    @Test func `a mismatch names its trailer`() {
        let bytes = Array(("BHS|^~\\&|\r" + Self.one + "BTS|1\rBHS|^~\\&|\r" + Self.two + "BTS|7\r").utf8)
        let mismatch = Batch(bytes).countMismatches(in: bytes).first
        #expect(mismatch?.part == 1)
        #expect(mismatch?.location == Location(segment: "BTS", occurrence: 2, field: 1))
    }

    @Test func `a byte order mark is no part of a batch header`() {
        let bytes = [0xEF, 0xBB, 0xBF] + Array(("BHS|^~\\&|\r" + Self.one).utf8)
        #expect(Batch(bytes).envelope.first == 3..<12)
        #expect(Batch(bytes).parts.first?.header == 3..<12)
    }
}
