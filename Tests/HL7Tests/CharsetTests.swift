import HL7
import Testing

struct CharsetTests {
    /// A message whose PID-3 holds `bytes`.
    private func message(_ declared: String, _ bytes: [UInt8], fallback: Charset? = nil) throws -> Message {
        let header = "MSH|^~\\&|GHH_ADT|GHH|HUB|RIVERSIDE|2024||ADT^A01|1|P|2.5.1||||||\(declared)\rPID|1||"
        return try Message(parsing: Array(header.utf8) + bytes + Array("|next\r".utf8), fallback: fallback)
    }

    @Test(
        arguments: [
            ("UNICODE UTF-8", [0x5A, 0x6F, 0xC3, 0xAB], "Zoë"), ("UTF-8", [0xE2, 0x82, 0xAC], "€"),
            ("8859/1", [0x5A, 0x6F, 0xEB], "Zoë"), ("ISO-8859-1", [0xA4], "¤"), ("8859/15", [0xA4], "€"),
            ("8859/2", [0xB1], "ą"), ("8859/3", [0xB1], "ħ"), ("8859/4", [0xF3], "ķ"), ("8859/5", [0xB0], "А"),
            ("8859/6", [0xC8], "ب"), ("8859/7", [0xC1], "Α"), ("8859/8", [0xF9], "ש"), ("8859/9", [0xFE], "ş"),
            ("windows-1252", [0x80], "€"), ("CP1250", [0x9E], "ž"), ("CP1251", [0xC6], "Ж"), ("CP850", [0x81], "ü"),
            ("GB 18030-2000", [0xC8, 0x7E, 0xDF, 0x7C], "葉遼"), ("BIG-5", [0xA5, 0x5C], "功"),
            ("SHIFT_JIS", [0x83, 0x5C], "ソ"),
            ("KS X 1001", [0xB1, 0xE8], "김"), ("CNS 11643-1992", [0xC4, 0xE3], "中"), ("EUC-JP", [0xBB, 0xB3], "山"),
            ("ISO IR14", [0xD4, 0xCF, 0xC0, 0xDE], "ﾔﾏﾀﾞ"),
            ("~ISO IR87", [0x1B, 0x24, 0x42, 0x3B, 0x33, 0x45, 0x44, 0x1B, 0x28, 0x42], "山田"),
            ("ISO IR87", [0x1B, 0x24, 0x42, 0x21, 0x5C, 0x1B, 0x28, 0x42], "＋"),
            ("~ISO IR87", [0x1B, 0x28, 0x49, 0x54, 0x4F, 0x1B, 0x28, 0x42, 0x41], "ﾔﾏA"),
            ("~ISO IR87~ISO IR159", [0x1B, 0x24, 0x28, 0x44, 0x30, 0x21, 0x1B, 0x28, 0x42], "丂"),
            ("ISO IR14~ISO IR87", [0xD4, 0x1B, 0x24, 0x42, 0x3B, 0x33, 0x1B, 0x28, 0x4A, 0xCF], "ﾔ山ﾏ"),
            ("UNICODE UTF-8~ISO IR87", [0xC3, 0xAB, 0x1B, 0x24, 0x42, 0x3B, 0x33, 0x1B, 0x28, 0x42], "ë山"),
            ("8859/1~ISO IR87", [0xEB], "ë"), ("UNICODE UTF-8~ISO IR87", [0xC3, 0xAB], "ë"),
            ("ASCII~ISO IR6~ISO IR87", [0x1B, 0x24, 0x42, 0x3B, 0x33, 0x1B, 0x28, 0x42], "山"),
        ] as [(String, [UInt8], String)])
    func `MSH-18 says how bytes read`(declared: String, bytes: [UInt8], text: String) throws {
        let message = try message(declared, bytes)
        #expect(message["PID-3"] == text)
        #expect(message["PID-4"] == "next")
        #expect(message.charsetOrigin == .declared)
        #expect(message.firstUndecodableOffset == nil)
        #expect(Array(message.bytes[(message.bytes.count - 6 - bytes.count)...].prefix(bytes.count)) == bytes)
    }

