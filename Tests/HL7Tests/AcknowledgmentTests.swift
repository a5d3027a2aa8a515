import HL7
import Testing

struct AcknowledgmentTests {
    private static let missing = Acknowledgment.Problem(
        code: 101, location: Location(segment: "PID", field: 3), text: "PID-3 is required & empty")
    private static let component = Acknowledgment.Problem(
        severity: .warning, code: 102,
        location: Location(segment: "OBX", occurrence: 2, field: 5, repetition: 3, component: 1),
        text: "not a number")
    private static let segment = Acknowledgment.Problem(code: 100, location: Location(segment: "PV1"), text: "no PV1")

    private func answer(
        _ code: Acknowledgment.Code, _ problems: [Acknowledgment.Problem] = [], version: String = "2.5.1",
        header: String? = nil
    ) throws -> String {
        let message = try message(
            header: header ?? #"MSH|^~\&|GHH_ADT^X|GHH|HUB|RIVERSIDE|2024||ADT^A01^ADT_A01|C1|P|"# + version)
        return Message.lines(message.acknowledgment(code, problems: problems, controlID: "W7", time: "20240305"))
    }

    @Test(arguments: [
        ("2.1", "ACK"), ("2.2", "ACK"), ("2.3", "ACK"), ("2.3.1", "ACK^A01^ACK"), ("2.4", "ACK^A01^ACK"),
        ("2.5", "ACK^A01^ACK"),
        ("2.5.1", "ACK^A01^ACK"), ("2.6", "ACK^A01^ACK"), ("2.7", "ACK^A01^ACK"), ("2.8.2", "ACK^A01^ACK"),
    ])
    func `an answer swaps sender and receiver and keeps version and control id`(version: String, type: String) throws {
        #expect(
            try answer(.aa, version: version) == """
                MSH|^~\\&|HUB|RIVERSIDE|GHH_ADT^X|GHH|20240305||\(type)|W7|P|\(version)
                MSA|AA|C1

                """)
    }

    @Test(arguments: ["2.1", "2.2", "2.3", "2.3.1", "2.4"])
    func `up to 2.4 all problems are repetitions of ERR-1 and the first text is MSA-3`(version: String) throws {
        let body = try answer(.ae, [Self.missing, Self.component, Self.segment], version: version).split(
            separator: "\n"
        ).dropFirst()
        #expect(body.first == #"MSA|AE|C1|PID-3 is required \T\ empty"#)
        let problems = [
            "PID^1^3^101&Required field missing&HL70357", "OBX^2^5^102&Data type error&HL70357",
            "PV1^1^^100&Segment sequence error&HL70357",
        ]
        #expect(body.last.map(String.init) == "ERR|" + problems.joined(separator: "~"))
    }

