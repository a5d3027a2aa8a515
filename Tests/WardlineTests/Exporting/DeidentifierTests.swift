import Foundation
import HL7
import Testing

@testable import wardline

struct DeidentifierTests {
    private static let key = Array("a key of at least 32 bytes, for tests".utf8)

    private func run(_ texts: [String], key: [UInt8] = key) throws -> (texts: [String], found: Int) {
        let messages = try texts.map { try Message(parsing: Array($0.utf8)) }
        var deidentifier = Deidentifier(key: key)
        for message in messages { deidentifier.note(message) }
        let made = messages.map(deidentifier.deidentified)
        return (made.map { String(decoding: $0, as: UTF8.self) }, made.reduce(0) { $0 + deidentifier.found(in: $1) })
    }

    private static let admission =
        "MSH|^~\\&|HIS|GH|WL|EX|20260301101500||ADT^A01^ADT_A01|CTRL0001|P|2.5.1\r"
        + "PID|1||P12345^^^GH^MR~99887766^^^SSA^SS||EVERYWOMAN^EVELYN^Q^^MRS||19700115|F|||"
        + "12 Harbor Street^^Riverside^IL^60546^USA^H||^PRN^PH^^1^708^5551234\r"
        + "PV1|1|I|4NORTH^12^A^GH||||1234^WELBY^MARCUS^^^DR||||||||||||V4711^^^GH^VN\r"
        + "OBX|1|NM|2345-7^Glucose^LN||101|mg/dL|70-99|H|||F\rNTE|1||Called Mrs. Everywoman\\.br\\at home\r"
        + "ZPI|EVERYWOMAN|x\r"

    @Test func `nobody is left, and structure, codes and measurements are`() throws {
        let made = try run([Self.admission])
        #expect(made.found == 0)
        let text = made.texts[0]
        for identifier in [
            "EVERYWOMAN", "Everywoman", "EVELYN", "P12345", "99887766", "Harbor", "Riverside", "5551234", "WELBY",
            "V4711", "CTRL0001",
        ] {
            #expect(!text.contains(identifier), "\(identifier)")
        }
        #expect(text.utf8.count == Self.admission.utf8.count)
        let delimiters = Set("|^~\\&\r")
        #expect(text.filter(delimiters.contains) == Self.admission.filter(delimiters.contains))
        let message = try Message(parsing: Array(text.utf8))
        #expect(message["MSH-9.1"] == "ADT" && message["MSH-3"] == "HIS" && message["PID-8"] == "F")
        #expect(message["OBX-5"] == "101" && message["OBX-3.2"] == "Glucose" && message["PID-3.4"] == "GH")
        #expect(message["PID-11.6"] == "USA" && text.contains("\\.br\\"))
    }

    @Test func `one value is one pseudonym in every message, and another one under another key`() throws {
        let second = Self.admission.replacing("CTRL0001", with: "CTRL0002")
        let made = try run([Self.admission, second])
        func patient(_ text: String) throws -> String? { try Message(parsing: Array(text.utf8))["PID-3.1"] }
        #expect(try patient(made.texts[0]) == patient(made.texts[1]))
        let other = try run([Self.admission], key: Array("another key of at least 32 bytes, too".utf8))
        #expect(try patient(other.texts[0]) != patient(made.texts[0]))
    }

    @Test func `the dates of a patient keep their distances`() throws {
        let message = try Message(parsing: Array(try run([Self.admission]).texts[0].utf8))
        func days(_ text: String?) throws -> Double {
            let formatter = DateFormatter()
            formatter.dateFormat = "yyyyMMdd"
            formatter.timeZone = TimeZone(secondsFromGMT: 0)
            return try #require(formatter.date(from: String((text ?? "").prefix(8)))).timeIntervalSince1970 / 86_400
        }
        let distance = try days(message["MSH-7"]) - days(message["PID-7"])
        #expect(try distance == days("20260301") - days("19700115"))
        #expect(message["PID-7"] != "19700115")
        #expect(message["MSH-7"]?.hasSuffix("101500") == true)
    }

    @Test func `an identifier in a place for codes goes too`() throws {
        let text = Self.admission.replacing("Glucose", with: "Glucose of EVERYWOMAN")
        let made = try run([text])
        #expect(made.found == 0 && !made.texts[0].contains("EVERYWOMAN"))
    }

    @Test func `names in other scripts and mistakes keep their form`() throws {
        let text =
            "MSH|^~\\&|A|B|C|D|2026||ADT^A01|C12345|P|2.5.1||||||UNICODE UTF-8\rPID|1||7||Müller^Jürgen~山田^太郎|||X\r"
        let made = try run([text])
        #expect(made.texts[0].utf8.count == text.utf8.count)
        #expect(!made.texts[0].contains("Müller") && !made.texts[0].contains("山田"))
        #expect(try Message(parsing: Array(made.texts[0].utf8))["PID-8"] == "X")
        #expect(String(validating: Array(made.texts[0].utf8), as: UTF8.self) != nil)
    }
}
