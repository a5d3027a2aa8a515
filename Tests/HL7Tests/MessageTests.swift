import HL7
import Testing

struct MessageTests {
    @Test func `a message gives back exactly the bytes that it was parsed from`() throws {
        let names = try Fixture.names.filter { $0 != "batch.hl7" }
        #expect(names.count >= 5)
        for name in names {
            let bytes = try Fixture.bytes(name)
            #expect(try Message(parsing: bytes).bytes == bytes, "\(name)")
        }
    }

    @Test(arguments: [
        ("MSH-1", "|"), ("MSH-2", #"^~\&"#), ("MSH-3", "GHH_ADT"), ("MSH-9", "ADT^A01^ADT_A01"), ("MSH-9.2", "A01"),
        ("MSH-15", "AL"), ("PID-3.1", "90210"), ("PID-3[2].1", "555-44-3210"), ("PID-3[2].4", "USSSA"),
        ("PID-3", "90210^^^GHH^MR"), ("PID-3[2]", "555-44-3210^^^USSSA^SS"), ("PID-5.2", "Iris"), ("PID-2", ""),
        ("PID-5.1.1", "Vale"), ("PID-3.2", ""), ("AL1-3.2", "Penicillin"), ("PID[1]-8", "F"),
        ("AL1", "AL1|1|DA|7980^Penicillin^RXNORM|SV|Hives"),
    ])
    func `a path reads what stands there`(path: String, expected: String) throws {
        #expect(try Fixture.message("adt-a01.hl7")[path] == expected)
    }

    @Test(arguments: [
        "PID-99", "PID-3[3]", "PID-3[3].1", "PID-5.9", "PID-5.1.2", "ZPI", "ZPI-1", "NK1[2]-2", "pid-5", "PID-0", "",
    ])
    func `a path to what is not there, or that is no path, reads as nil`(path: String) throws {
        let message = try Fixture.message("adt-a01.hl7")
        #expect(message[path] == nil)
        #expect(message.presence(of: path) == .absent)
    }

    @Test(arguments: [
        ("PID-2", Presence.empty), ("PID-3.2", .empty), ("PID-4", .null), ("PID-5", .value), ("PID-6", .value),
        ("PID-7", .empty), ("PID-8", .absent), ("PV1-1", .absent), ("PID-9.1", .absent), ("PID-5.4", .absent),
        ("PID-6.2", .null),
    ])
    func `absent, empty, null and a value are told apart`(path: String, expected: Presence) throws {
        let message = try message(#"PID|1||7^^^GHH|""|Vale^Iris|""^""|"#)
        #expect(message.presence(of: path) == expected)
    }

    @Test func `two quotes with more beside them are a value, not the null`() throws {
        let message = try message(#"PID|1|"" |""~""|""x"#)
        #expect(message.presence(of: "PID-2") == .value)
        #expect(message.segment("PID")?.field(3)?.presence == .value)
        #expect(message.presence(of: "PID-3[2]") == .null)
        #expect(message.presence(of: "PID-4") == .value)
    }

    @Test(arguments: [
        ("\r", MessageLayout.Terminator.carriageReturn), ("\n", .lineFeed), ("\r\n", .both),
    ])
    func `segments end with CR, LF or CRLF`(terminator: String, layout: MessageLayout.Terminator) throws {
        let lines = [#"MSH|^~\&|A"#, "PID|1|2|3", "PV1|1|I"]
        for ending in [terminator, ""] {
            let text = lines.joined(separator: terminator) + ending
            let message = try Message(parsing: Array(text.utf8))
            #expect(message.segments.map(\.name) == ["MSH", "PID", "PV1"])
            #expect(message["PID-3"] == "3")
            #expect(message["PV1-2"] == "I")
            #expect(message.layout.terminator == layout)
            #expect(message.layout.blankLines == 0)
        }
    }

    @Test func `a line feed inside a segment that ends with a carriage return is data`() throws {
        let message = try message("OBX|1|TX|||one\ntwo", "PV1|1")
        #expect(message["OBX-5"] == "one\ntwo")
        #expect(message.segmentCount == 3)
    }

    @Test func `blank lines are passed over and counted, before the header too`() throws {
        let message = try Message(parsing: Array("\r\nMSH|^~\\&|A\r\r\rPID|1\r\r".utf8))
        #expect(message.segments.map(\.name) == ["MSH", "PID"])
        #expect(message.layout.blankLines == 3)
    }

    @Test func `a byte order mark is passed over and kept`() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array("MSH|^~\\&|A\rPID|1||7\r".utf8)
        let message = try Message(parsing: bytes)
        #expect(message.layout.hasByteOrderMark)
        #expect(message["MSH-3"] == "A")
        #expect(message["PID-3"] == "7")
        #expect(message.bytes == bytes)
    }

    @Test func `ADD continues the last field of the segment before it`() throws {
        let message = try message("PID|1||7||Va", "ADD|le^Iris||19790214", "ADD|01|F", "PV1|1|I")
        #expect(message.segments.map(\.name) == ["MSH", "PID", "PV1"])
        #expect(message["PID-5.1"] == "Vale")
        #expect(message["PID-7"] == "1979021401")
        #expect(message["PID-8"] == "F")
        #expect(message.bytes != message.indexedBytes)
        #expect(message.lines.contains("ADD|le^Iris"))
    }

    @Test func `what was received is described although continuations were joined`() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array("MSH|^~\\&|A\n\nPID|1\nADD|2\n".utf8)
        let layout = try Message(parsing: bytes).layout
        #expect(layout.hasByteOrderMark)
        #expect(layout.terminator == .lineFeed)
        #expect(layout.blankLines == 1)
    }

    @Test(arguments: [
        ("", 0), ("MSH", 0), ("MSH\r", 0), ("PID|1", 0), ("\r\nPID|1", 2), ("MSHA|^~\\&|", 0), ("msh|^~\\&|", 0),
        ("FHS|^~\\&|", 0), ("<ADT_A01>", 0), ("MSH\u{E9}^~\\&", 0), (" MSH|^~\\&|A", 0),
    ])
    func `bytes without MSH and a separator are no message`(text: String, offset: Int) {
        #expect(throws: ParseError(.noHeader, offset: offset)) { try Message(parsing: Array(text.utf8)) }
    }

    @Test func `limits are refused with the offset where they are passed`() throws {
        let bytes = Array("MSH|^~\\&|A\rPID|1\rPV1|1\r".utf8)
        #expect(throws: ParseError(.tooManySegments, offset: 17)) {
            try Message(parsing: bytes, limits: Limits(segmentsMax: 2))
        }
        #expect(throws: ParseError(.tooLong, offset: 10)) {
            try Message(parsing: bytes, limits: Limits(messageBytesMax: 10))
        }
        #expect(
            try Message(parsing: bytes, limits: Limits(messageBytesMax: bytes.count, segmentsMax: 3)).segmentCount == 3)
    }

    @Test func `a header of one separator has no fields to read`() throws {
        let message = try Message(parsing: Array("MSH|".utf8))
        #expect(message["MSH-1"] == "|")
        #expect(message["MSH-2"] == "")
        #expect(message["MSH-3"] == nil)
        #expect(message.header.controlID.isEmpty)
        #expect(message.header.type.isEmpty)
    }

    @Test func `the header is read by the names of the standard`() throws {
        let header = try Fixture.message("adt-a01.hl7").header
        #expect(header.sendingApplication == "GHH_ADT")
        #expect(header.sendingFacility == "GHH")
        #expect(header.receivingApplication == "HUB")
        #expect(header.receivingFacility == "RIVERSIDE")
        #expect(header.type == "ADT^A01")
        #expect(header.messageStructure == "ADT_A01")
        #expect(Array(header.controlID) == Array("F0001".utf8))
        #expect(header.processingID == "P")
        #expect(header.version == "2.5.1")
        #expect(header.acceptAcknowledgment == "AL")
        #expect(header.applicationAcknowledgment == "NE")
    }

    @Test func `the control id keeps its delimiters`() throws {
        let message = try message(header: #"MSH|^~\&|A|B|C|D|2024||ADT^A01|1^2~3&4\F\|P|2.5"#)
        #expect(String(decoding: message.header.controlID, as: UTF8.self) == #"1^2~3&4\F\"#)
    }
}

