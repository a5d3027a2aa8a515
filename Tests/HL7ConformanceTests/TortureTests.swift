import Foundation
import HL7
import HL7Conformance
import Testing

/// Every message of `Fixtures/torture`, held against its row in `expectations.tsv` at two strictnesses.
@Suite struct TortureTests {
    @Test(arguments: TortureRow.all)
    func `a torture message gets the verdict and the first error it should`(row: TortureRow) throws {
        let bytes = try Array(Data(contentsOf: TortureRow.folder.appending(path: row.file)))
        for expected in row.expectations {
            let findings = Self.findings(in: bytes, strictness: expected.strictness)
            let verdict = Verdict(findings)
            #expect(verdict.rawValue == expected.verdict, "\(expected.strictness): \(findings)")
            guard verdict != .accept else { continue }
            let isFound = findings.contains { finding in
                finding.severity == .error && (expected.code.isEmpty || "\(finding.code)" == expected.code)
                    && (expected.location.isEmpty || TortureRow.erl(finding.location) == expected.location)
            }
            #expect(isFound, "\(expected.strictness): \(expected.location) \(expected.code) not in \(findings)")
        }
    }

    /// A batch is taken apart, a stream of frames is cut; then each message gets its own verdict.
    @Test(arguments: TortureRow.several)
    func `each message of a batch or stream gets its own verdict`(row: TortureRow) throws {
        let bytes = try Array(Data(contentsOf: TortureRow.folder.appending(path: row.file)))
        for expected in row.expectations {
            let validator = Validator(strictness: expected.strictness)
            var messages = row.file.hasSuffix(".wire") ? TortureRow.payloads(of: bytes) : []
            if messages.isEmpty {
                let batch = Batch(bytes)
                messages = batch.messages.map { Array(bytes[$0]) }
                #expect(Verdict(validator.findings(in: batch, of: bytes)) == .accept)
            }
            let findings = messages.map { Self.findings(in: $0, strictness: expected.strictness) }
            #expect(findings.map { Verdict($0).rawValue }.joined(separator: ",") == expected.verdict)
            let first = findings.joined().first { $0.severity == .error }
            #expect(TortureRow.erl(first?.location) == expected.location)
            #expect(first.map { "\($0.code)" } ?? "" == expected.code)
        }
    }

    @Test func `every row is either checked here or named with the reason why not`() {
        let files = Set(TortureRow.table.map { $0[0] })
        #expect(Set(TortureRow.elsewhere.keys).isSubset(of: files))
        #expect(TortureRow.all.count + TortureRow.several.count + TortureRow.elsewhere.count == files.count)
    }

    static func findings(in bytes: [UInt8], strictness: Strictness) -> [Finding] {
        do {
            return Validator(strictness: strictness).findings(in: try Message(parsing: bytes))
        } catch {
            return [Finding(error)]
        }
    }
}

struct TortureRow: CustomTestStringConvertible, Sendable {
    var file: String
    var expectations: [(strictness: Strictness, verdict: String, location: String, code: String)]
    var testDescription: String { file }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fixtures/torture").standardizedFileURL

    /// Rows that are not about one message's content, or that other parts decide.
    static let elsewhere: [String: String] = [
        "077-empty-message.hl7": "an empty frame is dropped by the listener",
        "173-dup-same-id-other-body.hl7": "the journal knows duplicates, a message alone does not",
        "177-frame-no-start.wire": "framing",
        "183-frame-empty.wire": "framing",
        "185-frame-no-mllp-eot.wire": "framing",
    ]

    /// In enhanced mode the answer is not the verdict: what the verdict must be for it.
    private static let verdictOfEnhanced = [
        "063-msh-enhanced-al-ne.hl7": ["AA", "AA"], "065-msh-enhanced-er-ne-ok.hl7": ["AA", "AA"],
        "067-msh-enhanced-su-bad.hl7": ["AR", "AR"], "069-msh-enhanced-bad-code.hl7": ["AA", "AE"],
    ]

    static let table: [[String]] = {
        guard let text = try? String(contentsOf: folder.appending(path: "expectations.tsv"), encoding: .utf8) else {
            return []
        }
        return text.split(separator: "\n").dropFirst()
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    }()

    private static func isSeveral(_ file: String) -> Bool { file.contains("-batch-") || file.hasSuffix(".wire") }

    /// Batches, and streams whose frames hold messages.
    static let several: [TortureRow] = table.filter { elsewhere[$0[0]] == nil && isSeveral($0[0]) }
        .map { row in
            TortureRow(
                file: row[0],
                expectations: [
                    (.standard, row[1].replacing("BATCH:", with: ""), row[2], row[3]),
                    (.strict, row[4].replacing("BATCH:", with: ""), row[5], row[6]),
                ])
        }

    /// What stands between the start and end bytes of frames.
    static func payloads(of bytes: [UInt8]) -> [[UInt8]] {
        bytes.split(separator: 0x1C).map { Array($0.drop { $0 == 0x0D || $0 == 0x0B }) }.filter { !$0.isEmpty }
    }

    static let all: [TortureRow] = table.filter { elsewhere[$0[0]] == nil && !isSeveral($0[0]) }
        .map { row in
            let enhanced = verdictOfEnhanced[row[0]]
            return TortureRow(
                file: row[0],
                expectations: [
                    (.standard, enhanced?[0] ?? row[1], row[2], row[3]),
                    (.strict, enhanced?[1] ?? row[4], row[5], row[6]),
                ])
        }

    /// A location as ERR-2 writes it: segment, sequence, field, repetition, component.
    static func erl(_ location: Location?) -> String {
        guard let location else { return "" }
        var parts = [location.segment, "\(location.occurrence)"]
        for part in [location.field, location.repetition, location.component, location.subcomponent] {
            guard let part else { break }
            parts.append("\(part)")
        }
        return parts.joined(separator: "^")
    }
}
