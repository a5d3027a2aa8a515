/// Mistakes in `profiles/*.yaml`.
extension Mistake {
    private static let file = "profiles/north.yaml"

    /// A profile for ADT^A01 and ORU^R01 with some lines more, which begin on line 4.
    private static func profile(_ text: String, is findings: [String]) -> Mistake {
        Mistake(
            in: file, "profile: north\nversion: \"2.5.1\"\nmessages: [ADT^A01, ORU^R01]\n" + text,
            is: findings.map { "\(file):\($0)" })
    }

    /// One line of `elements:`, which stands on line 5.
    private static func element(_ text: String, is finding: String) -> Mistake {
        profile("elements:\n  \(text)", is: ["5: \(finding)"])
    }

    static let inProfiles: [Mistake] = [profileMistakes, elementMistakes, setMistakes].flatMap(\.self)

    private static let profileMistakes: [Mistake] = [
        Mistake(
            in: file, "profile: north\nelement: {}",
            is: [
                "\(file):1: the key \"version\" is missing; write version: \"2.5.1\"",
                "\(file):1: the key \"messages\" is missing; write messages: [ADT^A01]",
                "\(file):2: unknown key \"element\"; write elements",
            ]),
        Mistake(
            in: file, "profile: north\nversion: \"2.10\"\nmessages: [ADT^A01]",
            is: [
                "\(file):2: there is no version 2.10; write one of 2.1, 2.2, 2.3, 2.3.1, 2.4, 2.5, 2.5.1, 2.6, 2.7, "
                    + "2.7.1, 2.8, 2.8.1, 2.8.2, in quotes"
            ]),
        Mistake(
            in: file, "profile: south\nversion: \"2.5.1\"\nmessages: [ADT^A01]",
            is: ["\(file):1: the profile is south and its file is north.yaml; rename the file south.yaml"]),
        Mistake(
            in: file, "profile: north\nextends: nroth2\nmessages: [ADT^A01]",
            is: ["\(file):2: there is no profile nroth2; write north"]),
        Mistake(
            in: file, "profile: north\nextends: north\nmessages: [ADT^A01]",
            is: ["\(file):2: north extends this profile in turn; break the circle"]),
        Mistake(
            in: file,
            """
            profile: north
            version: "2.5.1"
            messages:
              ADT-A01:
              ADT^A77:
              ADT^A05: { structure: ADT_A99 }
              ADT^A04: { element: {} }
              ADT^A03: { elements: { SPECIMEN: R } }
            """,
            is: [
                "\(file):4: \"ADT-A01\" is not a message; write type and event, as ADT^A01",
                "\(file):5: 2.5.1 has no message ADT^A77; write one that it has, or structure: NAME for a local one",
                "\(file):6: 2.5.1 has no structure ADT_A99; write one of its own, as ADT_A01",
                "\(file):7: unknown key \"element\"; write elements",
                "\(file):8: there is no group SPECIMEN in these messages; they have PROCEDURE, INSURANCE",
            ]),
    ]

