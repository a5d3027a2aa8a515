import HL7
import HL7Conformance
import Testing

/// What is found in a message, written as `severity code location rule`.
struct ValidatorCase: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var lines: [String]
    var standard: [String]
    var strict: [String]

    init(_ description: String, _ lines: [String], standard: [String], strict: [String]? = nil) {
        testDescription = description
        self.lines = lines
        self.standard = standard
        self.strict = strict ?? standard
    }

    static func summary(_ findings: [Finding]) -> [String] {
        findings.map { finding in
            "\(finding.severity.rawValue) \(finding.code) \(finding.location.map(String.init(describing:)) ?? "-")"
                + " \(finding.rule.rawValue)"
        }
    }
}

@Suite struct ValidatorTests {
    @Test(arguments: headerCases + fieldCases + valueCases + structureCases)
    func `a message has exactly these findings`(test: ValidatorCase) throws {
        let message = try Samples.message(test.lines)
        #expect(ValidatorCase.summary(Validator(strictness: .standard).findings(in: message)) == test.standard)
        #expect(ValidatorCase.summary(Validator(strictness: .strict).findings(in: message)) == test.strict)
    }

    static let headerCases = [
        ValidatorCase("a sound message", Samples.admission(Samples.patient), standard: []),
        ValidatorCase(
            "processing id of no table",
            [Samples.header(11, "X"), Samples.event, Samples.patient, Samples.visit],
            standard: ["error 202 MSH-11.1 header.processingUnknown"]),
        ValidatorCase(
            "no control id", [Samples.header(10, ""), Samples.event, Samples.patient, Samples.visit],
            standard: ["error 101 MSH-10 header.controlIdMissing"]),
        ValidatorCase(
            "null control id", [Samples.header(10, "\"\""), Samples.event, Samples.patient, Samples.visit],
            standard: ["error 101 MSH-10 header.controlIdMissing"]),
        ValidatorCase(
            "an event that no version has",
            [Samples.header(9, "ADT^A99^ADT_A99"), Samples.event, Samples.patient, Samples.visit],
            standard: ["error 201 MSH-9.2 header.eventUnknown"]),
        ValidatorCase(
            "no event", [Samples.header(9, "ADT"), Samples.event, Samples.patient, Samples.visit],
            standard: ["error 101 MSH-9.2 header.eventMissing"]),
        ValidatorCase(
            "a version newer than those known",
            [Samples.header(12, "2.9"), Samples.event, Samples.patient, Samples.visit],
            standard: ["warning 203 MSH-12.1 header.versionNewer"]),
        ValidatorCase(
            "a type of another version",
            [Samples.header(9, "OUL^R22").replacing("|2.5.1", with: "|2.3"), Samples.patient],
            standard: ["warning 200 MSH-9.1 header.typeOfOtherVersion"],
            strict: ["error 200 MSH-9.1 header.typeOfOtherVersion"]),
        ValidatorCase(
            "a second header", [Samples.header, Samples.event, Samples.patient, Samples.header, Samples.visit],
            standard: ["error 100 MSH[2] message.secondHeader"]),
        ValidatorCase(
            "two equal separators",
            [Samples.header.replacing(#"^~\&"#, with: #"^~^&"#), Samples.event, Samples.patient, Samples.visit],
            standard: ["error 102 MSH-2 header.separators"]),
    ]

    static let fieldCases = [
        ValidatorCase(
            "a required field in a segment that ends early", Samples.admission("PID|1"),
            standard: ["error 101 PID-3 field.required", "error 101 PID-5 field.required"]),
        ValidatorCase(
            "only separators in a required field", Samples.admission(Samples.patient(3, "^^^")),
            standard: ["error 101 PID-3 field.required"]),
        ValidatorCase(
            "a field that must not repeat", Samples.admission(Samples.patient(8, "F~M")),
            standard: ["warning 198 PID-8 field.repetition"], strict: ["error 198 PID-8 field.repetition"]),
        ValidatorCase(
            "the second repetition is bad", Samples.admission(Samples.patient(10, "2106-3~x^^HL70005")),
            standard: ["warning 103 PID-10[2].1 table.user"], strict: ["error 103 PID-10[2].1 table.user"]),
        ValidatorCase(
            "a field that the version does not have", Samples.admission(Samples.patient(60, "x")),
            standard: ["warning 102 PID-60 field.unexpected"], strict: ["error 102 PID-60 field.unexpected"]),
        ValidatorCase(
            "a null in an optional field", Samples.admission(Samples.patient(7, "\"\"")), standard: []),
    ]

    static let valueCases = [
        ValidatorCase(
            "a time stamp deep in a component", Samples.admission(Samples.patient(5, "Vale^Iris^Q^^^^L^^^^^19791301")),
            standard: ["error 102 PID-5.12 value.dateTime"]),
        ValidatorCase(
            "a telephone number that is none", Samples.admission(Samples.patient(13, "^PRN^PH^^one^12^x")),
            standard: ["warning 102 PID-13.5 value.telephone", "warning 102 PID-13.7 value.telephone"],
            strict: ["error 102 PID-13.5 value.telephone", "error 102 PID-13.7 value.telephone"]),
        ValidatorCase(
            "a yes or no that is neither", Samples.admission(Samples.patient(30, "maybe")),
            standard: ["error 103 PID-30 table.enforced", "warning 104 PID-30 field.length"],
            strict: ["error 103 PID-30 table.enforced", "error 104 PID-30 field.length"]),
        ValidatorCase(
            "a line feed and a tabulator in a name", Samples.admission(Samples.patient(5, "Va\tle^Iris")),
            standard: ["warning 102 PID-5.1 value.whitespace"], strict: ["error 102 PID-5.1 value.whitespace"]),
        ValidatorCase(
            "a tabulator in an observation of type FT", Samples.result("OBX|1|FT|A^a^L||a\tb||||||F"), standard: []),
        ValidatorCase(
            "an observation of a type that is none", Samples.result("OBX|1|QQ|A^a^L||7||||||F"),
            standard: ["error 103 OBX-2 observation.typeUnknown"]),
        ValidatorCase(
            "an observation of a type of later versions", Samples.result("OBX|1|SNM|A^a^L||7||||||F"),
            standard: ["warning 103 OBX-2 observation.typeOfOtherVersion"],
            strict: ["warning 103 OBX-2 observation.typeOfOtherVersion"]),
        ValidatorCase(
            "a structured number with words in it", Samples.result("OBX|1|SN|A^a^L||about^ten||||||F"),
            standard: [
                "warning 102 OBX-5.2 value.structuredNumeric", "warning 102 OBX-5.1 value.structuredNumeric",
            ],
            strict: ["error 102 OBX-5.2 value.structuredNumeric", "error 102 OBX-5.1 value.structuredNumeric"]),
        ValidatorCase(
            "the second of two values", Samples.result("OBX|1|NM|A^a^L||7~seven||||||F"),
            standard: ["error 102 OBX-5[2] value.number"]),
        ValidatorCase(
            "an observation without type, value or status", Samples.result("OBX|1||A^a^L"),
            standard: ["error 101 OBX-11 field.required"]),
    ]

    static let structureCases = [
        ValidatorCase(
            "a second patient where there is room for one",
            [Samples.header, Samples.event, Samples.patient, Samples.patient, Samples.visit],
            standard: ["warning 100 PID[2] segment.misplaced", "error 100 PID[2] message.secondPatient"],
            strict: ["error 100 PID[2] segment.misplaced", "error 100 PID[2] message.secondPatient"]),
        ValidatorCase(
            "two patients in a result message",
            [
                Samples.resultHeader, Samples.patient, Samples.order, "OBX|1|NM|A^a^L||7||||||F", Samples.patient,
                Samples.order, "OBX|1|NM|A^a^L||8||||||F",
            ],
            standard: []),
        ValidatorCase(
            "an observation without its order", [Samples.resultHeader, Samples.patient, "OBX|1|NM|A^a^L||7||||||F"],
            standard: ["error 100 OBR segment.missing"]),
        ValidatorCase(
            "an optional segment too late",
            [Samples.header, Samples.event, Samples.patient, Samples.visit, "PD1|S"],
            standard: ["warning 100 PD1 segment.misplaced"], strict: ["error 100 PD1 segment.misplaced"]),
        ValidatorCase(
            "a group without its first segment",
            Samples.admission(Samples.patient) + ["IN2|1"],
            standard: ["warning 100 IN1 segment.groupStartMissing"],
            strict: ["error 100 IN1 segment.groupStartMissing"]),
        ValidatorCase(
            "a segment that no version has", Samples.admission(Samples.patient) + ["QQ9|1"],
            standard: ["warning 100 QQ9 segment.unknown"], strict: ["error 100 QQ9 segment.unknown"]),
        ValidatorCase(
            "local segments anywhere",
            [Samples.header, "ZA1|1", Samples.event, "ZA2|1", Samples.patient, "ZA3|x\ty", Samples.visit, "ZZZ"],
            standard: []),
    ]

    @Test func `a processing id that is not accepted rejects the message`() throws {
        let message = try Samples.message([Samples.header(11, "T"), Samples.event, Samples.patient, Samples.visit])
        let findings = Validator(processingIDs: ["P"]).findings(in: message)
        #expect(ValidatorCase.summary(findings) == ["error 202 MSH-11.1 header.processingNotAccepted"])
        #expect(Verdict(findings) == .reject)
    }

    @Test func `what is assumed for a sender is a warning`() throws {
        var lines = Samples.admission(Samples.patient)
        lines[0] = #"MSH|^~\&|LAB7|NORTH|HUB|HIE|20240305101500||ADT^A01^ADT_A01|T1"#
        let findings = Validator(assumedVersion: .v2_5_1, assumedProcessingID: "P").findings(
            in: try Samples.message(lines))
        #expect(
            ValidatorCase.summary(findings) == [
                "warning 101 MSH-11 header.assumed", "warning 101 MSH-12 header.assumed",
            ])
    }

    @Test func `a rule can be raised, lowered and switched off`() throws {
        let message = try Samples.message(Samples.admission(Samples.patient(8, "f")))
        var validator = Validator()
        #expect(validator.findings(in: message).map(\.severity) == [.warning])
        validator.rules[.userTable] = .error
        #expect(Verdict(validator.findings(in: message)) == .error)
        validator.rules[.userTable] = .off
        #expect(validator.findings(in: message).isEmpty)
    }

    @Test func `lenient reports a missing field as a warning and nothing of what was not expected`() throws {
        let message = try Samples.message(Samples.admission("PID|1||||||||f") + ["OBR|1||7^L|X^x^L"])
        let findings = Validator(strictness: .lenient).findings(in: message)
        #expect(
            ValidatorCase.summary(findings) == ["warning 101 PID-3 field.required", "warning 101 PID-5 field.required"])
    }

