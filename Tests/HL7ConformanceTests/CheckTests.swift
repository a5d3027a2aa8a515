import Foundation
import HL7
import HL7Conformance
import Testing

/// The cases of `Fixtures/conformance/*.check`: a message, and everything that is found in it.
///
///     = AA AE a telephone with letters in its number part       verdict at standard and at strict, name
///     MSH|^~\&|…                                                 one segment a line; <07> is a byte in hexadecimal
///     PID|1||…
///     - warning error 102 PID-13.7 value.telephone               severity at standard and at strict, code, location, rule
@Suite struct CheckTests {
    @Test(arguments: CheckCase.all)
    func `a message has exactly the findings of its case`(test: CheckCase) throws {
        let message = try Message(parsing: test.bytes)
        let standard = Validator(strictness: .standard).findings(in: message)
        let strict = Validator(strictness: .strict).findings(in: message)
        let found = zip(standard, strict).map { CheckCase.line($0, $1) }
        #expect(found == test.findings)
        #expect(standard.count == strict.count)
        #expect("\(Verdict(standard).rawValue) \(Verdict(strict).rawValue)" == test.verdicts)
    }

    @Test func `there are cases for every topic`() {
        #expect(Set(CheckCase.all.map(\.topic)).count >= 6)
        #expect(CheckCase.all.count >= 200)
    }

    @Test(arguments: CheckCase.all)
    func `no location of a finding lies outside of the message, unless something is missing there`(test: CheckCase)
        throws
    {
        let message = try Message(parsing: test.bytes)
        let missing: Set<Rule> = [
            .segmentMissing, .groupSegmentMissing, .contextSegmentMissing, .charsetUndeclared, .timeMissing,
            .acknowledgmentPair, .fieldRequired, .fieldConditional, .fieldConditionalUncertain, .componentRequired,
            .componentConditional, .structureMissing, .observationTypeMissing, .typeMissing, .eventMissing,
            .controlIdMissing, .processingMissing, .versionMissing,
        ]
        for finding in Validator(strictness: .strict).findings(in: message) {
            guard let location = finding.location, !missing.contains(finding.rule) else { continue }
            let segment = message.segment(location.segment, occurrence: location.occurrence)
            #expect(segment != nil, "\(finding)")
            guard let number = location.field, let segment else { continue }
            let field = segment.field(number)
            #expect(field != nil, "\(finding)")
            if let repetition = location.repetition { #expect(field?.repetition(repetition) != nil, "\(finding)") }
        }
    }
}

struct CheckCase: CustomTestStringConvertible, Sendable {
    var topic: String
    var name: String
    var verdicts: String
    var lines: [String] = []
    var findings: [String] = []

    var testDescription: String { "\(topic): \(name)" }

    var bytes: [UInt8] { lines.flatMap { Self.bytes($0) + [0x0D] } }

    static func line(_ standard: Finding, _ strict: Finding) -> String {
        let location = standard.location.map(String.init(describing:)) ?? "-"
        return "\(standard.severity.rawValue) \(strict.severity.rawValue) \(standard.code) \(location)"
            + " \(standard.rule.rawValue)"
    }

    /// The bytes of a line, `<07>` being one.
    private static func bytes(_ line: String) -> [UInt8] {
        let text = Array(line.utf8)
        var bytes: [UInt8] = []
        var at = 0
        while at < text.count {
            if text[at] == UInt8(ascii: "<"), at + 3 < text.count, text[at + 3] == UInt8(ascii: ">"),
                let byte = UInt8(String(decoding: text[(at + 1)...(at + 2)], as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                at += 4
            } else {
                bytes.append(text[at])
                at += 1
            }
        }
        return bytes
    }

    static let all: [CheckCase] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/conformance").standardizedFileURL
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "check" }.sorted { $0.path < $1.path }.flatMap(read)
    }()

    private static func read(_ file: URL) -> [CheckCase] {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        var cases: [CheckCase] = []
        for line in text.split(separator: "\n").map(String.init) where !line.hasPrefix("#") {
            if line.hasPrefix("= ") {
                let words = line.dropFirst(2).split(separator: " ", maxSplits: 2).map(String.init)
                cases.append(
                    CheckCase(
                        topic: file.deletingPathExtension().lastPathComponent, name: words[2],
                        verdicts: "\(words[0]) \(words[1])"))
            } else if line.hasPrefix("- ") {
                cases[cases.count - 1].findings.append(String(line.dropFirst(2)))
            } else {
                cases[cases.count - 1].lines.append(line)
            }
        }
        return cases
    }
}