struct SegmentTests {
    @Test func `segments of one name are counted from one in the whole message`() throws {
        let message = try message("OBX|1|||1", "NTE|1", "OBX|2|||2", "OBX|3|||3")
        #expect(message.segments("OBX").map(\.occurrence) == [1, 2, 3])
        #expect(message.segments("OBX").map(\.position) == [1, 3, 4])
        #expect(message.segment("OBX", occurrence: 3)?[4] == "3")
        #expect(message.segment("OBX", occurrence: 4) == nil)
        #expect(message.segment("OBX", occurrence: 0) == nil)
        #expect(message["OBX[2]-4"] == "2")
        #expect(message.values(at: try Path("OBX[*]-4")).map(\.text) == ["1", "2", "3"])
    }

    @Test(arguments: [
        ("PV", "PV"), ("PV|1", "PV"), ("NTE1||x", "NTE1"), ("VALE^IRIS 1979", "VALE"), ("|x", ""), ("PIDX|1", "PIDX"),
    ])
    func `a line that begins with no segment name is a segment of no known name`(line: String, name: String) throws {
        let message = try message(line, "PV1|1|I")
        #expect(message[position: 1].name == name)
        #expect(message.segments("PV1").count == 1)
        #expect(message.segments("PID").isEmpty)
        #expect(message["PV1-2"] == "I")
    }

