import HL7
import Testing

struct ConditionTests {
    private func subject() throws -> Message {
        try message(
            #"PID|1||7^^^GHH^MR~8^^^LAKE^PI~^^^NIL||Vale^Iris|""|19790214|F|""||a\T\b"#, "PV1|1|I||03|5.0",
            "OBX|1|NM|8480-6^Systolic||120|mm||20240305101500", "OBX|2|NM|8462-4^Diastolic||80|mm||20240306",
            "OBX|3|ST|X||Zoë")
    }

    @Test(arguments: [
        // equality
        (#"MSH-9.1 = "ADT""#, true), (#"MSH-9.1 = "adt""#, false), (#"MSH-9.1 = "AD""#, false),
        (#"PID-5 = "Vale^Iris""#, true),
        (#""ADT" = MSH-9.1"#, true), (#"PID-8 = PID-8"#, true), (#"PID-8 = PV1-2"#, false), (#"PID-10 = "a&b""#, false),
        (#"PID-11 = "a&b""#, true),
        (#"OBX[3]-5 = "Zoë""#, true), ("PV1-4 = 3", true), (#"PV1-4 = "3""#, false), ("PV1-5 = 5", true),
        ("PID-8 = 1", false), ("count(OBX) = \"3\"", true),
        // nothing equals what is absent, empty or null, and so != holds for it
        (#"PID-2 = """#, false), (#"PID-2 != """#, true), (#"PID-99 != "x""#, true), (#"ZPI-1 = "x""#, false),
        (#"PID-6 = "\"\"""#, false),
        (#"PID-6 != "x""#, true), ("PID-2 = PID-4", false), ("PID-2 != PID-4", true), (#"PID-8 != "F""#, false),
        (#"PID-8 != "M""#, true),
        // any
        (#"PID-3[*].5 = "PI""#, true), (#"PID-3.5 = "PI""#, false), (#"PID-3[2].5 = "PI""#, true),
        (#"PID-3[*].5 = "XX""#, false),
        (#"PID-3[*].5 != "PI""#, false), (#"PID-3[*].5 != "XX""#, true), (#"OBX[*]-3.1 = "8462-4""#, true),
        (#"OBX-3.1 = "8462-4""#, false),
        (#"OBX[2]-3.1 = "8462-4""#, true), ("OBX[*]-5 > 119", true), ("OBX[*]-5 > 120", false),
        ("OBX[2]-5 = OBX[*]-5", true),
        // order
        ("OBX-5 > 9", true), ("OBX-5 < 9", false), ("OBX-5 >= 120", true), ("OBX-5 <= 120.0", true),
        ("OBX-5 > -1", true), ("OBX-5 < OBX[2]-5", false),
        (#"OBX-5 > "9""#, true), (#"OBX-5 < "1000""#, true), (#"PID-7 < "2008""#, true), (#"PID-7 < "1979""#, false),
        (#"PID-7 <= "1979""#, true),
        (#"PID-7 < "19790215""#, true), (#"PID-7 >= "197902""#, true), ("OBX-8 < OBX[2]-8", true),
        ("OBX[2]-8 > OBX-8", true), ("PID-7 < 20080101", true),
        ("PID-8 > 1", false), ("PID-8 <= 1", false), ("PID-2 < 1", false), ("PID-6 >= 0", false), ("PID-99 < 1", false),
        ("not PID-99 < 1", true),
        // in
        (#"PV1-2 in ("I", "E")"#, true), (#"PV1-2 in ("E")"#, false), (#"PV1-2 not in ("I", "E")"#, false),
        (#"PV1-2 not in ("E")"#, true),
        (#"PID-2 in ("", "x")"#, false), (#"PID-2 not in ("")"#, true), (#"PID-3[*].4 in ("LAKE")"#, true),
        ("PV1-4 in (1, 2, 3)", true), ("PID-8 in (PV1-2, PID-8)", true),
        // globs
        (#"OBX-3.1 matches "8480-*""#, true), (#"OBX-3.1 matches "*-6""#, true), (#"OBX-3.1 matches "8*0*6""#, true),
        (#"OBX-3.1 matches "8480-6*""#, true),
        (#"OBX-3.1 matches "*""#, true), (#"OBX-3.1 matches "8480""#, false), (#"OBX-3.1 matches "8480-6""#, true),
        (#"OBX-3.1 matches "8*8*8*""#, false),
        (#"OBX-3.1 matches "**8**6**""#, true), (#"OBX-3.1 matches "8480-6*6""#, false), (#"PID-2 matches "*""#, false),
        (#"PID-6 matches "*""#, false),
        (#"OBX[*]-3.1 matches "8462*""#, true), (#"OBX-3.1 not matches "9*""#, true),
        (#"OBX[3]-5 matches "Z*ë""#, true), (#"PID-11 matches "*&*""#, true), (#"OBX-3.1 matches """#, false),
        // valued, null
        ("PID-8 valued", true), ("PID-2 valued", false), ("PID-6 valued", false), ("PID-99 valued", false),
        ("PV1 valued", true), ("ZPI valued", false),
        ("PID-8 not valued", false), ("PID-2 not valued", true), ("PID-6 not valued", true), ("ZPI not valued", true),
        ("PID-3[*].5 valued", true), ("PID-3[3].1 valued", false),
        ("null(PID-6)", true), ("null(PID-2)", false), ("null(PID-8)", false), ("null(PID-99)", false),
        ("not null(PID-8)", true), ("null(PID-6) and null(PID-9)", true),
        // count, length
        ("count(OBX) = 3", true), ("count(OBX[*]) = 3", true), ("count(OBX[2]) = 1", true), ("count(ZPI) = 0", true),
        ("count(PID-3) = 3", true), ("count(PID-3.1) = 2", true),
        ("count(PID-3[2]) = 1", true), ("count(PID-2) = 0", true), ("count(PID-6) = 0", true),
        ("count(OBX[*]-5) = 3", true), ("count(OBX) > 2", true),
        ("length(PID-5.1) = 4", true), ("length(OBX[3]-5) = 3", true), ("length(PID-11) = 3", true),
        ("length(PID-2) = 0", false), ("length(PID-2) != 1", true), ("length(OBX[*]-5) = 2", true),
        // and, or, not
        ("PID valued and PV1 valued", true), ("PID valued and ZPI valued", false), ("ZPI valued or PV1 valued", true),
        ("ZPI valued or ZPD valued", false),
        ("PID valued or ZPI valued and ZPD valued", true), ("(PID valued or ZPI valued) and ZPD valued", false),
        ("not ZPI valued and PID valued", true), ("not (ZPI valued and PID valued)", true),
        ("not not PID valued", true), ("not ZPI valued or PID not valued", true),
        ("not PID valued or PV1 valued", true), ("not (PID valued or PV1 valued)", false),
    ])
    func `a condition is true or false`(text: String, expected: Bool) throws {
        #expect(try Condition(text).evaluate(on: subject()) == expected)
    }

    @Test func `!= is exactly the negation of =, whatever stands on its sides`() throws {
        let message = try subject()
        let operands = [
            "PID-2", "PID-6", "PID-8", "PID-99", "ZPI-1", "PID-3[*].5", "OBX[*]-5", "PV1-4", "PID-7", "PID-5", #""""#,
            #""F""#, #""3""#, #""03""#, #""1979""#, "3", "80",
            "count(OBX)", "count(ZPI)", "length(PID-5)", "length(PID-2)",
        ]
        for left in operands {
            for right in operands {
                let equal = try Condition("\(left) = \(right)").evaluate(on: message)
                #expect(try Condition("\(left) != \(right)").evaluate(on: message) == !equal, "\(left), \(right)")
                #expect(try Condition("not (\(left) = \(right))").evaluate(on: message) == !equal)
                #expect(try Condition("\(right) = \(left)").evaluate(on: message) == equal, "\(left), \(right)")
                #expect(try Condition("\(left) in (\(right))").evaluate(on: message) == equal)
            }
        }
    }

    @Test(arguments: [
        ("", 0), ("PID-8", 5), ("PID-8 =", 7), (#"PID-8 = F"#, 8), (#"PID-8 = "F"#, 8), ("PID-8 == 1", 7),
        ("pid-8 valued", 0), ("PID-8 is 1", 6), ("PID-8 ! 1", 6),
        (#"PID-8 = "F" PV1-2 = "I""#, 12), (#"(PID-8 = "F""#, 12), (#"PID-8 = "F")"#, 11), ("PID-8 in ()", 10),
        (#"PID-8 in "F""#, 9), (#"PID-8 in ("F","#, 14),
        ("PID-8 matches PID-7", 14), ("PID-8 not = 1", 10), ("count(8)", 6), ("count(PID-8", 11), (#""F" valued"#, 0),
        ("null(PID-8) = 1", 12),
        (#"PID-8 < "F""#, 8), (#""F" < PID-8"#, 0), (#"PID-8 >= "nan""#, 9), (#"PID-8 >= "1e5""#, 9), ("PID-8 = -", 8),
        ("PID-8 = 1.2.3", 8), ("and", 0), ("not", 3), ("PID-0 valued", 4), ("PID-3[x] valued", 6),
        ("PID-8 valued and", 16), ("PID-8 valued or or", 16), ("PID-8 valued; x", 12), ("über valued", 0),
    ])
    func `a text that is no condition is refused where it goes wrong`(text: String, offset: Int) throws {
        let error = try #require(throws: ConditionError.self) { try Condition(text) }
        #expect(error.offset == offset, "\(error)")
    }

    @Test func `nesting and length are limited`() throws {
        let deep = String(repeating: "(", count: 65) + "PID valued" + String(repeating: ")", count: 65)
        #expect(throws: ConditionError.self) { try Condition(deep) }
        #expect(try Condition(String(deep.dropFirst(3).dropLast(3))).evaluate(on: subject()))
        let long = (0..<1001).map { _ in "ZPI valued" }.joined(separator: " or ")
        #expect(throws: ConditionError.self) { try Condition(long) }
        #expect(try !Condition(String(long.dropFirst("ZPI valued or ".count))).evaluate(on: subject()))
    }

    @Test func `a condition gives its text and the paths that it reads`() throws {
        let text =
            #"MSH-9.1 = "ADT" and (PV1-2 in ("I", PID-8) or count(OBX[*]) > 1) and not null(PID-5) and PID-3 valued"#
        let condition = try Condition(text)
        #expect(condition.description == text)
        #expect(condition.paths.map(\.description) == ["MSH-9.1", "PV1-2", "PID-8", "OBX[*]", "PID-5", "PID-3"])
    }

    @Test func `quotes and backslashes are written with a backslash before them`() throws {
        let message = try message(#"PID|1||a"b|c\E\d"#)
        #expect(try Condition(#"PID-3 = "a\"b""#).evaluate(on: message))
        #expect(try Condition(#"PID-4 = "c\\d""#).evaluate(on: message))
    }

    @Test func `values are compared decoded by the message's character set`() throws {
        let latin = try Fixture.message("adt-a08-latin1-crlf.hl7")
        #expect(
            try Condition(#"PID-5.1 = "Grün" and PID-5.1 matches "*ün" and length(PID-5.1) = 4"#).evaluate(on: latin))
        #expect(try Condition(#"PID-5.2 = "遼""#).evaluate(on: Fixture.message("adt-a04-gb18030.hl7")))
    }

    @Test(arguments: [
        (#"MSH-9.1 = "ADT" and PV1-2 = "E""#, true), (#"MSH-9.1 = "ORU" and PV1-2 = "I""#, false),
        (#"MSH-9.1 = "ORU" or PV1-2 = "E""#, true),
        (#"not (MSH-9.1 = "ADT" or PV1-2 = "I")"#, false), (#"not (MSH-9.1 = "ADT" and PV1-2 = "I")"#, true),
        (#"PV1-2 = "E""#, true),
    ])
    func `a condition that depends on what is not known stays possible`(text: String, expected: Bool) throws {
        let message = try subject()
        #expect(try Condition(text).isPossible(on: message) { $0.segment == "MSH" } == expected)
    }
}
