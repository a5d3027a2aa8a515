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

    @Test func `every row is either checked here or named with the reason why not`() {
        let files = Set(TortureRow.table.map { $0[0] })
        #expect(Set(TortureRow.elsewhere.keys).isSubset(of: files))
        #expect(TortureRow.all.count + TortureRow.elsewhere.count == files.count)
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
        "165-batch-full.hl7": "a batch is taken apart first",
        "167-batch-no-trailers.hl7": "a batch is taken apart first",
        "169-batch-empty.hl7": "a batch is taken apart first",
        "173-dup-same-id-other-body.hl7": "the journal knows duplicates, a message alone does not",
        "175-frame-two-pipelined.wire": "framing",
        "177-frame-no-start.wire": "framing",
        "179-frame-no-final-cr.wire": "framing",
        "181-frame-0b-inside.wire": "framing",
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

    static let all: [TortureRow] = table.filter { elsewhere[$0[0]] == nil }
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
