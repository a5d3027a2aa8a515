import FHIR
import HL7
import Mapping
import Testing

/// What becomes of values: dates, codes, numbers, texts, systems, nulls.
struct ValueRuleTests {
    /// The element `key` that a PID row makes of PID-5.
    private func element(
        _ row: String, _ key: String, of value: String, zone: (any TimeZoneRule)? = nil
    ) throws -> JSONValue? {
        let files = SampleMaps.patient(
            "- { id: a, from: PID-5, \(row) }",
            tables: [
                "Sex": SampleMaps.sex,
                "CodingSystem": "table: CodingSystem\ncodes: { LN: http://loinc.org }",
                "AssigningAuthority": "table: AssigningAuthority\ncodes: { NPI: http://hl7.org/fhir/sid/us-npi }",
            ])
        return try SampleMaps.patient(files, "PID|1||||\(value)", zone: zone)?[key]
    }

    @Test(arguments: [
        ("1988", "1988"), ("198808", "1988-08"), ("19880818", "1988-08-18"), ("198808181126", "1988-08-18"),
        ("19880818112634.5-0500", "1988-08-18"), ("19880231", nil), ("88", nil), ("18/08/1988", nil),
    ])
    func `a date keeps the precision it has`(value: String, expected: String?) throws {
        #expect(try element("to: birthDate", "birthDate", of: value)?.string == expected)
    }

    @Test(arguments: [
        ("1988", "1988", "1988"), ("19880818", "1988-08-18", "1988-08-18"),
        ("198808181126", "1988-08-18", "1988-08-18T11:26:00-05:00"),
        ("19880818112634", "1988-08-18", "1988-08-18T11:26:34-05:00"),
        ("19880818112634.1234+0130", "1988-08-18T11:26:34.1234+01:30", "1988-08-18T11:26:34.1234+01:30"),
        ("1988081811+0100", "1988-08-18", "1988-08-18"),
    ])
    func `a time of day needs an offset, its own or the sender's, and none is invented`(
        value: String, without: String, with: String
    ) throws {
        let row = "to: deceasedDateTime"
        #expect(try element(row, "deceasedDateTime", of: value)?.string == without)
        #expect(try element(row, "deceasedDateTime", of: value, zone: FixedZone(minutes: -300))?.string == with)
    }

    @Test func `a time that lost its hour is noted with its place`() throws {
        let files = SampleMaps.patient("- { id: a, from: PID-29, to: deceasedDateTime }")
        let loss = try SampleMaps.mapped(files, "PID|" + String(repeating: "|", count: 28) + "202403051015").loss
        #expect(loss.notes.map(\.location.description) == ["PID-29.1"])
        #expect(loss.notes.map(\.text) == ["the time of day is left out: its zone is not known"])
    }

    /// Clocks go back from 02:00 to 01:00 on 2024-11-03.
    private struct Autumn: TimeZoneRule {
        func offsetMinutes(year: Int, month: Int, day: Int, hour: Int, minute: Int) -> Int? {
            let isSummer = (month, day) < (11, 3) || (month, day) == (11, 3) && hour < 2
            return isSummer ? -300 : -360
        }
    }

    @Test(arguments: [
        ("202411030030", "2024-11-03T00:30:00-05:00", false), ("202411030130", "2024-11-03T01:30:00-05:00", true),
        ("202411030130-0600", "2024-11-03T01:30:00-06:00", false), ("202411030200", "2024-11-03T02:00:00-06:00", false),
        ("202411020130", "2024-11-02T01:30:00-05:00", false),
    ])
    func `an hour that comes twice is the first of the two, with a note`(row: (String, String, Bool)) throws {
        let files = SampleMaps.patient("- { id: a, from: PID-29, to: deceasedDateTime }")
        let pid = "PID|" + String(repeating: "|", count: 28) + row.0
        let mapped = try SampleMaps.mapped(files, pid, zone: Autumn())
        #expect(mapped.bundle.resources.first { $0.type == "Patient" }?["deceasedDateTime"]?.string == row.1)
        let notes = mapped.loss.notes.map(\.text)
        #expect(notes == (row.2 ? ["this hour comes twice, since clocks are set back; taken as the first"] : []))
    }

