import Foundation
import HL7
import Testing

/// The examples of the library's articles, compiled and run. Each stands between `// example ARTICLE` and `// end`; the
/// first test holds that articles and examples are the same.
struct DocumentationExamplesTests {
    @Test func `every example of an article stands in this file, and nothing else`() throws {
        let here = URL(filePath: #filePath)
        let examples = Self.examples(in: try String(contentsOf: here, encoding: .utf8))
        let folder = here.deletingLastPathComponent().appending(path: "../../Sources/HL7/HL7.docc").standardizedFileURL
        var shown: [String: [String]] = [:]
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        where file.pathExtension == "md" {
            let blocks = Self.blocks(in: try String(contentsOf: file, encoding: .utf8))
            if !blocks.isEmpty { shown[file.deletingPathExtension().lastPathComponent] = blocks }
        }
        #expect(shown.count == 6)
        #expect(Set(shown.keys) == Set(examples.keys))
        for (article, blocks) in shown { #expect(examples[article] == blocks, "\(article)") }
    }

    /// The Swift blocks of an article.
    private static func blocks(in article: String) -> [String] {
        article.components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "\n```")[0] }
    }

    /// The examples of this file by article, without their indentation.
    private static func examples(in source: String) -> [String: [String]] {
        var examples: [String: [String]] = [:]
        var article: String?
        var lines: [String] = []
        for line in source.components(separatedBy: "\n") {
            let text = line.trimmingCharacters(in: .whitespaces)
            if text.hasPrefix("// example ") {
                article = String(text.dropFirst(11))
                lines = []
            } else if text == "// end", let name = article {
                examples[name, default: []].append(lines.joined(separator: "\n"))
                article = nil
            } else {
                lines.append(String(line.dropFirst(8)))
            }
        }
        return examples
    }

    // MARK: Examples

    let bytes = Array(
        ("MSH|^~\\&|GHH_ADT|GHH|HUB|RIVERSIDE|20260305101500||ADT^A01^ADT_A01|B1|P|2.5.1\rEVN||20260305101400\r"
            + "PID|1||90210^^^GHH^MR~555-44-3210^^^USSSA^SS||Vale^Iris||19790214|F|||||\"\"||||||9\rNK1|1|Vale^Tomas\r"
            + "PV1|1|I\rOBX|1|NM|8480-6||120|mm[Hg]^^UCUM\r").utf8)

    func message() throws -> Message { try Message(parsing: bytes) }

    @Test func `the landing page`() throws {
        // example HL7
        let message = try Message(parsing: bytes)
        let family = message["PID-5.1"]  // "Vale"
        let number = message["PID-3[2].1"]  // "555-44-3210"
        for segment in message.segments("OBX") {
            print(segment[5] ?? "", segment[6, component: 1] ?? "")
        }
        // end
        #expect(family == "Vale")
        #expect(number == "555-44-3210")
    }

    @Test func `parse and read`() throws {
        // example ParseAndRead
        func read(_ bytes: [UInt8]) -> String {
            do throws(ParseError) {
                return try Message(parsing: bytes, limits: Limits(segmentsMax: 1_000)).header.type
            } catch {
                return "\(error)"
            }
        }
        // end
        #expect(read(bytes) == "ADT^A01")
        #expect(read([]).hasPrefix("byte 0: no MSH segment"))
        let message = try message()
        // example ParseAndRead
        let name = message["PID-5.1"]  // nil if it is not there, "" if it is empty
        let authority = message["PID-3[2].4"]
        let everyIdentifier = message.values(at: try Path("PID-3[*].1")).map(\.text)
        // end
        #expect(name == "Vale")
        #expect(authority == "USSSA")
        #expect(everyIdentifier == ["90210", "555-44-3210"])
        // example ParseAndRead
        let identifier = try Path("PID-3.1")
        let text = message[identifier]
        let length = message.withBytes(at: identifier) { $0.count }  // no text is made
        // end
        #expect(text == "90210")
        #expect(length == 5)
        // example ParseAndRead
        switch message.presence(of: "PID-13") {
        case .absent, .empty: print("nothing is said about the telephone number")
        case .null: print("the telephone number is to be deleted")
        case .value: print("there is a telephone number")
        }
        // end
        #expect(message.presence(of: "PID-13") == .null)
        // example ParseAndRead
        for segment in message.segments("PID") {
            for repetition in segment.field(3)?.repetitions ?? [] {
                print(repetition.component(1)?.text ?? "", repetition.component(4)?.text ?? "", repetition.range)
            }
        }
        // end
    }

