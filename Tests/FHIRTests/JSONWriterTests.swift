import FHIR
import Testing

@Suite struct JSONWriterTests {
    @Test(arguments: [
        ("\"", #""\"""#), ("\\", #""\\""#), ("\n\r\t\u{8}\u{c}", #""\n\r\t\b\f""#), ("\0\u{1f}", #""\u0000\u001f""#),
        ("/", #""/""#), ("\u{7f}é日😀", "\"\u{7f}é日😀\""), ("", "\"\""), ("ab\"cd\\ef", #""ab\"cd\\ef""#),
        ("a long text without escapes", "\"a long text without escapes\""),
        ("a long text with one \u{1} at byte 22", #""a long text with one \u0001 at byte 22""#),
    ])
    func `only what must be escaped is escaped`(text: String, expected: String) {
        #expect(JSONValue.string(text).json() == expected)
    }

    @Test func `every character below U+0100 survives a round trip at every position`() throws {
        for scalar in (0..<0x100).compactMap(Unicode.Scalar.init) {
            for length in [0, 1, 7, 8, 15, 16] {
                let text =
                    String(repeating: "x", count: length) + String(scalar) + String(repeating: "y", count: length)
                let value: JSONValue = ["k": .string(text), text: nil]
                #expect(try JSONReader.value(from: value.bytes()) == value)
            }
        }
    }

    @Test func `compact text has no white space and keeps the order of members`() {
        let value: JSONValue = ["z": [1, true, nil, "x"], "a": [:], "m": ["n": []]]
        #expect(value.json() == #"{"z":[1,true,null,"x"],"a":{},"m":{"n":[]}}"#)
    }

    @Test func `indented text has one member a line`() {
        let value: JSONValue = ["z": [1, ["a": false]], "e": [], "o": [:]]
        #expect(
            value.json(indented: true) == """
                {
                  "z": [
                    1,
                    {
                      "a": false
                    }
                  ],
                  "e": [],
                  "o": {}
                }
                """)
    }

    @Test func `a value longer than the guessed capacity is written whole`() {
        let value = JSONValue.array(Array(repeating: "0123456789", count: 5_000))
        #expect(JSONWriter.bytes(of: value, capacity: 1).count == 5_000 * 13 + 1)
    }

    @Test(arguments: ["", "1x", "01", "1.", "NaN", "0x1", "1,2", " 1", "+1"])
    func `a number that JSON cannot write cannot be made`(text: String) {
        #expect(throws: JSONError.self) { try JSONNumber(text) }
    }
}
