import HL7
import Testing

/// Why a condition holds or does not.
struct ConditionExplanationTests {
    private func subject() throws -> Message {
        try message(
            #"PID|1||7^^^GHH^MR~8^^^LAKE^PI||Vale^Iris|""|19790214|F|""||a\T\b"#, "PV1|1|I||03|5.0",
            "OBX|1|NM|8480-6^Systolic||120|mm||20240305101500", "OBX|2|NM|8462-4^Diastolic||80|mm||20240306")
    }

    @Test(arguments: PropertyTests.seeds)
    func `whatever the condition, the explanation says what the evaluation says, in each of its parts`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(state: seed)
        let message = try subject()
        for _ in 0..<400 {
            let text = Self.condition(depth: 4, &random)
            let condition = try Condition(text)
            try check(
                condition.explain(on: message), against: condition.evaluate(on: message), message, "\(seed): \(text)")
        }
    }

    /// A part holds exactly if the condition that its text is holds, and follows from its parts.
    private func check(
        _ part: ConditionExplanation, against expected: Bool, _ message: Message, _ comment: Comment
    ) throws {
        #expect(part.holds == expected, comment)
        #expect(try Condition(part.text).evaluate(on: message) == part.holds, comment)
        #expect(part.deciding.allSatisfy { $0.form == .test } && !part.deciding.isEmpty, comment)
        switch part.form {
        case .all: #expect(part.holds == part.parts.allSatisfy(\.holds), comment)
        case .any: #expect(part.holds == part.parts.contains(where: \.holds), comment)
        case .not: #expect(part.parts.map(\.holds) == [!part.holds], comment)
        case .test: #expect(part.parts.isEmpty, comment)
        }
        for inner in part.parts { try check(inner, against: inner.holds, message, comment) }
    }

    private static func condition(depth: Int, _ random: inout SeededGenerator) -> String {
        let operands = [
            "PID-2", "PID-6", "PID-8", "PID-3[*].5", "OBX[*]-5", "OBX[2]-5", "PV1-4", "PID-7", "ZPI-1", #""F""#,
            #""03""#,
            #""a\"\\b""#, "3", "80", "count(OBX)", "count(PID-3)", "length(PID-5)",
        ]
        let paths = ["PID-2", "PID-6", "PID-8", "ZPI", "PID-3[*].5", "OBX[*]-5", "PV1-4"]
        func pick(_ texts: [String]) -> String { texts.randomElement(using: &random) ?? "" }
        func inner() -> String { condition(depth: depth - 1, &random) }
        switch Int.random(in: depth == 0 ? 4...9 : 0...9, using: &random) {
        case 0: return "\(inner()) and \(inner())"
        case 1: return "\(inner()) or \(inner())"
        case 2: return "not \(inner())"
        case 3: return "(\(inner()))"
        case 4: return "\(pick(paths)) \(pick(["", "not "]))valued"
        case 5: return "null(\(pick(paths)))"
        case 6: return "\(pick(operands)) \(pick(["", "not "]))in (\(pick(operands)), \(pick(operands)))"
        case 7: return "\(pick(operands)) \(pick(["", "not "]))matches \(pick([#""*""#, #""8*0""#, #""M\"*\\""#]))"
        case 8: return "\(pick(operands)) \(pick(["=", "!="])) \(pick(operands))"
        default: return "\(pick(paths)) \(pick(["<", "<=", ">", ">="])) \(pick(["80", "OBX-5", #""2008""#]))"
        }
    }

    @Test func `a test shows each value that its paths named, and none that it states itself`() throws {
        let seen = try Condition(#"PID-3[*].5 in ("XX", PV1-2)"#).explain(on: subject())
        #expect(seen.form == .test && !seen.holds)
        #expect(seen.operands.map(\.text) == ["PID-3[*].5", "PV1-2"])
        #expect(seen.operands.map(\.values) == [["MR", "PI"], ["I"]])
        #expect(try Condition(#"PID-11 = "x""#).explain(on: subject()).operands.first?.values == ["a&b"])
        #expect(try Condition("count(OBX) > 2").explain(on: subject()).operands.map(\.values) == [["2"]])
        #expect(try Condition("length(PID-5.1) > 2").explain(on: subject()).operands.map(\.values) == [["4"]])
    }

    @Test(arguments: [
        ("PID-8 valued", Presence.value, ["F"]), ("PID-2 valued", .empty, []), ("PID-99 valued", .absent, []),
        ("ZPI-1 valued", .absent, []), ("null(PID-6)", .null, [#""""#]),
    ])
    func `what is not there is told from what is empty or null`(text: String, presence: Presence, values: [String])
        throws
    {
        let operand = try #require(try Condition(text).explain(on: subject()).operands.first)
        #expect(operand.presence == presence && operand.values == values && operand.count == values.count)
    }

    @Test func `and, or and not are told apart, and only what decided is named as deciding`() throws {
        let text = #"MSH-9.1 = "ADT" and (PV1-2 = "E" or PV1-2 = "O") and not null(PID-8)"#
        let found = try Condition(text).explain(on: subject())
        #expect(found.form == .all && found.text == text && !found.holds)
        #expect(found.parts.map(\.form) == [.test, .any, .not])
        #expect(found.parts.map(\.holds) == [true, false, true])
        #expect(found.deciding.map(\.text) == [#"PV1-2 = "E""#, #"PV1-2 = "O""#])
        let negated = try Condition(#"PV1-2 != "I""#).explain(on: subject())
        #expect(negated.form == .test && negated.text == #"PV1-2 != "I""# && !negated.holds)
    }

    @Test func `of many values the first twenty are given, and all are counted`() throws {
        let long = try message("PID|1||" + (1...50).map { "\($0)" }.joined(separator: "~"))
        let operand = try #require(try Condition(#"PID-3[*] = "50""#).explain(on: long).operands.first)
        #expect(operand.values == (1...20).map { "\($0)" } && operand.count == 50)
        #expect(try Condition(#"PID-3[*] = "50""#).explain(on: long).holds)
    }
}