    @Test func `trailing separators make empty fields`() throws {
        let segment = try #require(try message("PID|1|||").segment("PID"))
        #expect(segment.fieldCount == 4)
        #expect(segment.field(4)?.isEmpty == true)
        #expect(segment.field(5) == nil)
        #expect(segment.field(0) == nil)
        #expect(segment.field(-1) == nil)
    }

    @Test func `a segment reads repetitions, components and sub-components by number`() throws {
        let pid = try #require(try message("PID|1||7^^^GHH&2.16.840&ISO^MR~8^^^LAKE").segment("PID"))
        #expect(pid[3] == "7^^^GHH&2.16.840&ISO^MR")
        #expect(pid[3, repetition: 2] == "8^^^LAKE")
        #expect(pid[3, repetition: 2, component: 4] == "LAKE")
        #expect(pid[3, component: 4, subcomponent: 2] == "2.16.840")
        #expect(pid[3, component: 5, subcomponent: 2] == nil)
        #expect(pid[3, repetition: 3] == nil)
    }

    @Test func `a second MSH counts its separator as its first field too`() throws {
        let message = try message(#"MSH|^~\&|OTHER|LAB"#)
        #expect(message["MSH[2]-1"] == "|")
        #expect(message["MSH[2]-2"] == #"^~\&"#)
        #expect(message["MSH[2]-3"] == "OTHER")
    }
}

struct ValueTests {
    @Test func `a value is split by one level of delimiter at a time`() throws {
        let field = try #require(try message("PID|1||7^^^GHH&2.16&ISO~8~").segment("PID")?.field(3))
        #expect(field.repetitionCount == 3)
        #expect(field.repetitions.map(\.text) == ["7^^^GHH&2.16&ISO", "8", ""])
        #expect(field.componentCount == 4)
        #expect(field.components.map(\.text) == ["7", "", "", "GHH&2.16&ISO"])
        #expect(field.component(4)?.subcomponentCount == 3)
        #expect(field.component(4)?.subcomponents.map(\.text) == ["GHH", "2.16", "ISO"])
        #expect(field.component(4)?.subcomponent(4) == nil)
        #expect(field.repetition(2)?.component(1)?.subcomponent(1)?.text == "8")
    }

    @Test func `a range points to the value's bytes in the message`() throws {
        let message = try Fixture.message("adt-a01.hl7")
        let value = try #require(message.value(at: try Path("PID-3[2].4")))
        #expect(String(decoding: message.bytes[value.range], as: UTF8.self) == "USSSA")
        #expect(Array(value.bytes) == Array("USSSA".utf8))
    }

    @Test func `[*] reads every repetition that is there`() throws {
        let message = try message("PID|1||7^^^GHH~8~9^^^LAKE")
        #expect(message.values(at: try Path("PID-3[*].4")).map(\.text) == ["GHH", "LAKE"])
        #expect(message.values(at: try Path("PID-3[*]")).map(\.text) == ["7^^^GHH", "8", "9^^^LAKE"])
        #expect(message.values(at: try Path("NK1[*]-2")).isEmpty)
    }

    @Test func `a carriage return and line feed in a message of line feeds is no blank line`() throws {
        let message = try Message(parsing: Array("MSH|^~\\&|A\nPID|1\r\nPV1|1\n".utf8))
        #expect(message.segmentCount == 3 && message.layout.blankLines == 0)
    }
}
