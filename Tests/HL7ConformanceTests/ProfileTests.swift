import HL7
import HL7Conformance
import Testing

/// What a profile finds in a message of an invented patient.
struct ProfileCase: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var profile: ProfileSource
    var lines: [String]
    /// `severity code location rule`, of all rules.
    var findings: [String]

    init(
        _ description: String, _ elements: [ProfileSource.Element], _ lines: [String], is findings: [String],
        _ change: (inout ProfileSource) -> Void = { _ in }
    ) {
        testDescription = description
        profile = ProfileSource(name: "north", version: .v2_5_1)
        profile.messages = [ProfileSource.Message("ADT^A01"), ProfileSource.Message("ORU^R01")]
        profile.elements = elements
        change(&profile)
        self.lines = lines
        self.findings = findings
    }
}

private typealias Element = ProfileSource.Element

extension ProfileUsage {
    static let r = ProfileUsage(.required)
    static let re = ProfileUsage(.requiredOrEmpty)
    static let o = ProfileUsage(.optional)
    static let x = ProfileUsage(.notAllowed)
    static let cRX = ProfileUsage(.required, otherwise: .notAllowed)
    static let cRO = ProfileUsage(.required, otherwise: .optional)
}

private func condition(_ text: String) -> Condition {
    do {
        return try Condition(text)
    } catch {
        fatalError("\(text): \(error)")
    }
}

private func admission(_ field: Int, _ value: String) -> [String] { Samples.admission(Samples.patient(field, value)) }