    @Test func `no finding quotes what the message says`() throws {
        let secret = "Qzxjw"
        let patient =
            "PID" + (1...45).map { "|\(secret)\($0)^\(secret)^\(secret)&\(secret)~\(secret)\\\(secret)" }.joined()
        let visit = "PV1" + (1...55).map { "|\(secret)\($0)^\(secret)" }.joined()
        let lines = [
            Samples.header(16, secret), Samples.event, patient, visit, "\(secret)|x",
            "OBX|\(secret)|\(secret)|||\(secret)",
        ]
        let findings = Validator(strictness: .strict).findings(in: try Samples.message(lines))
        #expect(findings.count > 100)
        #expect(findings.allSatisfy { !$0.description.contains(secret) })
    }

    @Test func `at most a thousand findings are kept, and an error is never lost to warnings`() throws {
        let lines =
            Samples.admission(Samples.patient(8, String(repeating: "x~", count: 3_000) + "x"))
            + ["NK1|one"]
        let findings = Validator().findings(in: try Samples.message(lines))
        #expect(findings.count == Validator.findingsMax)
        #expect(findings.last?.rule == .tooManyFindings)
        #expect(findings.contains { $0.rule == .sequence && $0.severity == .error })
        #expect(Verdict(findings) == .error)
    }

