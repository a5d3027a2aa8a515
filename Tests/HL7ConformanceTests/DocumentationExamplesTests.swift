import Foundation
import HL7
import HL7Conformance
import Testing

/// The examples of the library's articles, compiled and run. Each stands between `// example ARTICLE` and `// end`; the
/// first test holds that articles and examples are the same.
@Suite struct DocumentationExamplesTests {
    @Test func `every example of an article stands in this file, and nothing else`() throws {
        let here = URL(filePath: #filePath)
        let source = try String(contentsOf: here, encoding: .utf8)
        let folder = here.deletingLastPathComponent()
            .appending(path: "../../Sources/HL7Conformance/HL7Conformance.docc").standardizedFileURL
        let examples = Self.examples(in: source)
        var shown: [String: [String]] = [:]
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        for file in files where file.pathExtension == "md" {
            let article = file.deletingPathExtension().lastPathComponent
            let blocks = Self.blocks(in: try String(contentsOf: file, encoding: .utf8))
            if !blocks.isEmpty { shown[article] = blocks }
        }
        #expect(Set(shown.keys) == Set(examples.keys))
        for (article, blocks) in shown { #expect(examples[article] == blocks, "\(article)") }
    }

    @Test func `the list of rules is complete and right`() throws {
        let article = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/HL7Conformance/HL7Conformance.docc/RuleList.md").standardizedFileURL
        let shown = try String(contentsOf: article, encoding: .utf8).split(separator: "\n").filter {
            $0.hasPrefix("| `")
        }
        let rules = Rule.allCases.map { rule in
            let severities = Strictness.allCases.map { rule.severity(at: $0)?.rawValue ?? "–" }
            return "| `\(rule.rawValue)` | \(rule.code) | \(severities.joined(separator: " | ")) |"
        }
        #expect(shown.map(String.init) == rules)
    }

    // MARK: Examples

    let bytes = Array(
        "MSH|^~\\&|LAB7|NORTH|HUB|HIE|20240305101500||ADT^A01^ADT_A01|T1|P|2.5.1\rEVN||20240305101400\rPID|1||90210\r"
            .utf8
    )

    @Test func `the landing page`() throws {
        // example HL7Conformance
        let message = try Message(parsing: bytes)
        for finding in Validator().findings(in: message) {
            print(finding)
        }
        // end
        #expect(
            Validator().findings(in: message).map(\.description).first
                == "error 101 PID-5: PID-5 (Patient Name) is required in 2.5.1 and empty (field.required)")
    }

    @Test func `validate a message`() throws {
        // example ValidateAMessage
        let message = try Message(parsing: bytes)
        let findings = Validator().findings(in: message)
        let verdict = Verdict(findings)
        // end
        #expect(verdict == .error)
        // example ValidateAMessage
        func judge(_ bytes: [UInt8]) -> [Finding] {
            do throws(ParseError) {
                return Validator().findings(in: try Message(parsing: bytes))
            } catch {
                return [Finding(error)]
            }
        }
        // end
        #expect(judge(Array("PID|1".utf8)).map(\.rule) == [.unreadable])
        #expect(judge(bytes) == findings)
        // example ValidateAMessage
        let problems = findings.filter { $0.severity == .error }.map(Acknowledgment.Problem.init)
        // end
        #expect(problems.map(\.code) == [101])
        // example ValidateAMessage
        let validator = Validator(assumedVersion: .v2_3, assumedProcessingID: "P")
        // end
        let silent = try Message(parsing: Array("MSH|^~\\&|A|B|||20240305101500||ADT^A01|T1\r".utf8))
        #expect(validator.findings(in: silent).prefix(2).map(\.rule) == [.assumed, .assumed])
        // example ValidateAMessage
        let production = Validator(processingIDs: ["P"])
        // end
        #expect(production.findings(in: message) == findings)
    }

    @Test func `read findings`() throws {
        let findings = Validator().findings(in: try Message(parsing: bytes))
        // example ReadFindings
        for finding in findings {
            print(finding.severity, finding.code, finding.location?.description ?? "", finding.rule.rawValue)
        }
        // end
        // example ReadFindings
        let patient = findings.filter { $0.location?.segment == "PID" }
        let codes = findings.filter { $0.code == 103 }
        // end
        #expect(patient.map(\.rule) == [.fieldRequired])
        #expect(codes.isEmpty)
    }

    @Test func `strictness and rules`() throws {
        let message = try Samples.message(Samples.admission(Samples.patient(8, "f")))
        // example StrictnessAndRules
        let feed = Validator(strictness: .lenient)
        let conformance = Validator(strictness: .strict)
        // end
        #expect(feed.findings(in: message).isEmpty)
        #expect(conformance.findings(in: message).map(\.severity) == [.error])
        // example StrictnessAndRules
        var rules = RuleSettings()
        rules[.userTable] = .error
        rules[.fieldLength] = .off
        let validator = Validator(strictness: .standard, rules: rules)
        // end
        #expect(Verdict(validator.findings(in: message)) == .error)
        // example StrictnessAndRules
        if let rule = Rule(rawValue: "table.user"), let level = RuleSettings.Level(rawValue: "warning") {
            rules[rule] = level
        }
        // end
        #expect(Verdict(Validator(rules: rules).findings(in: message)) == .accept)
    }

    @Test func `check a batch`() throws {
        let bytes = Array("BHS|^~\\&\r".utf8) + bytes + Array("BTS|2\r".utf8)
        // example CheckABatch
        let batch = Batch(bytes)
        let validator = Validator()
        for finding in validator.findings(in: batch, of: bytes) {
            print(finding)
        }
        for range in batch.messages {
            let message = try Message(parsing: Array(bytes[range]))
            print(Verdict(validator.findings(in: message)).rawValue)
        }
        // end
        #expect(validator.findings(in: batch, of: bytes).map(\.rule) == [.batchCount])
        #expect(batch.messages.count == 1)
    }

    @Test func `look up definitions`() throws {
        let message = try Message(parsing: bytes)
        // example LookUpDefinitions
        let definitions = Definitions.version(.v2_5_1)
        let field = definitions.segment("PID")?.field(3)
        print(field?.name ?? "", field?.usage.letter ?? "", field?.dataType.name ?? "")
        // end
        #expect(field?.name == "Patient Identifier List")
        #expect(field?.usage.letter == "R")
        #expect(field?.dataType.name == "CX")
        // example LookUpDefinitions
        for component in definitions.dataType("CX")?.components ?? [] {
            print("CX.\(component.position)", component.name, component.dataType.name)
        }
        // end
        #expect(definitions.dataType("CX")?.components.count == 10)
        // example LookUpDefinitions
        let sexes = definitions.table("0001")
        print(sexes?.text(for: "F") ?? "")
        print(sexes?.contains("f") ?? false)
        // end
        #expect(sexes?.text(for: "F") == "Female")
        #expect(sexes?.contains("f") == false)
        // example LookUpDefinitions
        let structure = definitions.structure(type: "ADT", event: "A08")
        print(structure?.name ?? "")
        print(structure?.grammar ?? "")
        // end
        #expect(structure?.name == "ADT_A01")
        #expect(structure?.grammar.hasPrefix("MSH SFT* EVN PID PD1?") == true)
        // example LookUpDefinitions
        let version = Version.reading(message.header.version)
        // end
        #expect(version == .exact(.v2_5_1))
    }

    @Test func `write a profile`() throws {
        // example WriteAProfile
        var source = ProfileSource(name: "north-adt", version: .v2_5_1)
        source.messages = [.init("ADT^A01"), .init("ADT^A03")]
        source.elements = [
            .init("PID-3", usage: .init(.required), cardinality: .init(1, 3)),
            .init("PID-3.4", usage: .init(.required)),
            .init("PID-5.1", length: .init(1, 50)),
            .init("PID-19", usage: .init(.notAllowed)),
        ]
        let profile = try Profile(source)
        let validator = Validator(profile: profile)
        // end
        let unassigned = try Samples.message(Samples.admission(Samples.patient(3, "90210")))
        #expect(validator.findings(in: unassigned).map(\.description).first?.contains("PID-3.4") == true)
        // example WriteAProfile
        source.elements += [
            .init("PV1-44", usage: ProfileUsage("C(R/O)"), when: try Condition(#"PV1-2 = "I""#)),
            .init("PV1-36", usage: ProfileUsage("C(R/X)"), when: try Condition(#"MSH-9.2 = "A03""#)),
        ]
        // end
        // example WriteAProfile
        source.messages[1].elements = [.init("PV1-45", usage: .init(.required))]
        // end
        // example WriteAProfile
        source.valueSets = [.init("wards", ["W1", "W2", "ICU"])]
        source.elements += [
            .init("MSH-12.1", constant: "2.5.1"),
            .init("PV1-3.1", values: "wards"),
            .init("PID-8", values: "HL70001"),
        ]
        // end
        // example WriteAProfile
        source.constraints = [
            .init(
                "discharge", when: try Condition(#"MSH-9.2 = "A03""#), require: try Condition("PV1-45 >= PV1-44"),
                text: "nobody is discharged before they were admitted")
        ]
        source.observations = [.init("29463-7", types: ["NM"], units: ["kg", "g"])]
        // end
        // example WriteAProfile
        source.elements += [
            .init("ZPI", name: "Pet Information"),
            .init("ZPI-1", name: "Species", type: "CWE", usage: .init(.required)),
        ]
        // end
        let whole = Validator(profile: try Profile(source))
        let admission = Samples.admission(Samples.patient) + ["ZPI|"]
        #expect(
            Set(
                whole.findings(in: try Samples.message(admission)).map {
                    "\($0.location?.description ?? "") \($0.rule.rawValue)"
                })
                == ["PV1-3.1 profile.value", "PV1-44 profile.required", "ZPI-1 profile.required"])
        // example WriteAProfile
        source.elements.append(
            .init("PID-99", usage: .init(.required), origin: .init(file: "north-adt.yaml", line: 12)))
        do throws(ProfileError) {
            _ = try Profile(source)
        } catch {
            print(error)
        }
        // end
        let mistakes = #expect(throws: ProfileError.self) { try Profile(source) }?.mistakes ?? []
        #expect(mistakes.map(\.description).first?.hasPrefix("north-adt.yaml:12: ") == true)
        source.elements.removeLast()
        // example WriteAProfile
        var ward = ProfileSource(name: "north-icu", version: .v2_5_1)
        ward.elements = [.init("PV1-3.1", constant: "ICU")]
        let both = ward.extending(source)
        // end
        #expect(both.elements.count == source.elements.count)
        #expect(throws: Never.self) { try Profile(both) }
    }

    // MARK: Reading

    /// The code blocks of an article, in order.
    private static func blocks(in article: String) -> [String] {
        article.components(separatedBy: "```swift\n").dropFirst().map { part in
            String(part[..<(part.range(of: "\n```")?.lowerBound ?? part.endIndex)])
        }
    }

    /// The examples of this file by article, without their indentation.
    private static func examples(in source: String) -> [String: [String]] {
        var examples: [String: [String]] = [:]
        var open: (article: String, lines: [Substring])?
        for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
            let text = line.drop { $0 == " " }
            if text.hasPrefix("// example ") {
                open = (String(text.dropFirst(11)), [])
            } else if text == "// end", let example = open {
                examples[example.article, default: []].append(dedented(example.lines))
                open = nil
            } else {
                open?.lines.append(line)
            }
        }
        return examples
    }

    private static func dedented(_ lines: [Substring]) -> String {
        let margin = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        return lines.map { String($0.dropFirst(margin)) }.joined(separator: "\n")
    }
}
