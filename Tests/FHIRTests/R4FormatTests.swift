import FHIR
import Testing

@Suite struct R4FormatTests {
    @Test(arguments: [
        ("date", ["2020", "2020-02", "2020-02-29", "2000-02-29", "0001-01-01"]),
        ("dateTime", ["1999", "2015-02-07T13:28:17-05:00", "2015-02-07T23:59:60.123Z", "2015-02-07T00:00:00+14:00"]),
        ("instant", ["2015-02-07T13:28:17.239+02:00", "2015-02-07T13:28:17-13:59"]),
        ("time", ["23:59:59", "00:00:60.5"]),
        ("id", ["a", "A-1.b"]), ("code", ["a", "a b", "a\tb", "é"]), ("uri", ["x", "http://a/é", "urn:oid:1"]),
        ("oid", ["urn:oid:1.2.0.40"]), ("uuid", ["urn:uuid:5f0b0d2e-8a48-4f0b-9f6e-d1b8c8e0a111"]),
        ("base64Binary", ["QUJD", "QUI=", "QUJD\nQUJD "]), ("string", [" a ", "a\n\tb", "日本"]), ("markdown", ["# a"]),
    ])
    func `a correct value is accepted`(type: String, texts: [String]) {
        for text in texts { #expect(R4.isValid(text, as: type), "\(text)") }
    }

    @Test(arguments: [
        (
            "date",
            [
                "", "20", "0000", "2020-1", "2020-13", "2020-00", "2020-02-30", "1900-02-29", "2021-04-31", "20200101",
                "2020-01-01T00:00:00Z",
            ]
        ),
        (
            "dateTime",
            [
                "2015-02-07T13:28", "2015-02-07T13:28:17", "2015-02-07T24:00:00Z", "2015-02-07T13:28:61Z",
                "2015-02-07T13:28:17+14:30", "2015-02-30T13:28:17Z", "2015-02-07T", "2015-02-07T13:28:17.Z",
                "2015-02-07 13:28:17Z", "2015-02-07T13:28:17Zx", "2015-02T10:00:00Z",
            ]
        ),
        ("instant", ["2015", "2015-02-07", "2015-02-07T13:28:17"]),
        ("time", ["24:00:00", "12:00", "12:00:00Z", "12:00:00."]),
        ("id", ["", "a_b", "a b", "é", String(repeating: "a", count: 65)]),
        ("code", [" a", "a ", "a  b", "a\u{a0}\u{a0}b", "\u{1}"]),
        ("uri", ["a b", "a\u{2003}b", "\n"]),
        ("oid", ["1.2", "urn:oid:3.1", "urn:oid:1.01", "urn:oid:1", "urn:oid:1."]),
        (
            "uuid",
            [
                "5f0b0d2e-8a48-4f0b-9f6e-d1b8c8e0a111", "urn:uuid:5F0B0D2E-8a48-4f0b-9f6e-d1b8c8e0a111",
                "urn:uuid:5f0b0d2e8a484f0b9f6ed1b8c8e0a1110000",
            ]
        ),
        ("base64Binary", ["QUJ", "QU JD", "QU_D"]), ("string", ["", " ", "\u{2003}\n", "a\u{0}", "é\u{1f}"]),
        ("boolean", ["true"]), ("Patient", ["x"]),
    ])
    func `a value that breaks its type's form is refused`(type: String, texts: [String]) {
        for text in texts { #expect(!R4.isValid(text, as: type), "\(text)") }
    }
}
