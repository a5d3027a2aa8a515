import HL7
import Testing

struct EscapeTests {
    @Test(arguments: [
        (#"a\F\b"#, "a|b"), (#"a\S\b"#, "a^b"), (#"a\T\b"#, "a&b"), (#"a\R\b"#, "a~b"), (#"a\E\b"#, #"a\b"#),
        (#"a\P\b"#, "a#b"), (#"\H\loud\N\ quiet"#, "loud quiet"), (#"one\.br\two"#, "one\ntwo"),
        (#"a\.sp2\b"#, "a\n\nb"),
        (#"a\.in+4\b"#, "ab"), (#"a\.ce\b"#, "a\nb"), (#"\X49726973\"#, "Iris"), (#"a\X0D\b"#, "a\rb"),
        (#"\X0d0A\"#, "\r\n"),
        (#"a\.sk3\b"#, "a   b"), (#"a\.sp\b"#, "a\nb"), (#"a\.ti-2\b\.fi\c\.nf\d"#, "abcd"),
        (#"\E\\F\"#, #"\|"#), (#"\F\\F\"#, "||"),
    ])
    func `an escape sequence reads as what it stands for`(written: String, text: String) throws {
        #expect(try message("PID|1||\(written)", "PV1|1")["PID-3"] == text)
    }

    @Test(arguments: [
        #"a\Q\b"#, #"a\b"#, #"a\"#, #"a\\b"#, #"\X4\"#, #"\XG0\"#, #"\X\"#, #"\.zz\"#, #"\f\"#, #"\C9999\x"#,
        #"\M24\x"#, #"\Zlocal\F"#, #"\.brx\"#,
    ])
    func `a sequence that is not known or not closed reads as it stands`(written: String) throws {
        #expect(try message("PID|1||\(written)")["PID-3"] == written)
    }

    @Test func `a known sequence after an unknown one is still read`() throws {
        #expect(try message(#"PID|1||\Q\T\"#)["PID-3"] == #"\Q&"#)
        #expect(try message(#"PID|1||\Zab\F\S\"#)["PID-3"] == #"\Zab\F^"#)
    }

    @Test func `an escaped carriage return does not end the segment`() throws {
        let message = try message(#"PID|1||7||Vale\X0D\PV1|Z"#, "PV1|1|I")
        #expect(message.segments("PV1").count == 1)
        #expect(message["PID-6"] == "Z")
    }

    @Test func `an escaped delimiter does not split`() throws {
        let message = try message(#"PID|1||a\F\b^c\S\d~e\R\f"#)
        #expect(message["PID-3.1"] == "a|b")
        #expect(message["PID-3.2"] == "c^d")
        #expect(message["PID-3[2]"] == "e~f")
    }

    @Test func `hexadecimal bytes are in the character set of the message`() throws {
        #expect(
            try message(#"PID|1||Zo\XC3AB\"#, header: #"MSH|^~\&||||||||||||||||UNICODE UTF-8"#)["PID-3"] == "Zo\u{EB}"
        )
        #expect(try message(#"PID|1||Zo\XEB\"#, header: #"MSH|^~\&||||||||||||||||8859/1"#)["PID-3"] == "Zo\u{EB}")
    }

    @Test(arguments: [
        ("", #"\C2842\x"#, "x"), ("", #"\C284A\x"#, "x"), ("", #"\C2D41\\XE9\t\C2842\"#, "ét"),
        ("", #"\C2D4C\\XB0\"#, "А"), ("", #"\C2949\\XD4\"#, "ﾔ"), ("", #"\M2442\;3\C2842\a"#, "山a"),
        ("", #"\M242844\0!\C2842\a"#, "丂a"), ("", #"\M2442\\X217C\\C2842\a"#, "●a"),
        ("UNICODE UTF-8", #"\C2D41\\XE9\"#, "é"), ("UNICODE UTF-8", #"\C2D41\é"#, "é"),
        ("8859/1", #"\C2D4C\\XB0\"#, "А"),
    ])
    func `a change of character set holds to the end of the value`(charset: String, written: String, text: String)
        throws
    {
        let header = #"MSH|^~\&||||||||||||||||"# + charset
        let message = try message("PID|1||\(written)|\(#"\XE9\"#)", header: header)
        #expect(message["PID-3"] == text)
    }

    @Test(arguments: ["|", "^", "~", "&", "\\", "a|b^c~d&e\\f", "one\ntwo", "Zoë", "", "\\F\\", "\u{0}x"])
    func `a text that is set reads back as it was`(text: String) throws {
        let message = try message("PID|1||x|y").editing { try $0.set(text, at: Path(segment: "PID", field: 3)) }
        #expect(message["PID-3"] == text)
        #expect(message["PID-4"] == "y")
        #expect(message.segmentCount == 2)
    }

    @Test func `the truncation character is escaped where the message has one`() throws {
        let edit = Path(segment: "PID", field: 3)
        #expect(
            try message("PID|1||x", header: #"MSH|^~\&#|A"#).editing { try $0.set("a#b", at: edit) }.lines.hasSuffix(
                "a\\P\\b\n"))
        #expect(try message("PID|1||x").editing { try $0.set("a#b", at: edit) }.lines.hasSuffix("a#b\n"))
    }

    @Test func `each line break is written as one sequence`() throws {
        let edited = try message("PID|1||x").editing { try $0.set("1\r\n2\n3\r4", at: Path(segment: "PID", field: 3)) }
        #expect(edited.lines.hasSuffix(#"1\.br\2\.br\3\.br\4"# + "\n"))
    }
}