    @Test(arguments: [true, false])
    func `a message without a time that it needs exactly is refused where zones are needed`(isNeeded: Bool) throws {
        let row = "- { id: a, from: PID-29, to: 'extension(https://example.org/at).valueInstant', needed: true }"
        let maps = try ResourceMaps(SampleMaps.patient(row))
        func code(_ time: String, zone: (any TimeZoneRule)? = nil) throws -> MapError.Code? {
            let message = try SampleMaps.message("PID|" + String(repeating: "|", count: 28) + time)
            let options = MappingOptions(timeZone: zone, needsZones: isNeeded)
            do throws(MapError) {
                _ = try Mapper(maps, options: options).map(message, receivedAt: SampleMaps.received)
                return nil
            } catch { return error.code }
        }
        #expect(try code("20240305101500") == (isNeeded ? .timeZoneNeeded : nil))
        #expect(try code("20240305101500+0100") == nil)
        #expect(try code("20240305") == nil)
        #expect(try code("20240305101500", zone: FixedZone(minutes: 0)) == nil)
    }

    @Test(arguments: [("20240305101500", nil), ("20240305101500+0100", "2024-03-05T10:15:00+01:00"), ("20240305", nil)])
    func `an instant that cannot be had is left out`(value: String, expected: String?) throws {
        let extensionRow = "to: 'extension(https://example.org/at).valueInstant'"
        #expect(try element(extensionRow, "extension", of: value)?[0]?["valueInstant"]?.string == expected)
    }

    @Test(arguments: [
        ("5", "5"), ("5.0", "5.0"), ("+5.10", "5.10"), ("-0.5", "-0.5"), (".5", "0.5"), ("007", "7"), ("5.", "5"),
        ("1,200", nil), ("1e5", nil), ("<5", nil), ("-", nil),
    ])
    func `a decimal keeps its digits`(value: String, expected: String?) throws {
        let row = "to: 'extension(https://example.org/n).valueDecimal'"
        #expect(try element(row, "extension", of: value)?[0]?["valueDecimal"]?.number?.text == expected)
    }

    @Test(arguments: [("2", 2), ("02", 2), ("-2", -2), ("2.5", nil), ("x", nil), ("99999999999", nil)])
    func `an integer is one of 32 bits`(value: String, expected: Int?) throws {
        #expect(try element("to: multipleBirthInteger", "multipleBirthInteger", of: value)?.number?.int == expected)
    }

    @Test(arguments: [("Y", true), ("N", false), ("U", nil)])
    func `a boolean is Y or N`(value: String, expected: Bool?) throws {
        #expect(try element("to: deceasedBoolean", "deceasedBoolean", of: value)?.bool == expected)
    }

    @Test(arguments: [("M", "male"), ("F^Female", "female"), ("X", nil), ("male", nil), ("m", nil)])
    func `a code with a required binding comes only from the table`(value: String, expected: String?) throws {
        #expect(try element("to: gender, table: Sex", "gender", of: value)?.string == expected)
    }

    @Test func `a code that the table lacks becomes the row's default`() throws {
        #expect(try element("to: gender, table: Sex, onUnmapped: unknown", "gender", of: "X") == "unknown")
    }