    @Test(arguments: Rule.allCases)
    func `a rule is no less severe for a stricter judge`(rule: Rule) {
        let severities = [Strictness.lenient, .standard, .strict].map { rule.severity(at: $0) }
        func rank(_ severity: Severity?) -> Int { severity.flatMap { Severity.allCases.firstIndex(of: $0) } ?? -1 }
        #expect(severities.map(rank) == severities.map(rank).sorted())
    }

    @Test func `many repetitions that need decoding take linear time`() throws {
        let head = "MSH|^~\\&|A|B|||2026||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1||1||A\rOBR|1||1|c\rOBX|1|ST|c||x|||"
        let field = Array(repeating: #"\E\\E\\E\\E\\E\\E\"#, count: 40_000).joined(separator: "~")
        // A quadratic walk took 13 seconds, optimised; this takes well under one, and the suite has a limit.
        let message = try Message(parsing: Array((head + field + "\r").utf8))
        #expect(Validator().findings(in: message).contains { $0.location?.field == 8 })
    }

    @Test func `a refused character set is said once`() throws {
        let bytes = Array("MSH|^~\\&|A|B|||2026||ADT^A01^ADT_A01|1|P|2.5.1||||||UNICODE UTF-16\rEVN||2026\r".utf8)
        let errors = Validator().findings(in: try Message(parsing: bytes)).filter {
            $0.code == 102 && $0.severity == .error
        }
        #expect(errors.map { $0.location?.field } == [18])
    }

    @Test(arguments: [9, 11, 12]) func `a null in the header is a missing value`(field: Int) throws {
        var fields = ["MSH", "^~\\&", "A", "B", "", "", "2026", "", "ADT^A01^ADT_A01", "1", "P", "2.5.1"]
        fields[field - 1] = "\"\""
        let message = try Message(parsing: Array((fields.joined(separator: "|") + "\r").utf8))
        let errors = Validator().findings(in: message).filter { $0.severity == .error && $0.location?.segment == "MSH" }
        #expect(errors.first?.code == 101 && errors.first?.location?.field == field)
    }
}
