import HL7
import Testing

@testable import HL7Conformance

@Suite struct ValueFormatsTests {
    static func check(_ text: String, _ format: (UnsafeBufferPointer<UInt8>, Range<Int>) -> Bool) -> Bool {
        Array(text.utf8).withUnsafeBufferPointer { format($0, 0..<$0.count) }
    }

    @Test(arguments: [
        ("20240229", true), ("20230229", false), ("19000229", false), ("20000229", true), ("2024", true),
        ("202413", false),
        ("20240431", false), ("0000", false), ("2024010", false), ("202401011", false), ("2024010112", true),
        ("2024010124", false), ("202401011260", false), ("20240101125959.1234", true), ("20240101125959.", false),
        ("20240101125959.12345", false), ("202401011259.1", false), ("202401011259+0100", true), ("2024+0100", true),
        ("202401011259+01:00", false), ("202401011259+1500", false), ("202401011259+0160", false),
        ("2024010112595", false),
        ("20240101T1259", false), ("", false),
    ])
    func `a time stamp is right or wrong, and Timestamp agrees`(text: String, isRight: Bool) {
        #expect(Self.check(text, TemporalFormat.isDateTime) == isRight)
        #expect(((try? Timestamp(text)) != nil) == isRight)
    }

    @Test(arguments: [
        ("2024", true), ("202402", true), ("20240229", true), ("20240230", false), ("2024022", false),
        ("202402291200", false),
        ("2024-02-29", false),
    ])
    func `a date is right or wrong`(text: String, isRight: Bool) {
        #expect(Self.check(text, TemporalFormat.isDate) == isRight)
    }

    @Test(arguments: [
        ("09", true), ("0915", true), ("091559.1+0100", true), ("9", false), ("2400", false), ("0960", false),
        ("0915.1", false), ("09:15", false),
    ])
    func `a time is right or wrong`(text: String, isRight: Bool) {
        #expect(Self.check(text, TemporalFormat.isTime) == isRight)
    }

    @Test(arguments: [
        ("1", true), ("-0.5", true), ("+12.", true), (".5", true), ("1,200", false), ("1.2.3", false), ("-", false),
        (".", false), ("1e3", false), (" 1", false), ("--1", false),
    ])
    func `a number is right or wrong`(text: String, isRight: Bool) {
        #expect(Self.check(text, NumberFormat.isNumber) == isRight)
    }

    @Test(arguments: [
        ("90210", "M10", "6"), ("12345", "M10", "5"), ("4992739871", "BCV", "6"), ("123456789", "NPI", "3"),
        ("0365327", "M11", "7"), ("12345", "ISO", nil), ("A12", "M10", nil), ("", "M10", nil),
    ])
    func `a check digit follows from identifier and scheme`(identifier: String, scheme: String, digit: String?) {
        let expected = CheckDigit.expected(of: Array(identifier.utf8)[...], scheme: scheme)
        #expect(expected.map { String(decoding: [$0], as: UTF8.self) } == digit)
    }

    @Test(arguments: [
        ("F", true), ("P", true), ("H", true), ("FF", false), ("", false), ("X0D", true), ("X", false), ("X0", false),
        ("XZZ", false), (".br", true), (".sp+3", true), (".xx", false), ("Zlocal", true), ("C2842", true),
        ("M2842", true),
        ("M284242", true), ("Q", false),
    ])
    func `an escape sequence is known or not`(body: String, isKnown: Bool) {
        #expect(EscapeFormat.isKnown(Array(body.utf8)[...]) == isKnown)
    }
}
