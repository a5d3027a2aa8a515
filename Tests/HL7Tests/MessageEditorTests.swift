import HL7
import Testing

struct MessageEditorTests {
    private static let header = #"MSH|^~\&|A"#

    private func edited(_ segments: String, header: String = header, _ edit: (inout MessageEditor) throws -> Void)
        throws -> String
    {
        let text = header + "\n" + segments + "\n"
        let message = try Message(parsing: Array(text.utf8).map { $0 == 0x0A ? 0x0D : $0 }).editing(edit)
        return String(message.lines.dropFirst(header.count + 1).dropLast())
    }

    @Test(arguments: [
        ("PID|1|2|3", "PID-2", "PID|1|X|3"), ("PID|1|2|3", "PID-3", "PID|1|2|X"), ("PID|1", "PID-3", "PID|1||X"),
        ("PID", "PID-2", "PID||X"), ("PID|1||a~b", "PID-3", "PID|1||X~b"), ("PID|1||a~b", "PID-3[2]", "PID|1||a~X"),
        ("PID|1||a~b", "PID-3[4]", "PID|1||a~b~~X"), ("PID|1||", "PID-3[2]", "PID|1||~X"),
        ("PID|1||a^b", "PID-3.1", "PID|1||X^b"),
        ("PID|1||a^b", "PID-3.4", "PID|1||a^b^^X"), ("PID|1||a", "PID-3[2].3", "PID|1||a~^^X"),
        ("PID|1", "PID-3[2].3", "PID|1||~^^X"),
        ("PID|1||a&b^c", "PID-3.1.2", "PID|1||a&X^c"), ("PID|1||a^c", "PID-3.1.3", "PID|1||a&&X^c"),
        ("PID|1", "PID-3.2.2", "PID|1||^&X"),
        ("PID|1||a^b~c", "PID-3[*].2", "PID|1||a^X~c^X"), ("PID|1||a~b", "PID-3[*]", "PID|1||X~X"),
        ("PID|1", "PID-3[*]", "PID|1||X"),
        ("OBX|1\nOBX|2", "OBX-1", "OBX|X\nOBX|2"), ("OBX|1\nOBX|2", "OBX[2]-1", "OBX|1\nOBX|X"),
        ("OBX|1\nNTE|1\nOBX|2", "OBX[*]-2", "OBX|1|X\nNTE|1\nOBX|2|X"),
    ])
    func `setting a value adds what is missing before it and changes nothing else`(
        segments: String, path: String, expected: String
    ) throws {
        #expect(try edited(segments) { try $0.set("X", at: Path(path)) } == expected)
    }

    @Test(arguments: [
        ("PID|1|2|3", "PID-2", "PID|1||3"), ("PID|1||a~b|4", "PID-3", "PID|1|||4"),
        ("PID|1||a~b|4", "PID-3[*]", "PID|1|||4"),
        ("PID|1||a~b|4", "PID-3[1]", "PID|1||~b|4"), ("PID|1||a^b~c^d", "PID-3.2", "PID|1||a^~c^"),
        ("PID|1||a^b~c^d", "PID-3[2].1", "PID|1||a^b~^d"),
        ("PID|1", "PID-9", "PID|1"), ("PID|1", "PID-1.4", "PID|1"),
        ("PID|1\nNK1|1|x|y\nNK1|2|z", "NK1-2", "PID|1\nNK1|1||y\nNK1|2|"),
        ("PID|1\nNK1|1|x|y\nNK1|2|z", "NK1[2]-2", "PID|1\nNK1|1|x|y\nNK1|2|"),
        ("PID|1\nNK1|1\nPV1|1\nNK1|2", "NK1", "PID|1\nPV1|1"),
        ("PID|1\nNK1|1\nPV1|1\nNK1|2", "NK1[1]", "PID|1\nPV1|1\nNK1|2"), ("PID|1", "ZPI", "PID|1"),
        ("PID|1||a&b^c", "PID-3.1.1", "PID|1||&b^c"),
    ])
    func `removing takes all that a path names and leaves the rest`(segments: String, path: String, expected: String)
        throws
    {
        #expect(try edited(segments) { try $0.remove(Path(path)) } == expected)
    }

    @Test(arguments: [
        ("PID|1||a^b~c^d|4", "PID-3[2]", "PID-3[1]", "PID|1||c^d~c^d|4"),
        ("PID|1||a^b|4", "PID-3", "PID-4", "PID|1||a^b|a^b"),
        ("PID|1||a^b&c|4", "PID-3.2", "PID-4", "PID|1||a^b&c|b&c"),
        ("PID|1||a^b|4", "PID-3", "PID-4.2", "PID|1||a^b|4^a"),
        ("PID|1||b&c|4", "PID-3.1", "PID-4.1.2", "PID|1||b&c|4&b"), ("PID|1||a|4", "PID-9", "PID-4", "PID|1||a|"),
        (#"PID|1||a\T\b|4"#, "PID-3", "PID-4", #"PID|1||a\T\b|a\T\b"#),
    ])
    func `copying keeps the parts that fit`(segments: String, from: String, to: String, expected: String) throws {
        #expect(try edited(segments) { try $0.copy(from: Path(from), to: Path(to)) } == expected)
    }

    @Test func `a segment is added at the end, with the message's terminator`() throws {
        #expect(try edited("PID|1") { try $0.append(segment: "ZPI|1|x") } == "PID|1\nZPI|1|x")
        for (text, expected) in [
            ("MSH|^~\\&|A\nPID|1\n", "MSH|^~\\&|A\nPID|1\nZPI|1\n"),
            ("MSH|^~\\&|A\r\nPID|1", "MSH|^~\\&|A\r\nPID|1\r\nZPI|1\r\n"),
        ] {
            let message = try Message(parsing: Array(text.utf8)).editing { try $0.append(segment: "ZPI|1") }
            #expect(message.bytes == Array(expected.utf8))
        }
    }

    @Test func `a segment removed from lines that end with LF leaves their bytes alone`() throws {
        let message = try Message(parsing: Array("MSH|^~\\&|A\nPID|1\nZPI|1\nPV1|1".utf8)).editing {
            try $0.remove(Path("ZPI"))
        }
        #expect(message.bytes == Array("MSH|^~\\&|A\nPID|1\nPV1|1".utf8))
    }

    @Test(arguments: ["MSH-1", "MSH-2", "MSH", "PID"])
    func `the delimiters and whole segments cannot be set`(path: String) throws {
        #expect(throws: EditError(.noSuchPlace, try Path(path))) {
            try message("PID|1").editing { try $0.set("X", at: Path(path)) }
        }
    }