    private static let elementMistakes: [Mistake] = [
        element(
            "PID-3x: R",
            is: "\"PID-3x\" is not an element; write a segment, field or component, as PV1, PID-3.4.1 or "
                + "SPECIMEN.OBX-5"),
        element(
            "PID3: R",
            is: "there is no group PID3 in these messages; they have PROCEDURE, INSURANCE, PATIENT_RESULT, PATIENT, "
                + "VISIT, ORDER_OBSERVATION, TIMING_QTY, OBSERVATION, SPECIMEN"),
        element("XYZ: R", is: "2.5.1 has no segment XYZ; write one that it has"),
        element("PID-44: R", is: "PID has 39 fields in 2.5.1; write type: and name: to define PID-44"),
        element(
            "ZPI-1: R", is: "ZPI-1 is nowhere defined; write it with type: and name: among the elements"),
        element("ZPI-1: { type: CXX }", is: "2.5.1 has no data type CXX; write one that it has, as ST or CWE"),
        element("PID-3.11: R", is: "PID-3 (CX) has 10 parts in 2.5.1; write 1 to 10"),
        element("PID-8.1: R", is: "PID-8 (IS) has no parts; write PID-8"),
        element("PID-3.4.4: R", is: "PID-3.4 (HD) has 3 parts in 2.5.1; write 1 to 3"),
        element(
            "SPECIMENS.OBX: R",
            is: "there is no OBX directly in the group SPECIMENS of these messages; write OBSERVATION.OBX"),
        element("PID-8: Q", is: "usage cannot be \"Q\"; write R, RE, O, X, B or a conditional one, as C(R/X)"),
        element(
            "PID-8: C(R/X)", is: "usage C(R/X) of PID-8 needs a condition; write when: PV1-2 = \"I\""),
        element(
            "PID-8: { usage: R, when: PV1-2 valued }",
            is: "usage R of PID-8 has no condition; write C(R/O) or delete when:"),
        element("PID-8: { when: PV1-2 valued }", is: "when: of PID-8 belongs to a usage; write usage: C(R/O)"),
        element(
            "PID-8: { usage: C(R/X), when: PV1-2 is I }",
            is: "when: character 7: \"is\" is not a word of conditions; texts stand in quotes"),
        element(
            "PID-8: { usage: C(R/X), when: PV1-99 valued }",
            is: "PV1-99: PV1 has 52 fields in 2.5.1; write type: and name: to define PV1-99"),
        element("PID-3: { cardinality: 3..1 }", is: "the minimum of PID-3 is above its maximum; write 1..3"),
        element("PID-3: { cardinality: many }", is: "cardinality cannot be \"many\"; write 1..3 or 0..*"),
        element(
            "PID-3: { usage: R, cardinality: 0..3 }",
            is: "PID-3 is required and so occurs at least once; write cardinality: 1..3"),
        element(
            "PID-3: { usage: O, cardinality: 1..* }",
            is: "PID-3 has usage O and so need not occur; write cardinality: 0..* or usage: R"),
        element("PID-3: { cardinality: 0..0 }", is: "PID-3 never occurs; write usage: X"),
        element(
            "PID-3.1: { cardinality: 1..2 }",
            is: "cardinality of PID-3.1 is for groups, segments and fields; a component does not repeat; delete the key"
        ),
        element("PV1: { length: 9 }", is: "length of PV1 is for fields and their parts; delete the key"),
        element(
            "PID-3.1: { length: 9..2 }", is: "the shortest length of PID-3.1 is above the longest; write 2..9"),
        element("PID-3.1: { length: long }", is: "length cannot be \"long\"; write 1..20"),
        element("PID-3: { value: X }", is: "PID-3 has parts; write the value of one of them, as PID-3.1"),
        element("PID-3: { values: [X] }", is: "PID-3 has parts; write the values of one of them, as PID-3.1"),
        element("PID-8: { value: X, values: [X] }", is: "PID-8 has value and values; keep one of them"),
        element("PID-8: { values: sexes }", is: "there is no value set sexes; write it under valueSets:"),
        element(
            "PID-8: { values: HL79999 }", is: "2.5.1 has no table HL79999 with all its codes; write a value set"),
        element("PID-8: { usge: R }", is: "unknown key \"usge\"; write usage"),
    ]

    private static let setMistakes: [Mistake] = [
        profile(
            "valueSets:\n  a: { file: profiles/values/a.txt }\n  b: { file: values.csv }\n  c: []\n  d: {}",
            is: [
                "5: there is no value set file profiles/values/a.txt; write that file, one code a line",
                "6: there is no value set file values.csv; value sets are files profiles/values/NAME.txt",
                "7: c is an empty list; write a value or delete the key",
                "8: a value set has codes: [A, B] or file: profiles/values/NAME.txt; write one of them",
            ]),
        profile(
            "observations:\n  718-7: NUM\n  882-1: { unit: g }\n  883-9: {}",
            is: [
                "5: 2.5.1 has no data type NUM; write one that it has, as NM",
                "6: unknown key \"unit\"; write units",
                "6: nothing is said of the observation 882-1; write type:, units: or values:",
                "7: nothing is said of the observation 883-9; write type:, units: or values:",
            ]),
        profile(
            """
            constraints:
              - { constraint: a, require: PID-5 valued }
              - { constraint: b, require: PID-5 value, text: T }
              - { constraint: c, require: PID-99 valued, text: T }
              - { constraint: d, each: OBX-5, require: OBX-5 valued, text: T }
              - { constraint: e, require: PID-5 valued, text: T, at: PID5, severity: bad }
            """,
            is: [
                "5: the key \"text\" is missing; write text: A discharge has its time in PV1-45",
                "6: require: character 7: \"value\" is not a word of conditions; texts stand in quotes",
                "7: PID-99: PID has 39 fields in 2.5.1; write type: and name: to define PID-99",
                "8: \"OBX-5\" is not a segment or group; write each: OBX or each: SPECIMEN",
                "9: \"PID5\" is not a path: expected a segment name of three capitals at character 1, as in PID-3[2].4.2",
                "9: severity cannot be \"bad\"; write one of information, warning, error",
            ]),
        profile(
            "examples:\n  - { ack: AA }\n  - { message: a.hl7, ack: OK, findings: [{ location: PID-3 }] }",
            is: [
                "5: the key \"message\" is missing; write message: profiles/examples/a01.hl7",
                "6: ack cannot be \"OK\"; write one of AA, AE, AR",
                "6: the key \"code\" is missing; write code: 101",
            ]),
    ]
}