    @Test(arguments: [
        (
            "F",
            #"{"coding":[{"system":"http://hl7.org/fhir/administrative-gender","code":"female","display":"Female"},{"system":"http://terminology.hl7.org/CodeSystem/v2-0001","code":"F"}]}"#
        ),
        ("X^Other^L", #"{"coding":[{"system":"urn:wardline:FAC:L","code":"X","display":"Other"}],"text":"Other"}"#),
        ("X", #"{"coding":[{"code":"X"}]}"#),
        (
            "1-8^Glucose^LN^GLU^Sugar^99LAB",
            #"{"coding":[{"system":"http://loinc.org","code":"1-8","display":"Glucose"},{"system":"urn:wardline:FAC:99LAB","code":"GLU","display":"Sugar"}],"text":"Glucose"}"#
        ),
        (
            "X^^HL70001^^^^^^as written",
            #"{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0001","code":"X"}],"text":"as written"}"#
        ),
        ("X^^2.16.840.1.113883.6.1", #"{"coding":[{"system":"urn:oid:2.16.840.1.113883.6.1","code":"X"}]}"#),
        ("X^^https://example.org/cs", #"{"coding":[{"system":"https://example.org/cs","code":"X"}]}"#),
        ("X^^My Codes", #"{"coding":[{"system":"urn:id:My%20Codes","code":"X"}]}"#),
        ("^no code", #"{"text":"no code"}"#),
    ])
    func `a coded value keeps its original codings beside the table's`(value: String, expected: String) throws {
        let found = try element("to: maritalStatus, as: CodeableConcept, table: Sex", "maritalStatus", of: value)
        #expect(found?.json() == expected)
    }

    @Test(arguments: [
        ("FAC1", "urn:wardline:FAC:FAC1"), ("A B", "urn:wardline:FAC:A%20B"), ("x&1.2.840.1&ISO", "urn:oid:1.2.840.1"),
        ("&5E2C0A1D-8F3B-4D6A-9B71-2F64C0D5931E&UUID", "urn:uuid:5e2c0a1d-8f3b-4d6a-9b71-2f64c0d5931e"),
        ("&https://example.org/mrn&URI", "https://example.org/mrn"), ("NPI", "http://hl7.org/fhir/sid/us-npi"),
        ("&example.org&DNS", "urn:id:example.org"), ("", nil), (#""""#, nil),
    ])
    func `an assigning authority is a URI`(value: String, expected: String?) throws {
        let row = "to: 'identifier[+].system', as: authority"
        let files = SampleMaps.patient(
            "- { id: a, from: PID-3.4, \(row) }",
            tables: ["AssigningAuthority": "table: AssigningAuthority\ncodes: { NPI: http://hl7.org/fhir/sid/us-npi }"])
        let patient = try SampleMaps.patient(files, "PID|||1^^^\(value)")
        #expect(patient?["identifier"]?[0]?["system"]?.string == expected)
    }

    @Test(arguments: [
        ("plain", "plain"), (#"a\T\b\S\c\R\d\E\e\F\f"#, #"a&b^c~d\e|f"#), (#"one\.br\two"#, "one\ntwo"),
        ("  padded  ", "padded"), ("a\u{07}b", "ab"), (#""""#, nil), ("   ", nil), ("first&second^third", "first"),
    ])
    func `a string is unescaped, trimmed and free of control characters, and the null is no text`(
        value: String, expected: String?
    ) throws {
        #expect(try element("to: 'address[+].city'", "address", of: value)?[0]?["city"]?.string == expected)
    }

    @Test func `text keeps the separators inside`() throws {
        #expect(try element("to: 'address[+].text', as: text", "address", of: "a^b&c ")?[0]?["text"] == "a^b&c")
    }

    @Test func `control characters taken out are counted`() throws {
        let files = SampleMaps.patient("- { id: a, from: PID-23, to: 'address[+].city' }")
        let loss = try SampleMaps.mapped(files, "PID|" + String(repeating: "|", count: 22) + "a\u{01}b\u{02}").loss
        #expect(loss.controlCharacters == 2)
    }

    @Test(arguments: [
        ("base64Binary", "QUI=", "QUI="), ("base64Binary", "Q U I =", "QUI="), ("base64Binary", "Q?", nil),
        ("base64Encode", "AB", "QUI="), ("base64Encode", "", nil), ("base64FromHex", "4142", "QUI="),
        ("base64FromHex", "414", nil),
    ])
    func `attachments are base 64`(conversion: String, value: String, expected: String?) throws {
        let row = "to: 'photo[+].data', as: \(conversion)"
        #expect(try element(row, "photo", of: value)?[0]?["data"]?.string == expected)
    }

    @Test func `a conversion that fails gives way to the row's else`() throws {
        let row = "to: multipleBirthInteger, else: { to: multipleBirthBoolean, as: boolean }"
        #expect(try element(row, "multipleBirthBoolean", of: "Y") == true)
        #expect(try element(row, "multipleBirthInteger", of: "3") == 3)
    }

    @Test func `the first row that writes an element wins`() throws {
        let files = SampleMaps.patient(
            """
            - { id: a, from: PID-7, to: birthDate, when: PID-8 = "M" }
            - { id: b, value: "1900", to: birthDate }
            """)
        #expect(try SampleMaps.patient(files, "PID|||||||1988|M")?["birthDate"] == "1988")
        #expect(try SampleMaps.patient(files, "PID|||||||1988|F")?["birthDate"] == "1900")
    }
}