    @Test func `build and edit`() throws {
        let message = try message()
        // example BuildAndEdit
        let copy = try message.editing {
            try $0.set("LAKESIDE", at: Path("MSH-5"))
            try $0.set("Vale & Sons", at: Path("NK1-13[2].1"))
            try $0.copy(from: Path("PID-3[2]"), to: Path("PID-3"))
            try $0.remove(Path("PID-19"))
        }
        // end
        #expect(copy["MSH-5"] == "LAKESIDE")
        #expect(copy["NK1-13[2]"] == "Vale & Sons")
        #expect(copy["PID-3.1"] == "555-44-3210")
        #expect(copy["PID-19"] == "")
        #expect(message["MSH-5"] == "HUB")
        // example BuildAndEdit
        let header = Array(
            "MSH|^~\\&|GHH_ADT|GHH|||20260305101500||ADT^A08^ADT_A01|G1|P|2.5.1||||||UNICODE UTF-8\r".utf8)
        let built = try Message(parsing: header).editing {
            try $0.append(segment: "EVN||20260305101500")
            try $0.append(segment: "PID|1||90210^^^GHH^MR")
            try $0.set("Çelik", at: Path("PID-5.1"))
        }
        // end
        #expect(built.lines.hasSuffix("PID|1||90210^^^GHH^MR||Çelik\n"))
        // example BuildAndEdit
        let latin = try built.reencoded(as: .latin1)
        // end
        #expect(latin["MSH-18"] == "8859/1")
        #expect(latin["PID-5"] == "Çelik")
        #expect(latin.bytes.contains(0xC7))
    }

    @Test func acknowledge() throws {
        let message = try message()
        // example Acknowledge
        let accepted = message.acknowledgment(.aa, controlID: "W1", time: "20260305101501+0000")
        // end
        #expect(try Message(parsing: accepted)["MSA-2"] == "B1")
        // example Acknowledge
        let problem = Acknowledgment.Problem(
            code: 101, location: Location(segment: "PID", field: 5), text: "PID-5 (Patient Name) is required and empty")
        let refused = message.acknowledgment(.ae, problems: [problem], controlID: "W2", time: "20260305101501+0000")
        // end
        #expect(try Message(parsing: refused)["ERR-2"] == "PID^1^5")
        // example Acknowledge
        let answer = try Message(parsing: refused)
        let code = answer["MSA-1"].flatMap(Acknowledgment.Code.init(rawValue:))
        let isOurs = answer["MSA-2"].map { Array($0.utf8) } == Array(message.header.controlID)
        // end
        #expect(code == .ae)
        #expect(isOurs)
        // example Acknowledge
        let unreadable = Acknowledgment.unreadable(
            controlID: "W3", time: "20260305101501+0000", text: "a message begins with MSH and a field separator")
        // end
        #expect(try Message(parsing: unreadable)["MSA-1"] == "AR")
    }

    @Test func `character sets and escapes`() throws {
        // example CharacterSetsAndEscapes
        let names = ["UNICODE UTF-8", "utf8", "ISO_IR 100", "ISO-8859-15", "GB 18030-2000", "ISO 2022 IR 87"]
        let charsets = names.compactMap { Charset(named: $0)?.name }
        // end
        #expect(charsets == ["UNICODE UTF-8", "UNICODE UTF-8", "8859/1", "8859/15", "GB 18030-2000", "ISO IR87"])
        // example CharacterSetsAndEscapes
        let silent = try Message(parsing: bytes, fallback: .latin1)
        print(silent.charset, silent.charsetOrigin)
        // end
        #expect(silent.charset == .ascii)
        let message = try Message(parsing: Array("MSH|^~\\&|A|||||||||2.5||||||UTF-8\rPID|1||".utf8) + [0xFF, 0x0D])
        // example CharacterSetsAndEscapes
        if let offset = message.firstUndecodableOffset {
            print("byte \(offset) is not valid in \(message.charset)")
        }
        // end
        #expect(message.firstUndecodableOffset == message.bytes.count - 2)
        // example CharacterSetsAndEscapes
        let note = try message.editing { try $0.set("a|b\nc", at: Path("PID-5.1")) }
        print(note["PID-5.1"] ?? "")  // a|b and c on two lines; written a\F\b\.br\c
        // end
        #expect(note["PID-5.1"] == "a|b\nc")
        #expect(note.lines.hasSuffix(#"a\F\b\.br\c"# + "\n"))
    }

    @Test func `write conditions`() throws {
        let message = try message()
        // example WriteConditions
        let admission = try Condition(#"MSH-9.1 = "ADT" and PV1-2 in ("I", "E") and PID-3[*].5 = "MR""#)
        let isAdmission = admission.evaluate(on: message)
        // end
        #expect(isAdmission)
        // example WriteConditions
        do throws(ConditionError) {
            _ = try Condition("PID-8 is F")
        } catch {
            print(error)
        }
        // end
        #expect(throws: ConditionError.self) { try Condition("PID-8 is F") }
        // example WriteConditions
        let isOpen = admission.isPossible(on: message) { path in path.segment == "MSH" }
        // end
        #expect(isOpen)
    }
}