@Suite struct ProfileTests {
    @Test(arguments: allCases)
    func `a profile has exactly these findings`(test: ProfileCase) throws {
        let validator = Validator(profile: try Profile(test.profile))
        let findings = validator.findings(in: try Samples.message(test.lines))
        #expect(ValidatorCase.summary(findings) == test.findings)
        // A field of a patient is never quoted.
        for finding in findings {
            for word in ["Vale", "Iris", "90210", "19790214"] { #expect(!finding.text.contains(word)) }
        }
    }

    static let allCases: [ProfileCase] = [
        usageCases, countCases, valueCases, replacementCases, contextCases, localCases, otherCases,
    ].flatMap(\.self)

    static let usageCases: [ProfileCase] = [
        ProfileCase(
            "R that is valued", [Element("PID-5", usage: .r), Element("PID-5.1", usage: .r)],
            Samples.admission(Samples.patient), is: []),
        ProfileCase(
            "R that is empty", [Element("PID-11", usage: .r)], Samples.admission(Samples.patient),
            is: ["error 101 PID-11 profile.required"]),
        ProfileCase(
            "R beyond the last field", [Element("PID-30", usage: .r)], Samples.admission(Samples.patient),
            is: ["error 101 PID-30 profile.required"]),
        ProfileCase(
            "R with separators only", [Element("PID-11", usage: .r)], admission(11, "^^&~^"),
            is: ["error 101 PID-11 profile.required"]),
        ProfileCase(
            "R that is null", [Element("PID-7", usage: .r)], admission(7, "\"\""),
            is: ["error 101 PID-7 profile.required"]),
        ProfileCase("RE that is empty", [Element("PID-11", usage: .re)], Samples.admission(Samples.patient), is: []),
        ProfileCase(
            "X that is empty", [Element("PID-19", usage: .x)], Samples.admission(Samples.patient), is: []),
        ProfileCase(
            "X that is valued", [Element("PID-19", usage: .x)], admission(19, "123"),
            is: ["error 207 PID-19 profile.notAllowed"]),
        ProfileCase(
            "X that is null", [Element("PID-19", usage: .x)], admission(19, "\"\""),
            is: ["error 207 PID-19 profile.notAllowed"]),
        ProfileCase(
            "a component R, in each repetition that is valued",
            [Element("PID-3.4", usage: .r), Element("PID-3.5", usage: .r)], admission(3, "1^^^A^MR~~2^^^B~3"),
            is: [
                "error 101 PID-3[3].5 profile.required", "error 101 PID-3[4].4 profile.required",
                "error 101 PID-3[4].5 profile.required",
            ]),
        ProfileCase(
            "a component R of a field that is empty", [Element("PID-11.3", usage: .r)],
            Samples.admission(Samples.patient), is: []),
        ProfileCase(
            "a sub-component R",
            [Element("PID-3.4.1", usage: .r), Element("PID-3.4.2", usage: .r), Element("PID-3.4.3", usage: .x)],
            admission(3, "1^^^A&1.2&ISO^MR~2^^^&1.2^MR~3"),
            is: [
                "error 207 PID-3.4.3 profile.notAllowed", "error 101 PID-3[2].4.1 profile.required",
            ]),
        ProfileCase(
            "C whose condition holds", [Element("PV1-44", usage: .cRX, when: condition("PV1-2 = \"I\""))],
            Samples.admission(Samples.patient), is: ["error 101 PV1-44 profile.required"]),
        ProfileCase(
            "C whose condition does not hold", [Element("PV1-3", usage: .cRX, when: condition("PV1-2 = \"O\""))],
            Samples.admission(Samples.patient), is: ["error 207 PV1-3 profile.notAllowed"]),
        ProfileCase(
            "C(O/X) whose condition holds",
            [
                Element(
                    "PV1-3", usage: ProfileUsage(.optional, otherwise: .notAllowed), when: condition("PV1-2 = \"I\""))
            ],
            Samples.admission(Samples.patient), is: []),
        ProfileCase(
            "a condition about the same repetition",
            [Element("PID-3.4", usage: .cRO, when: condition("PID-3.5 = \"MR\""))], admission(3, "1^^^^PI~2^^^^MR"),
            is: ["error 101 PID-3[2].4 profile.required"]),
    ]

    static let countCases: [ProfileCase] = [
        ProfileCase(
            "too many repetitions", [Element("PID-3", cardinality: Cardinality(1, 2))], admission(3, "1~2~3"),
            is: ["error 198 PID-3 profile.cardinality"]),
        ProfileCase(
            "too few repetitions", [Element("PID-3", cardinality: Cardinality(2, nil))], admission(3, "1"),
            is: ["error 198 PID-3 profile.cardinality"]),
        ProfileCase(
            "a minimum means R", [Element("PID-11", cardinality: Cardinality(1, 2))],
            Samples.admission(Samples.patient),
            is: ["error 101 PID-11 profile.required"]),
        ProfileCase(
            "a segment R", [Element("PV2", usage: .r)], Samples.admission(Samples.patient),
            is: ["error 100 PV2 profile.segment"]),
        ProfileCase(
            "a segment X", [Element("PV1", usage: .x)], Samples.admission(Samples.patient),
            is: ["error 100 PV1 profile.segment"]),
        ProfileCase(
            "a segment C", [Element("PV2", usage: .cRX, when: condition("PV1-2 = \"I\""))],
            Samples.admission(Samples.patient), is: ["error 100 PV2 profile.segment"]),
        ProfileCase(
            "too many segments", [Element("NK1", cardinality: Cardinality(0, 1))],
            [Samples.header, Samples.event, Samples.patient, "NK1|1|A", "NK1|2|B", "NK1|3|C", Samples.visit],
            is: ["error 100 NK1[2] profile.segment"]),
        ProfileCase(
            "too few segments", [Element("NK1", cardinality: Cardinality(2, nil))],
            [Samples.header, Samples.event, Samples.patient, "NK1|1|A", Samples.visit],
            is: ["error 100 NK1[2] profile.segment"]),
        ProfileCase(
            "a segment that the structure has in several places is counted in the message",
            [Element("ROL", cardinality: Cardinality(1, 1))], Samples.admission(Samples.patient),
            is: ["error 100 ROL profile.segment"]),
        ProfileCase(
            "a group R, in each group around it",
            [Element("SPECIMEN", usage: .r), Element("OBSERVATION", cardinality: Cardinality(1, 1))],
            [
                Samples.resultHeader, Samples.patient, Samples.order, "OBX|1|NM|1^a^L||1||||||F", "SPM|1|||BLD",
                "OBR|2||2^L|X^x^L|||20240305", "OBX|1|NM|1^a^L||1||||||F", "OBX|2|NM|1^a^L||1||||||F",
            ],
            is: [
                "error 100 OBX[3] profile.segment", "error 100 SPM[2] profile.segment",
            ]),
        ProfileCase(
            "a segment of one group", [Element("SPECIMEN.OBX", usage: .x)],
            [
                Samples.resultHeader, Samples.patient, Samples.order, "OBX|1|NM|1^a^L||1||||||F", "SPM|1|||BLD",
                "OBX|1|NM|1^a^L||1||||||F",
            ],
            is: ["error 100 OBX[2] profile.segment"]),
    ]

    static let valueCases: [ProfileCase] = [
        ProfileCase(
            "a constant", [Element("MSH-9.3", constant: "ADT_A01"), Element("PV1-2", constant: "O")],
            Samples.admission(Samples.patient), is: ["error 103 PV1-2 profile.value"]),
        ProfileCase(
            "MSH-1 and MSH-2 are whole",
            [
                Element("MSH-1", constant: "|"), Element("MSH-2", constant: #"^~\&#"#),
                Element("MSH-2", length: Cardinality(4, 4)),
            ],
            Samples.admission(Samples.patient), is: ["error 103 MSH-2 profile.value"]),
        ProfileCase(
            "a value set", [Element("PID-8", values: "sex"), Element("PV1-2", values: "sex")],
            Samples.admission(Samples.patient), is: ["error 103 PV1-2 profile.value"]
        ) { $0.valueSets = [ProfileSource.ValueSet("sex", ["F", "M"])] },
        ProfileCase(
            "a table of the version", [Element("PID-8", values: "HL70001"), Element("PV1-2", values: "HL70004")],
            admission(8, "f"), is: ["error 103 PID-8 profile.value"]),
        ProfileCase(
            "an escaped code", [Element("PV1-10", values: "wards")],
            [Samples.header, Samples.event, Samples.patient, #"PV1|1|I||||||||A\T\E"#], is: []
        ) { $0.valueSets = [ProfileSource.ValueSet("wards", ["A&E"])] },
        ProfileCase(
            "a coded element: the first or the second triplet", [Element("OBX-3", values: "tests")],
            [
                Samples.resultHeader, Samples.patient, Samples.order, "OBX|1|NM|718-7^Hb^LN||1||||||F",
                "OBX|2|NM|HB^Hb^L^718-7^Hb^LN||1||||||F", "OBX|3|NM|718-7^Hb^L||1||||||F", "OBX|4|NM|1^x^LN||1||||||F",
            ],
            is: ["error 103 OBX[3]-3.1 profile.value", "error 103 OBX[4]-3.1 profile.value"]
        ) { $0.valueSets = [ProfileSource.ValueSet("tests", ["718-7"], system: "LN")] },
        ProfileCase(
            "length", [Element("PID-5.1", length: Cardinality(1, 3)), Element("PID-5.2", length: Cardinality(5, 20))],
            Samples.admission(Samples.patient),
            is: ["error 104 PID-5.1 profile.length", "error 104 PID-5.2 profile.length"]),
        ProfileCase(
            "length in characters, not bytes", [Element("PID-5.1", length: Cardinality(3, 4))],
            Samples.admission(Samples.patient(5, #"V\T\e"#)) + [], is: []),
        ProfileCase(
            "conformance length is a warning", [Element("PID-5.1", conformanceLength: 3)],
            Samples.admission(Samples.patient), is: ["warning 104 PID-5.1 profile.conformanceLength"]),
        ProfileCase(
            "what an observation asks for", [],
            [
                Samples.resultHeader, Samples.patient, Samples.order, "OBX|1|NM|718-7^Hb^LN||14|g/dL|||||F",
                "OBX|2|ST|718-7^Hb^LN||14|g/dL|||||F", "OBX|3|NM|718-7^Hb^LN||14|mg|||||F",
                "OBX|4|CE|882-1^ABO^LN||A^A^L~Q^Q^L||||||F", "OBX|5|NM|1-1^x^LN||14|mg|||||F",
            ],
            is: [
                "error 102 OBX[2]-2 profile.type", "error 103 OBX[3]-6.1 profile.value",
                "error 103 OBX[4]-5[2] profile.value",
            ]
        ) {
            $0.valueSets = [ProfileSource.ValueSet("groups", ["A", "B", "AB", "O"])]
            $0.observations = [
                ProfileSource.Observation("718-7", types: ["NM"], units: ["g/dL", "g/L"]),
                ProfileSource.Observation("882-1", types: ["CE", "CWE"], values: "groups"),
            ]
        },
    ]

    static let replacementCases: [ProfileCase] = [
        ProfileCase(
            "a field that the version requires and the profile does not", [Element("PID-3", usage: .o)],
            admission(3, ""), is: []),
        ProfileCase(
            "the version's length", [Element("PID-19", length: Cardinality(1, 40))],
            admission(19, "12345678901234567890"),
            is: []),
        ProfileCase(
            "the version's maximum", [Element("PID-8", cardinality: Cardinality(0, 3))], admission(8, "F~M"), is: []),
        ProfileCase(
            "the version's table", [Element("PID-8", values: "sex")], admission(8, "f"), is: []
        ) { $0.valueSets = [ProfileSource.ValueSet("sex", ["f", "m"])] },
        ProfileCase(
            "one aspect leaves the others", [Element("PID-8", length: Cardinality(1, 9))], admission(8, "f"),
            is: ["warning 103 PID-8 table.user"]),
        ProfileCase(
            "a segment that the version requires", [Element("PV1", usage: .o), Element("EVN", usage: .o)],
            [Samples.header, Samples.patient], is: []),
        ProfileCase(
            "a segment that the structure does not have", [Element("NTE", cardinality: Cardinality(0, 1))],
            Samples.admission(Samples.patient) + ["NTE|1||a", "NTE|2||b"], is: ["error 100 NTE[2] profile.segment"]),
        ProfileCase(
            "the structure that the profile gives", [],
            [Samples.header(9, "ADT^A01^ADT_A05"), Samples.event, Samples.patient, Samples.visit, "PDA"],
            is: ["warning 100 PDA segment.unexpected"]
        ) { $0.messages = [ProfileSource.Message("ADT^A01", structure: "ADT_A05")] },
        ProfileCase(
            "another than the structure that the profile gives", [], Samples.admission(Samples.patient),
            is: ["error 103 MSH-9.3 profile.value"]
        ) { $0.messages = [ProfileSource.Message("ADT^A01", structure: "ADT_A05")] },
    ]

    static let contextCases: [ProfileCase] = [
        ProfileCase(
            "an element in one group only", [Element("SPECIMEN.OBX-6", usage: .r), Element("OBX-8", usage: .x)],
            [
                Samples.resultHeader, Samples.patient, Samples.order, "OBX|1|NM|1^a^L||1||||||F", "SPM|1|||BLD",
                "OBX|1|NM|1^a^L||1|||H|||F",
            ],
            is: ["error 101 OBX[2]-6 profile.required", "error 207 OBX[2]-8 profile.notAllowed"]),
        ProfileCase(
            "a condition about the segment nearby, not the first of the message",
            [Element("OBX-14", usage: .cRO, when: condition("OBR-25 = \"F\" and SPM valued"))],
            [
                Samples.resultHeader, Samples.patient, "OBR|1||1^L|X^x^L|||20240305||||||||||||||||||P",
                "OBX|1|NM|1^a^L||1||||||F", "OBR|2||2^L|X^x^L|||20240305||||||||||||||||||F",
                "OBX|1|NM|1^a^L||1||||||F", "SPM|1|||BLD", "OBR|3||2^L|X^x^L|||20240305||||||||||||||||||F",
                "OBX|1|NM|1^a^L||1||||||F",
            ],
            is: ["error 101 OBX[2]-14 profile.required"]),
        ProfileCase(
            "an element of one message only", [], Samples.admission(Samples.patient),
            is: ["error 101 PID-18 profile.required"]
        ) {
            $0.messages = [
                ProfileSource.Message("ADT^A01", elements: [Element("PID-18", usage: .r)]),
                ProfileSource.Message("ADT^A03", elements: [Element("PID-19", usage: .r)]),
            ]
        },
        ProfileCase(
            "a message's element over the profile's", [Element("PID-18", usage: .x, length: Cardinality(2, 9))],
            admission(18, "1"), is: ["error 104 PID-18 profile.length"]
        ) { $0.messages = [ProfileSource.Message("ADT^A01", elements: [Element("PID-18", usage: .r)])] },
    ]

    static let localCases: [ProfileCase] = [
        ProfileCase(
            "a Z segment is checked like others",
            [
                Element("ZPI", name: "Pharmacy", usage: .r), Element("ZPI-1", type: "SI", usage: .r),
                Element("ZPI-3", name: "Since", type: "DT", usage: .re), Element("ZPI-4", type: "CX"),
                Element("ZPI-4.5", usage: .r),
            ],
            Samples.admission(Samples.patient) + ["ZPI|x|anything^at all|20241340|1^^^A~2^^^B^MR|more"],
            is: [
                "error 102 ZPI-1 value.sequence", "error 102 ZPI-3 value.date",
                "error 101 ZPI-4.5 profile.required", "warning 102 ZPI-5 profile.unexpected",
            ]),
        ProfileCase(
            "a Z segment that is missing", [Element("ZPI", usage: .r), Element("ZPI-1", type: "SI")],
            Samples.admission(Samples.patient), is: ["error 100 ZPI profile.segment"]),
        ProfileCase(
            "a field that a later version has", [Element("PID-40", name: "Telephone", type: "XTN", usage: .r)],
            Samples.admission(Samples.patient), is: ["error 101 PID-40 profile.required"]),
        ProfileCase(
            "another data type", [Element("PID-23", type: "NM")], admission(23, "Paris"),
            is: ["error 102 PID-23 value.number"]),
    ]

    static let otherCases: [ProfileCase] = [
        ProfileCase(
            "a message that is none of the profile's", [Element("PID-40", type: "ST", usage: .r)],
            [Samples.header(9, "ADT^A04^ADT_A01"), Samples.event, Samples.patient, Samples.visit],
            is: ["error 200 MSH-9 profile.message"]),
        ProfileCase(
            "another version", [Element("PID-18", usage: .r)],
            [Samples.header(12, "2.6"), Samples.event, Samples.patient, Samples.visit],
            is: ["error 203 MSH-12.1 profile.version", "error 101 PID-18 profile.required"]),
        ProfileCase(
            "a constraint on the message", [], Samples.admission(Samples.patient),
            is: ["error 207 PV1-44 profile.constraint"]
        ) {
            $0.constraints = [
                ProfileSource.Constraint(
                    "time", when: condition("PV1-2 = \"I\""), require: condition("PV1-44 valued"), text: "No time"),
                ProfileSource.Constraint(
                    "other", when: condition("PV1-2 = \"O\""), require: condition("PV1-45 valued"), text: "No end"),
            ]
        },
        ProfileCase(
            "a constraint on each segment, as a warning, at a place of its own", [],
            [
                Samples.resultHeader, Samples.patient, Samples.order, "OBX|1|NM|1^a^L||1||||||F",
                "OBX|2|ST|2^a^L||x|mg|||||F", "OBX|3|ST|3^a^L||x||||||F",
            ],
            is: ["warning 207 OBX-6 profile.constraint"]
        ) {
            $0.constraints = [
                ProfileSource.Constraint(
                    "units", each: "OBX", when: condition("OBX-2 = \"NM\""), require: condition("OBX-6.1 valued"),
                    text: "A number has units", severity: .warning, at: try? Path("OBX-6"))
            ]
        },
        ProfileCase(
            "a constraint on each group", [],
            [
                Samples.resultHeader, Samples.patient, Samples.order, "OBX|1|NM|1^a^L||1||||||F", "SPM|1|||BLD",
                "OBR|2||2^L|X^x^L|||20240305", "OBX|1|NM|1^a^L||1||||||F",
            ],
            is: ["error 207 SPM[2] profile.constraint"]
        ) {
            $0.constraints = [
                ProfileSource.Constraint(
                    "specimen", each: "ORDER_OBSERVATION", require: condition("SPM valued"), text: "No specimen")
            ]
        },
    ]
}
