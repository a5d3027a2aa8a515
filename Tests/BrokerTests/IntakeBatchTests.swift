import Auditing
import HL7
import Interfaces
import Journaling
import MLLP
import Synchronization
import Testing

@testable import Broker

@Suite(.timeLimit(.minutes(1))) struct IntakeBatchTests {
    @Test func `a batch is one entry, its messages others, and its answer a batch of answers`() async throws {
        let desk = try IntakeDesk()
        let bytes =
            Sample.bytes("BHS|^~\\&|HIS|GH|WL|EX|20260301||||B1") + Sample.admission("M1")
            + Sample.admission("M2", processing: "T") + Sample.admission("M1") + Sample.bytes("BTS|3")
        let reply = try await desk.waitForReply(to: desk.receive(.message(bytes)))
        let answer = try #require(reply.payloads.first)
        let batch = Batch(answer)
        #expect(batch.envelope.count == 2)
        let answers = try batch.messages.map { try Message(parsing: Array(answer[$0])) }
        #expect(answers.map { $0["MSA-1"] } == ["AA", "AR", "AA"])
        #expect(answers.map { $0["MSA-2"] } == ["M1", "M2", "M1"])
        #expect(Sample.text(answer).hasPrefix("BHS|^~\\&|WL|EX|HIS|GH|"))
        #expect(Sample.text(answer).hasSuffix("BTS|3\r"))
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.isBalanced && ledger.batches == 1 && ledger.batched == 2 && ledger.duplicateInBatch == 1)
        #expect(desk.accepted.map(\.seq) == [2])
    }

    @Test func `what the messages of a batch ask for is respected`() async throws {
        let desk = try IntakeDesk()
        let asks = ["", "AL|NE", "NE|NE", "AL|AL", "ER|NE"]
        let bytes =
            Sample.bytes("BHS|^~\\&|HIS|GH|WL|EX|20260301||||B1")
            + asks.enumerated().flatMap { Sample.admission("M\($0)", ack: $1) } + Sample.bytes("BTS|5")
        let reply = try await desk.waitForReply(to: desk.receive(.message(bytes)))
        let answer = try #require(reply.payloads.first)
        let codes = try Batch(answer).messages.map { range in
            let message = try Message(parsing: Array(answer[range]))
            return "\(message["MSA-1"] ?? "") \(message["MSA-2"] ?? "")"
        }
        #expect(codes == ["AA M0", "CA M1", "CA M3", "AA M3"])
        #expect(Sample.text(answer).hasSuffix("BTS|4\r"))
        #expect(desk.accepted.count == 5)
    }

    @Test(arguments: ["refuse", "forward", "hold"])
    func `a batch of which something is missing is refused as a whole`(onError: String) async throws {
        let desk = try IntakeDesk(TestFolder.sender("onError: \(onError)"))
        let bytes =
            Sample.bytes("BHS|^~\\&|HIS|GH|WL|EX|20260301||||B1") + Sample.admission("M1")
            + Sample.admission("M2", ack: "AL|AL") + Sample.bytes("BTS|3")
        let reply = try await desk.waitForReply(to: desk.receive(.message(bytes)))
        let answer = try #require(reply.payloads.first)
        let answers = try Batch(answer).messages.map { try Message(parsing: Array(answer[$0])) }
        #expect(answers.map { $0["MSA-1"] } == ["AR", "CE"])
        #expect(answers.allSatisfy { $0["ERR-2.1"] == "BTS" && $0["ERR-3.1"] == "207" })
        #expect(Sample.text(answer).contains("|BTS-1 announces 3 messages, and 2 came|"))
        #expect(desk.accepted.isEmpty)
        #expect(try await desk.journal.entry(1)?.findings != nil)
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.isBalanced && ledger.refused == 2 && ledger.batches == 1)
    }

    @Test func `of a file only the batch with a wrong count is refused`() async throws {
        let desk = try IntakeDesk()
        let header = Sample.bytes("BHS|^~\\&|HIS|GH")
        let bytes =
            Sample.bytes("FHS|^~\\&|HIS|GH|WL|EX|20260301||||F1") + header + Sample.admission("M1")
            + Sample.bytes("BTS|1") + header + Sample.admission("M2") + Sample.bytes("BTS|2", "FTS|2")
        let reply = try await desk.waitForReply(to: desk.receive(.message(bytes)))
        let answer = try #require(reply.payloads.first)
        #expect(try Batch(answer).messages.map { try Message(parsing: Array(answer[$0]))["MSA-1"] } == ["AA", "AR"])
        #expect(Batch(answer).parts.count == 2 && Batch(answer).countMismatches(in: answer).isEmpty)
    }

    @Test func `application acknowledgements of a batch go to ack-to, one by one`() async throws {
        let desk = try IntakeDesk(TestFolder.sender("ack: { to: clinic.inbox }"))
        let bytes =
            Sample.bytes("BHS|^~\\&|HIS|GH") + Sample.admission("M1", ack: "AL|AL")
            + Sample.admission("M2", ack: "AL|AL")
        let reply = try await desk.waitForReply(to: desk.receive(.message(bytes)))
        let answer = try #require(reply.payloads.first)
        #expect(try Batch(answer).messages.map { try Message(parsing: Array(answer[$0]))["MSA-1"] } == ["CA", "CA"])
        let entries = try await desk.journal.entries(after: 0, limit: 10)
        #expect(entries.map(\.disposition) == [.batch, .accepted, .answer, .accepted, .answer])
        #expect(entries.map(\.parent) == [nil, 1, 2, 1, 4])
        #expect(desk.accepted.map(\.seq) == [2, 3, 4, 5])
        #expect(try await desk.journal.ledger(from: nil, to: nil).isBalanced)
    }

    @Test func `a message of a batch that cannot be read is refused, not passed over`() async throws {
        let desk = try IntakeDesk([
            "broker.yaml": """
            broker: riverside
            listeners:
              lab: { bind: "127.0.0.1:0", tls: off, limits: { segments: 4 } }
            """
        ])
        let bytes =
            Sample.bytes("BHS|^~\\&|HIS|GH") + Sample.admission("M1") + Sample.admission("M2")
            + Sample.bytes("NTE|1", "BTS|2")
        let reply = try await desk.waitForReply(to: desk.receive(.message(bytes)))
        let answer = try #require(reply.payloads.first)
        #expect(try Batch(answer).messages.map { try Message(parsing: Array(answer[$0]))["MSA-1"] } == ["AA", "AR"])
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.isBalanced && ledger.refused == 1)
    }

    @Test func `a batch of too many messages is refused as a whole`() async throws {
        let desk = try IntakeDesk()
        let bytes = Array("BHS|^~\\&\r".utf8) + (0...10_000).flatMap { _ in Array("MSH|^~\\&\r".utf8) }
        let reply = try await desk.waitForReply(to: desk.receive(.message(bytes)))
        #expect(try Message(parsing: try #require(reply.payloads.first))["MSA-1"] == "AR")
        #expect(try await desk.journal.lastSeq() == 1)
        #expect(try await desk.journal.ledger(from: nil, to: nil).isBalanced)
    }

    @Test func `frames behind a long one keep their place`() async throws {
        let desk = try IntakeDesk()
        var long = Sample.admission("M0")
        for _ in 0..<2_000 { long += Array("NTE|1||\(String(repeating: "x", count: 100))\r".utf8) }
        var last = desk.receive(.message(long))
        for number in 1...50 { last = desk.receive(.message(Sample.admission("M\(number)"))) }
        _ = try await desk.waitForReply(to: last)
        let entries = try await desk.journal.entries(after: 0, limit: 100)
        #expect(entries.map(\.controlId) == (0...50).map { "M\($0)" })
        #expect(desk.accepted.map(\.seq) == (1...51).map { Int64($0) })
    }
}
