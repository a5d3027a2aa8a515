import Foundation
import HL7
import Journaling
import Testing

@testable import Broker

/// Every message of `Fixtures/torture`, and frames as they stand on the wire, sent to a running broker.
@Suite(.timeLimit(.minutes(5))) struct LiveTortureTests {
    struct Row: Sendable {
        var file: String
        var outcome: String
        /// ERR-2 and table 0357, where something is refused.
        var location: String
        var code: String
    }

    /// How the messages are judged: columns of the expectations.
    enum Judged: Int, CaseIterable {
        case standard = 1
        case strict = 4
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fixtures/torture").standardizedFileURL

    private static func rows(_ judged: Judged) throws -> [Row] {
        let text = try String(contentsOf: folder.appending(path: "expectations.tsv"), encoding: .utf8)
        return text.split(separator: "\n").dropFirst().map { line in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            let first = judged.rawValue
            return Row(
                file: cells[0], outcome: cells[first], location: cells[first + 1], code: cells[first + 2])
        }
    }

    /// The answers as the expectations name them.
    private static func outcome(_ payloads: [[UInt8]]) throws -> String {
        let codes = try payloads.map { payload -> String in
            let batch = Batch(payload)
            guard batch.isBatch else { return try Message(parsing: payload)["MSA-1"] ?? "" }
            let codes = try batch.messages.map { try Message(parsing: Array(payload[$0]))["MSA-1"] ?? "" }
            return "BATCH:" + codes.joined(separator: ",")
        }
        return codes.joined(separator: ",")
    }

    /// Whether an answer names the error at its place, in the shape of its version.
    private static func names(_ row: Row, _ payload: [UInt8]) throws -> Bool {
        let message = try Message(parsing: payload)
        return message.segments("ERR").contains { segment in
            let modern = (segment.field(2)?.text ?? "", segment.field(3)?.component(1)?.text ?? "")
            let old = (segment.field(1)?.repetitions ?? []).map { repetition in
                (
                    [1, 2, 3].compactMap { repetition.component($0)?.text }.joined(separator: "^"),
                    repetition.component(4)?.subcomponent(1)?.text ?? ""
                )
            }
            return ([modern] + old).contains { location, code in
                code == row.code
                    && (row.location.isEmpty || location == row.location || row.location.hasPrefix(location + "^")
                        || location.hasPrefix(row.location + "^"))
            }
        }
    }

    @Test(arguments: Judged.allCases)
    func `every torture message gets the answer it should`(judged: Judged) async throws {
        let sender = """
            provider: bench
            sends:
              - { listener: bench, strictness: \(judged), onError: refuse }
            """
        try await withBroker(try TestFolder.configuration(["providers/bench.yaml": sender])) { test in
            let port = try #require(test.addresses["bench"]?.split(separator: ":").last.flatMap { Int($0) })
            for row in try Self.rows(judged) where row.file.hasSuffix(".hl7") {
                let bytes = try Array(Data(contentsOf: Self.folder.appending(path: row.file)))
                let payloads = try await RawExchange.payloads(sending: RawExchange.framed(bytes), port: port)
                let expected = ["DROP", "NOACK"].contains(row.outcome) ? "" : row.outcome
                #expect(try Self.outcome(payloads) == expected, "\(row.file)")
                guard !row.code.isEmpty, let payload = payloads.first else { continue }
                #expect(
                    try Self.names(row, payload), "\(row.file): \(row.location) \(row.code) \(Sample.text(payload))")
            }
            #expect(try await test.journal.ledger(from: nil, to: nil).isBalanced)
        }
    }

    struct Wire: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        var outcome: String
        /// What was stored: entries of messages, and framing errors.
        var messages = 0
        var framingErrors = 0
    }

    private static let one = Sample.admission("F1", header: "LAB|N")
    private static let two = Sample.admission("F2", header: "LAB|N")

    @Test(arguments: [
        Wire(
            testDescription: "two frames in one write", bytes: RawExchange.framed(one) + RawExchange.framed(two),
            outcome: "AA,AA", messages: 2),
        Wire(testDescription: "no start block", bytes: one + [0x1C, 0x0D], outcome: ""),
        Wire(
            testDescription: "no CR after the first end block",
            bytes: [0x0B] + one + [0x1C] + RawExchange.framed(two), outcome: "AA,AA", messages: 2),
        Wire(
            testDescription: "a line feed after the end block",
            bytes: [0x0B] + one + [0x1C, 0x0A] + RawExchange.framed(two), outcome: "AA,AA", messages: 2),
        Wire(
            testDescription: "a start block inside the body",
            bytes: RawExchange.framed(one.replacing("EVERYWOMAN", "EVERY\u{0B}WOMAN")), outcome: "AE", messages: 1),
        Wire(testDescription: "an empty frame", bytes: [0x0B, 0x1C, 0x0D], outcome: ""),
        Wire(testDescription: "no end block", bytes: [0x0B] + one, outcome: "", framingErrors: 1),
        Wire(
            testDescription: "a new frame before the end of the first",
            bytes: [0x0B] + one + RawExchange.framed(two), outcome: "AA", messages: 1, framingErrors: 1),
        Wire(
            testDescription: "bytes between frames",
            bytes: RawExchange.framed(one) + Array("noise\r\n".utf8) + RawExchange.framed(two), outcome: "AA,AA",
            messages: 2),
        Wire(
            testDescription: "an end block inside the body",
            bytes: RawExchange.framed(one.replacing("EVERYWOMAN", "EVERY\u{1C}WOMAN")), outcome: "AE", messages: 1),
        Wire(
            testDescription: "an unreadable frame and then a message",
            bytes: RawExchange.framed(Array("<ADT_A01/>".utf8)) + RawExchange.framed(one), outcome: "AR,AA",
            messages: 1,
            framingErrors: 1),
        Wire(
            testDescription: "four unreadable frames",
            bytes: (1...4).flatMap { _ in RawExchange.framed(Array("GET / HTTP/1.1".utf8)) }, outcome: "AR,AR,AR",
            framingErrors: 4),
        Wire(
            testDescription: "a batch and a message behind it",
            bytes: RawExchange.framed(Sample.bytes("BHS|^~\\&|LAB|N") + one + Sample.bytes("BTS|1"))
                + RawExchange.framed(two), outcome: "BATCH:AA,AA", messages: 2),
        Wire(
            testDescription: "a batch with a wrong count",
            bytes: RawExchange.framed(Sample.bytes("BHS|^~\\&|LAB|N") + one + Sample.bytes("BTS|2")),
            outcome: "BATCH:AR", messages: 1),
        Wire(
            testDescription: "two messages in one frame", bytes: RawExchange.framed(one + two), outcome: "AE",
            messages: 1),
        Wire(
            testDescription: "the same message twice", bytes: RawExchange.framed(one) + RawExchange.framed(one),
            outcome: "AA,AA", messages: 2),
    ])
    func `frames are cut as they should be`(wire: Wire) async throws {
        try await withBroker(try TestFolder.configuration()) { test in
            let port = try #require(test.addresses["bench"]?.split(separator: ":").last.flatMap { Int($0) })
            let payloads = try await RawExchange.payloads(sending: wire.bytes, port: port)
            #expect(try Self.outcome(payloads) == wire.outcome)
            let ledger = try await test.journal.ledger(from: nil, to: nil)
            #expect(ledger.isBalanced && ledger.messages == wire.messages)
            #expect(ledger.framingErrors == wire.framingErrors)
        }
    }
}
