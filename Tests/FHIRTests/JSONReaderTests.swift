import FHIR
import Testing

@Suite struct JSONReaderTests {
    private func read(_ text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        try JSONReader.value(from: Array(text.utf8), limits: limits)
    }

    @Test(
        arguments: [
            ("null", .null), (" true ", true), ("\r\n\tfalse", false), ("\"\"", ""), ("[]", []), ("{}", [:]),
            ("[1,[2],{\"a\":null}]", [1, [2], ["a": nil]]),
            ("{\"b\":1,\"a\":{\"\":[]}}", ["b": 1, "a": ["": []]]),
        ] as [(String, JSONValue)])
    func `a text becomes the value that it writes`(text: String, value: JSONValue) throws {
        #expect(try read(text) == value)
    }

    @Test(arguments: [
        "0", "-0", "1.0", "1.00", "0.10", "1e3", "1E+03", "-12.5e-7", "123456789012345678901234567890.5",
    ])
    func `a number keeps its digits`(text: String) throws {
        let value = try read(text)
        #expect(value.number?.text == text)
        #expect(value.json() == text)
        #expect(try JSONNumber(text).text == text)
    }

    @Test(arguments: [
        (#""\"\\\/""#, "\"\\/"), (#""\b\f\n\r\t""#, "\u{8}\u{c}\n\r\t"), (#""\u00e9\u0041""#, "éA"),
        (#""\uD83D\uDE00x""#, "😀x"), (#""\u0000""#, "\0"), (#""\uFFFF""#, "\u{FFFF}"), ("\"日本 ü\u{7f}\"", "日本 ü\u{7f}"),
        (#""a\u200dB""#, "a\u{200d}B"),
    ])
    func `every escape is decoded`(text: String, expected: String) throws {
        #expect(Array(try #require(try read(text).string).utf8) == Array(expected.utf8))
    }

    @Test(
        arguments: [
            ("", .truncated, 0), ("  ", .truncated, 2), ("[1", .truncated, 2), ("\"a", .truncated, 2),
            ("tru", .truncated, 3), ("trux", .unexpectedCharacter, 3), ("{\"a\":1,}", .unexpectedCharacter, 7),
            ("[1,]", .unexpectedCharacter, 3), ("{a:1}", .unexpectedCharacter, 1),
            ("{\"a\" 1}", .unexpectedCharacter, 5),
            ("[1 2]", .unexpectedCharacter, 3), ("NaN", .unexpectedCharacter, 0), ("'a'", .unexpectedCharacter, 0),
            ("// c\n1", .unexpectedCharacter, 0), ("1 2", .trailingCharacters, 2), ("{}}", .trailingCharacters, 2),
            ("01", .trailingCharacters, 1), ("-", .invalidNumber, 1), ("1.", .invalidNumber, 2),
            ("1e", .invalidNumber, 2),
            (".5", .unexpectedCharacter, 0), ("+1", .unexpectedCharacter, 0), ("-.5", .invalidNumber, 1),
            (#""\x""#, .invalidEscape, 1), (#""\u12G4""#, .invalidEscape, 1), (#""\u12"#, .truncated, 1),
            (#""\uD800""#, .loneSurrogate, 1), (#""\uDC00\uD800""#, .loneSurrogate, 1),
            (#""\uD800\u0041""#, .loneSurrogate, 1),
            ("\"a\nb\"", .controlCharacter, 2), (#"{"a":1,"b":2,"a":3}"#, .duplicateKey, 13),
        ] as [(String, JSONError.Code, Int)])
    func `what is not JSON is refused at its place`(text: String, code: JSONError.Code, offset: Int) {
        #expect(throws: JSONError(code: code, offset: offset)) { try read(text) }
    }

    @Test(arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] as [[UInt8]])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: JSONError(code: .invalidUTF8, offset: 1)) {
            try JSONReader.value(from: [quote] + bytes + [quote])
        }
        #expect(throws: JSONError(code: .invalidUTF8, offset: 1)) {
            try JSONReader.value(from: [quote] + Array("\\n".utf8) + bytes + [quote])
        }
    }

    @Test func `nesting is allowed up to the limit`() throws {
        let limits = JSONLimits(depthMax: 3)
        #expect(try read("[{\"a\":[]}]", limits: limits)[0]?["a"] == [])
        #expect(throws: JSONError(code: .tooDeep, offset: 3)) { try read("[[[[]]]]", limits: limits) }
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(throws: JSONError(code: .tooDeep, offset: 128)) { try read(deep) }
    }

    @Test func `a text longer than the limit is refused`() throws {
        #expect(try read("[1]", limits: JSONLimits(bytesMax: 3)) == [1])
        #expect(throws: JSONError(code: .tooLarge, offset: 3)) { try read("[10]", limits: JSONLimits(bytesMax: 3)) }
    }

    @Test func `a duplicate key is found among many`() throws {
        let keys = (0..<50).map { "\"k\($0)\":\($0)" }
        #expect(try read("{" + keys.joined(separator: ",") + "}").object?.count == 50)
        #expect(throws: JSONError.self) { try read("{" + (keys + ["\"k7\":0"]).joined(separator: ",") + "}") }
    }

    @Test func `a byte order mark is skipped at the start only`() throws {
        #expect(try JSONReader.value(from: [0xEF, 0xBB, 0xBF] + Array("[]".utf8)) == [])
        #expect(throws: JSONError.self) { try read("[\u{FEFF}]") }
    }
}