    @Test(arguments: ["MSH", "MSH-1", "MSH-2"])
    func `the header and its delimiters cannot be removed`(path: String) throws {
        #expect(throws: EditError(.noSuchPlace, try Path(path))) { try message().editing { try $0.remove(Path(path)) } }
    }

    @Test func `what cannot be written is refused and names its place`() throws {
        #expect(throws: EditError(.segmentAbsent, try Path("ZPI-1"))) {
            try message().editing { try $0.set("X", at: Path("ZPI-1")) }
        }
        #expect(throws: EditError(.segmentAbsent, try Path("PID[2]-1"))) {
            try message("PID|1").editing { try $0.set("X", at: Path("PID[2]-1")) }
        }
        #expect(throws: EditError(.noSuchPlace, Path(segment: "ZPI"))) {
            try message().editing { try $0.append(segment: "ZPI|1\rPID|1") }
        }
        // A short MSH-2 defines neither a sub-component separator nor an escape character.
        #expect(throws: EditError(.noSuchPlace, try Path("PID-3.1.2"))) {
            try message("PID|1||a", header: "MSH|^~|A").editing { try $0.set("X", at: Path("PID-3.1.2")) }
        }
        #expect(throws: EditError(.notEncodable, try Path("PID-3"))) {
            try message("PID|1||a", header: "MSH|^~|A").editing { try $0.set("a|b", at: Path("PID-3")) }
        }
    }

    @Test func `custom delimiters are used and escaped`() throws {
        let message = try Fixture.message("adt-a31-custom-delimiters.hl7").editing {
            try $0.set("a%b$c|d", at: Path("PID-3[3].2"))
        }
        #expect(message["PID-3[3].2"] == "a%b$c|d")
        #expect(message.lines.contains("*%a!S!b!F!c|d$$Vale"))
    }

    @Test func `a text in a declared character set is encoded in it, or refused`() throws {
        let latin = try Fixture.message("adt-a08-latin1-crlf.hl7")
        let edited = try latin.editing { try $0.set("Åse", at: Path("PID-5.2")) }
        #expect(edited["PID-5"] == "Grün^Åse")
        #expect(edited.bytes.contains(0xC5) && !edited.bytes.contains(0xC3))
        #expect(try latin.editing { try $0.append(segment: "ZPI|Åse") }["ZPI-1"] == "Åse")
        #expect(throws: EditError(.notEncodable, try Path("PID-5"))) {
            try latin.editing { try $0.set("葉", at: Path("PID-5")) }
        }
    }

    @Test func `a message without declared character set becomes UTF-8 when it must`() throws {
        let edited = try message("PID|1||7").editing { try $0.set("葉", at: Path("PID-5")) }
        #expect(edited["PID-5"] == "葉")
        #expect(edited.charset == .utf8)
        let declared = #"MSH|^~\&|A|B|C|D|2024||ADT^A01|1|P|2.5.1||||||ASCII"#
        #expect(throws: EditError(.notEncodable, try Path("PID-5"))) {
            try message("PID|1||7", header: declared).editing { try $0.set("葉", at: Path("PID-5")) }
        }
    }

    @Test func `an edited GB 18030 message is GB 18030 again, the rest byte for byte`() throws {
        let original = try Fixture.message("adt-a04-gb18030.hl7")
        let edited = try original.editing { try $0.set("張", at: Path("PID-5.2")) }
        #expect(edited["PID-5.1"] == "葉")
        #expect(edited["PID-5.2"] == "張")
        #expect(edited.bytes.count == original.bytes.count)
        #expect(edited.charset == original.charset)
    }

    @Test func `an edit keeps the sender's configured character set`() throws {
        for declared in ["", "KLINGON"] {
            let bytes =
                Array("MSH|^~\\&|A|B|C|D|2024||ADT^A01|1|P|2.5.1||||||\(declared)\rPID|1||7||".utf8) + [0xA4, 0x0D]
            let message = try Message(parsing: bytes, fallback: Charset(named: "8859/15"))
            #expect(try message.editing { try $0.set("8", at: Path("PID-3")) }["PID-5"] == "€")
        }
    }

    @Test func `a change leaves the original alone`() throws {
        let original = try message("PID|1||7")
        let copy = try original.editing { try $0.set("8", at: Path("PID-3")) }
        #expect(original["PID-3"] == "7")
        #expect(copy["PID-3"] == "8")
    }
}