    @Test(arguments: [
        ("2.5", true), ("2.5.1", true), ("2.6", true), ("2.7", false), ("2.7.1", false), ("2.8", false),
        ("2.8.2", false),
    ])
    func `from 2.5 each problem is an ERR, and up to 2.6 the first text is MSA-3`(version: String, hasText: Bool) throws
    {
        let body = try answer(.ar, [Self.missing, Self.component, Self.segment], version: version).split(
            separator: "\n"
        ).dropFirst()
        #expect(
            Array(body) == [
                hasText ? #"MSA|AR|C1|PID-3 is required \T\ empty"# : "MSA|AR|C1",
                #"ERR||PID^1^3|101^Required field missing^HL70357|E||||PID-3 is required \T\ empty"#,
                "ERR||OBX^2^5^3^1|102^Data type error^HL70357|W||||not a number",
                "ERR||PV1^1|100^Segment sequence error^HL70357|E||||no PV1",
            ])
    }

    @Test(arguments: [("2.4", "MSA|AA|C1|not a number\n"), ("2.5", "MSA|AA|C1|not a number\nERR||OBX^2^5^3^1|102^")])
    func `with an acceptance a warning is an ERR only where that has a severity`(version: String, body: String) throws {
        let lines = try answer(.aa, [Self.component], version: version)
        #expect(lines.contains("\n" + body) && lines.contains("ERR|") == (version == "2.5"))
    }

    @Test func `a problem without a place has an empty location`() throws {
        let problem = Acknowledgment.Problem(code: 207, location: nil, text: "not stored, send again")
        #expect(
            try answer(.ar, [problem]).contains("\nERR|||207^Application error^HL70357|E||||not stored, send again\n"))
        #expect(try answer(.ar, [problem], version: "2.3").contains("\nERR|^^^207&Application error&HL70357\n"))
    }

    @Test func `an unknown version is answered in 2.5-1`() throws {
        let lines = try answer(.ar, [Self.segment], version: "3.0")
        #expect(lines.hasPrefix(#"MSH|^~\&|HUB|RIVERSIDE|GHH_ADT^X|GHH|20240305||ACK^A01^ACK|W7|P|2.5.1"#))
        #expect(lines.contains("\nERR||PV1^1|100^"))
    }

    @Test(arguments: [
        ("2.0", "2.5.1"), ("2.5.2", "2.5.1"), ("2.3.2", "2.5.1"), ("2.55", "2.5.1"), ("", "2.5.1"), ("2.9", "2.9"),
        ("2.8.2^USA", "2.8.2^USA"), ("2.7.1", "2.7.1"),
    ])
    func `MSH-12 is repeated only if it is a version`(stated: String, answered: String) throws {
        let lines = try answer(.ar, version: stated)
        #expect(lines.split(separator: "\n").first?.hasSuffix("|P|\(answered)") == true, "\(lines)")
    }

    @Test func `an assumed version shapes the answer to a message that states none`() throws {
        let unstated = try message(header: #"MSH|^~\&|A|B|C|D|2024||ADT^A01|C1|P|"#)
        let header = Acknowledgment.header(answering: unstated, controlID: "W7", time: "2024", assuming: "2.3")
        #expect(Message.lines(header) == "MSH|^~\\&|C|D|A|B|2024||ACK|W7|P|2.3\n")
        let body = Acknowledgment(.ae, problems: [Self.missing]).body(answering: unstated, assuming: "2.3")
        #expect(Message.lines(body).contains("\nERR|PID^1^3^101&"))
        let stated = try message(header: #"MSH|^~\&|A|B|C|D|2024||ADT^A01|C1|P|2.5"#)
        #expect(
            Message.lines(Acknowledgment(.ae, problems: [Self.missing]).body(answering: stated, assuming: "2.3"))
                .contains("\nERR||"))
    }

    @Test func `what the character set lacks becomes a question mark, and nothing else does`() throws {
        let problem = Acknowledgment.Problem(code: 102, location: nil, text: "Zoë – 葉")
        let latin = try message(header: #"MSH|^~\&|A|B|C|D|2024||ADT^A01|C1|P|2.5||||||8859/1"#)
        let answer = Acknowledgment(.ae, problems: [problem]).body(answering: latin)
        #expect(answer.suffix(9).elementsEqual(Array("|Zo".utf8) + [0xEB] + Array(" ? ?\r".utf8)))
        // A set whose bytes are decoded before they are split.
        let header = "MSH|^~\\&|葉|A|B|C|2024||ADT^A01|C1|P|2.5||||||BIG-5\r"
        let big5 = try Message(parsing: try #require(Charset(named: "BIG-5")?.encoded(header)))
        let read = try Message(parsing: big5.acknowledgment(.ae, problems: [problem], controlID: "W", time: ""))
        #expect(read["ERR-8"] == "Zo? – 葉")
        #expect(read["MSH-5"] == "葉")
    }

    @Test func `at most a hundred problems are sent`() throws {
        let problems = [Acknowledgment.Problem](repeating: Self.missing, count: 250)
        #expect(try answer(.ae, problems).split(separator: "\n").count == 102)
        #expect(
            try answer(.ae, problems, version: "2.4").split(separator: "~", omittingEmptySubsequences: true).count
                == 101)
    }

    @Test func `the answer is written with the message's own delimiters`() throws {
        let message = try Fixture.message("adt-a31-custom-delimiters.hl7")
        let problem = Acknowledgment.Problem(code: 101, location: Location(segment: "PID", field: 3), text: "a$b")
        #expect(
            Message.lines(message.acknowledgment(.ae, problems: [problem, problem], controlID: "W7", time: "2024"))
                == """
                MSH$%*!@$HUB$RIVERSIDE$GHH_ADT$GHH$2024$$ACK%A31%ACK$W7$P$2.4
                MSA$AE$F0003$a!F!b
                ERR$PID%1%3%101@Required field missing@HL70357*PID%1%3%101@Required field missing@HL70357

                """)
    }

    @Test(arguments: [
        ("", #"^~\&"#), ("^", #"^~\&"#), ("~", #"~^\&"#), ("^~", #"^~\&"#), (#"^~\"#, #"^~\&"#), (#"^~\&#"#, #"^~\&#"#),
        ("&", #"&^~\"#), (#"A~\&"#, #"^~\&"#), ("^^^^", #"^~\&"#),
        ("~^", #"~^\&"#),
    ])
    func `an answer defines the delimiters that the message left out`(encoding: String, expected: String) throws {
        let lines = try answer(.ae, [Self.missing], header: "MSH|\(encoding)|A|B|C|D|2024||ADT|C1|P|2.5")
        let answer = try Message(parsing: Array(lines.utf8))
        #expect(answer["MSH-2"] == expected)
        #expect(answer["MSA-2"] == "C1")
        #expect(answer["ERR-3.1"] == "101")
        #expect(answer["ERR-8"] == "PID-3 is required & empty")
    }

    @Test func `a control id is repeated byte for byte`() throws {
        let lines = try answer(.aa, header: #"MSH|^~\&|A|B|C|D|2024||ADT^A01|1^2~3&4\F\|P|2.5"#)
        #expect(lines.contains("\n" + #"MSA|AA|1^2~3&4\F\"# + "\n"))
    }

    @Test func `an answer to a declared character set is in that set`() throws {
        let problem = Acknowledgment.Problem(code: 102, location: nil, text: "Zoë – 葉")
        let latin = try Fixture.message("adt-a08-latin1-crlf.hl7").acknowledgment(
            .ae, problems: [problem], controlID: "W", time: "")
        #expect(String(decoding: latin.prefix { $0 != 0x0D }, as: UTF8.self).hasSuffix("|2.3||||||8859/1"))
        #expect(latin.contains(0x3F) && latin.contains(0xEB))
        let header = "MSH|^~\\&|葉|A|B|C|2024||ADT^A01|C1|P|2.5||||||GB 18030-2000\r"
        let gb = try #require(Charset(named: "GB18030")?.encoded(header))
        let answer = try Message(parsing: gb).acknowledgment(.ae, problems: [problem], controlID: "W", time: "")
        let read = try Message(parsing: answer)
        #expect(read["MSH-5"] == "葉")
        #expect(read["ERR-8"] == "Zoë – 葉")
        #expect(read.charset.name == "GB 18030-2000")
    }

    @Test func `an enhanced answer asks for no answer`() throws {
        let message = try message()
        let header = Acknowledgment.header(answering: message, controlID: "W7", time: "2024", isEnhanced: true)
        #expect(try Message(parsing: header)["MSH-15"] == "NE")
        #expect(try Message(parsing: header)["MSH-16"] == "NE")
        #expect(
            try Message(parsing: Acknowledgment.header(answering: message, controlID: "W7", time: "2024"))["MSH-15"]
                == nil)
    }

    @Test func `a segment name that is none cannot break the location`() throws {
        let problem = Acknowledgment.Problem(code: 100, location: Location(segment: "P^|~"), text: "?")
        #expect(try answer(.ae, [problem]).contains(#"ERR||P\S\\F\\R\^1|100^"#))
    }

    @Test func `bytes without a header are answered with an empty MSA-2`() throws {
        let answer = try Message(parsing: Acknowledgment.unreadable(controlID: "W7", time: "2024", text: "no MSH"))
        #expect(answer["MSA-1"] == "AR")
        #expect(answer["MSA-2"] == "")
        #expect(answer["MSH-10"] == "W7")
        #expect(answer["ERR-3.1"] == "100")
    }

    @Test func `a message of a header alone is answered`() throws {
        let answer = try Message(parsing: Array("MSH|".utf8)).acknowledgment(.ar, controlID: "W7", time: "2024")
        #expect(Message.lines(answer) == "MSH|^~\\&|||||2024||ACK|W7||2.5.1\nMSA|AR|\n")
    }

    @Test(arguments: ["2.3", "2.5.1", "2.7"])
    func `no number of warnings hides the error`(version: String) throws {
        let message = try Message(parsing: Array("MSH|^~\\&|A|||||||ADT^A01|1|P|\(version)\r".utf8))
        let warning = Acknowledgment.Problem(
            severity: .warning, code: 104, location: Location(segment: "NK1", field: 2), text: "too long")
        let error = Acknowledgment.Problem(
            code: 101, location: Location(segment: "PV1", field: 2),
            text: "PV1-2 is required and empty, which is said here in many more words than fit into one MSA-3")
        let answer = try Message(
            parsing: message.acknowledgment(
                .ae, problems: Array(repeating: warning, count: 130) + [error], controlID: "2", time: "2026"))
        #expect(answer.bytes.split(separator: 0x0D).contains { String(decoding: $0, as: UTF8.self).contains("101") })
        if version != "2.7" {
            #expect(answer["MSA-3"]?.hasPrefix("PV1-2 is required") == true && answer["MSA-3"]?.count == 80)
        }
    }

    @Test func `only AA and CA accept`() {
        #expect(Acknowledgment.Code.allCases.filter(\.isAccept) == [.aa, .ca])
    }
}

extension Message {
    /// Bytes as text with line breaks between segments.
    fileprivate static func lines(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.map { $0 == 0x0D ? 0x0A : $0 }, as: UTF8.self)
    }
}