    @Test(arguments: [
        ("ASCII", ["ISO IR6", "us-ascii", "ISO_IR 6"]),
        ("UNICODE UTF-8", ["UTF-8", "utf8", "UNICODE", "Unicode UTF8"]),
        ("8859/1", ["ISO-8859-1", "ISO8859/1", "iso_8859-1", "8859-1", "ISO IR100", "ISO_IR 100", "Latin-1"]),
        ("8859/2", ["ISO-8859-2", "ISO 8859/2", "ISO IR101"]), ("8859/5", ["ISO IR144", "ISO-8859-5"]),
        ("8859/7", ["ISO IR126"]), ("8859/15", ["ISO-8859-15", "ISO8859-15", "LATIN-9"]),
        ("windows-1252", ["CP1252", "WINDOWS-1252", "Windows1252", "ANSI"]),
        ("windows-1250", ["CP1250", "windows-1250"]),
        ("GB 18030-2000", ["GB18030", "GB 18030", "GBK", "gb2312"]), ("BIG-5", ["BIG5", "Big5"]),
        ("KS X 1001", ["KSC5601", "EUC-KR", "KS X1001"]), ("CNS 11643-1992", ["EUC-TW"]),
        ("ISO IR14", ["ISO IR13", "JIS X 0201"]), ("ISO IR159", ["ISO 2022 IR 159"]),
        ("ISO IR87", ["ISO 2022 IR 87", "ISO-2022-JP", "JAS2020", "JIS X 0202", "ISO_2022_IR_87"]),
        ("SHIFT_JIS", ["Shift-JIS", "SJIS", "MS932"]), ("UNICODE UTF-16", ["UTF-16", "utf-16le", "UCS-2"]),
        ("UNICODE UTF-32", ["UTF-32", "UCS-4"]),
    ])
    func `a set is known by its spellings`(name: String, spellings: [String]) throws {
        for spelling in spellings + [name] { #expect(Charset(named: spelling)?.name == name, "\(spelling)") }
    }

    @Test(arguments: ["", "KLINGON", "8859/10", "8859/", "UTF", "1", String(repeating: "A", count: 100)])
    func `other names are not known`(name: String) { #expect(Charset(named: name) == nil) }

    @Test func `a broken character of two bytes takes nothing with it, and its offset is that of the received byte`()
        throws
    {
        let bytes: [UInt8] = [0xC8, 0x7E, 0xFF, 0x41]
        let message = try message("GB 18030-2000", bytes)
        #expect(message["PID-3"] == "葉\u{FFFD}A")
        #expect(message["PID-4"] == "next")
        #expect(message.firstUndecodableOffset == message.bytes.count - 6 - bytes.count + 2)
        #expect(message.bytes.suffix(10).starts(with: bytes))
        let field = try #require(message.segment("PID")?.field(3))
        #expect(message.firstUndecodableOffset(in: field.range) == message.firstUndecodableOffset)
        #expect(try message.firstUndecodableOffset(in: #require(message.segment("PID")?.field(4)).range) == nil)
    }

    @Test func `a shift to kanji that is not undone ends with its segment`() throws {
        let bytes: [UInt8] =
            Array("MSH|^~\\&|A|||||||||2.5||||||~ISO IR87\rPID|1||".utf8) + [0x1B, 0x24, 0x42, 0x3B, 0x33]
        let message = try Message(parsing: bytes + Array("\rPV1|1|I\r".utf8))
        #expect(message["PID-3"] == "山")
        #expect(message["PV1-2"] == "I")
    }

    @Test func `an offset stays right where continuations were joined behind decoding`() throws {
        let head = Array("MSH|^~\\&|A|||||||||2.5||||||GB18030\rPID|1||7|".utf8)
        let bytes = head + Array("\rADD|8|".utf8) + [0xFF] + Array("\rPV1|1\r".utf8)
        let message = try Message(parsing: bytes)
        #expect(message["PID-4"] == "8")
        #expect(message["PID-5"] == "\u{FFFD}")
        #expect(message.firstUndecodableOffset == head.count + 7)
        let field = try #require(message.segment("PID")?.field(5))
        #expect(message.firstUndecodableOffset(in: field.range) == head.count + 7)
    }

    @Test(arguments: ["GB18030", "BIG-5", "ISO IR87", "SJIS"])
    func `an ASCII message needs no decoding in any set`(declared: String) throws {
        let message = try message(declared, Array("7^Vale".utf8))
        #expect(message["PID-3.2"] == "Vale")
        #expect(message.indexedBytes == message.bytes)
        #expect(message.charset == Charset(named: declared))
    }

    @Test func `bytes that equal delimiters inside a character do not split it`() throws {
        let message = try Fixture.message("adt-a04-gb18030.hl7")
        #expect(message["PID-5.1"] == "葉")
        #expect(message["PID-5.2"] == "遼")
        #expect(message["PID-7"] == "19790214")
        #expect(message.charset.name == "GB 18030-2000")
    }

    @Test func `without MSH-18 bytes are UTF-8 if they can be, and windows-1252 if not`() throws {
        let utf8 = try message("", Array("Zoë".utf8))
        #expect(utf8["PID-3"] == "Zoë")
        #expect(utf8.charsetOrigin == .guessedUTF8)
        let windows = try message("", [0x4F, 0x92, 0x4E])
        #expect(windows["PID-3"] == "O’N")
        #expect(windows.charsetOrigin == .fallback)
        #expect(windows.charset == .windows1252)
        let ascii = try message("", Array("Vale".utf8))
        #expect(ascii.charset == .ascii)
        #expect(ascii.charsetOrigin == .declared)
    }

    @Test func `without MSH-18 the sender's configured set decides`() throws {
        let message = try message("", Array("Zoë".utf8), fallback: .latin1)
        #expect(message["PID-3"] == "ZoÃ«")
        #expect(message.charset == .latin1)
        #expect(message.charsetOrigin == .configured)
        #expect(try self.message("8859/15", [0xA4], fallback: .latin1)["PID-3"] == "€")
    }

    @Test func `a name that is not known is reported and judged as silence`() throws {
        let message = try message("KLINGON", Array("Zoë".utf8))
        #expect(message.charsetOrigin == .unknownName)
        #expect(message["PID-3"] == "Zoë")
        #expect(try self.message("KLINGON", [0x41]).charsetOrigin == .unknownName)
    }

    @Test func `bytes over 0x7F in a message that says ASCII are judged as silence`() throws {
        #expect(try message("ASCII", Array("Zoë".utf8))["PID-3"] == "Zoë")
        #expect(try message("ASCII", [0x92])["PID-3"] == "’")
    }

    @Test(
        arguments: [
            ("UNICODE UTF-8", [0x41, 0xFF, 0x42], 1), ("UNICODE UTF-8", [0x41, 0xED, 0xA0, 0x80], 1),
            ("UNICODE UTF-8", [0xC3], 0),
            ("windows-1252", [0x41, 0x42, 0x81], 2), ("GB 18030-2000", [0x41, 0xFF], 1), ("8859/7", [0x41, 0xFF], 1),
        ] as [(String, [UInt8], Int)])
    func `the first byte that the character set does not have is found`(declared: String, bytes: [UInt8], at: Int)
        throws
    {
        let message = try message(declared, bytes)
        let start = message.bytes.count - "|next\r".utf8.count - bytes.count
        #expect(message.firstUndecodableOffset == start + at)
        #expect(message["PID-3"]?.contains("\u{FFFD}") == true)
        #expect(message["PID-4"] == "next")
    }

    @Test func `UTF-16 and UTF-32 are refused`() throws {
        for name in ["UNICODE UTF-16", "UTF-16", "UNICODE UTF-32"] {
            #expect(try #require(Charset(named: name)).isRefused)
        }
        #expect(try message("UNICODE UTF-16", [0x41]).firstUndecodableOffset == 0)
    }

    @Test func `a text is encoded, or refused if the set lacks a character`() {
        #expect(Charset.latin1.encoded("Zoë") == [0x5A, 0x6F, 0xEB])
        #expect(Charset.latin1.encoded("€") == nil)
        #expect(Charset.windows1252.encoded("€") == [0x80])
        #expect(Charset.ascii.encoded("ë") == nil)
        #expect(Charset(named: "ISO IR87")?.encoded("山a") == [0x1B, 0x24, 0x42, 0x3B, 0x33, 0x1B, 0x28, 0x42, 0x61])
        #expect(Charset(named: "ISO IR87")?.encoded("ﾔA") == [0x1B, 0x28, 0x49, 0x54, 0x1B, 0x28, 0x42, 0x41])
        #expect(Charset(named: "8859/2")?.encoded("ąa") == [0xB1, 0x61])
        #expect(Charset(named: "8859/2")?.encoded("€") == nil)
        #expect(Charset(named: "BIG-5")?.encoded("😀") == nil)
        #expect(Charset(named: "GB18030")?.encoded(String(repeating: "葉", count: 5000))?.count == 10_000)
    }

    @Test(
        arguments: [
            ("", nil, "UTF-8"), ("", "GB 18030-2000", "GB"), ("~8859/5", nil, "8859/5"),
            ("ASCII~8859/5", nil, "8859/5"),
        ] as [(String, String?, String)])
    func `a set that is not declared first is chosen by the bytes and by what is named later`(
        declared: String, fallback: String?, expected: String
    ) throws {
        let isCyrillic = declared.contains("8859/5")
        let name: [UInt8] = isCyrillic ? [0xB8, 0xD2, 0xD0, 0xDD] : Array("Zoë".utf8)
        let bytes = Array("MSH|^~\\&|A|||||||||2.5||||||\(declared)\rPID|1||||".utf8) + name + [0x0D]
        let message = try Message(parsing: bytes, fallback: fallback.flatMap { Charset(named: $0) })
        #expect(message.charset.name.contains(expected))
        if expected == "UTF-8" { #expect(message["PID-5"] == "Zoë") }
        if isCyrillic { #expect(message["PID-5"] == "Иван") }
    }

    @Test func `hexadecimal escapes are bytes of the set in which the message came`() throws {
        for rest in [[UInt8](), [0xD6, 0xD0]] {
            let bytes =
                Array("MSH|^~\\&|A|||||||||2.5||||||GB 18030-2000\rPID|1||||\\XD6D0\\|".utf8) + rest + [0x0D]
            #expect(try Message(parsing: bytes)["PID-5"] == "中")
        }
    }

    @Test func `a byte order mark wins over the sender's configured set`() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array("MSH|^~\\&|A|||||||||2.5\rPID|1||||Zoë\r".utf8)
        #expect(try Message(parsing: bytes, fallback: .windows1252)["PID-5"] == "Zoë")
    }
}
