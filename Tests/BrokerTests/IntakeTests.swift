import HL7
import Interfaces
import Journaling
import MLLP
import Synchronization
import Testing

@testable import Broker

/// Intake without a network: frames in, replies out, on a journal that writes when it is told.
@Suite(.timeLimit(.minutes(1))) struct IntakeTests {
    private final class Desk: Sendable {
        let journal: GatedJournal
        let inbox = PipelineInbox()
        let intake: Intake
        let connection: ConnectionInfo
        let signal = Signal()
        /// Replies by frame, and what followed each.
        private let state = Mutex<(replies: [Int: Answer.Reply], following: [Int: [[UInt8]]], next: Int)>(([:], [:], 0))

        init(_ changes: [String: String] = [:], listener: String = "lab", isOpen: Bool = true) throws {
            journal = GatedJournal(isOpen: isOpen)
            intake = Intake(
                journal: journal, configuration: try TestFolder.configuration(changes), inbox: inbox, events: Signal(),
                clock: .system, log: TestBroker.log)
            connection = ConnectionInfo(
                id: 1, listener: listener, peer: "10.0.0.1", peerPort: 1, isLoopback: false, localPort: 2)
            intake.connectionOpened(connection)
        }

        @discardableResult
        func receive(_ frame: Frame) -> Int {
            let number = state.withLock { state in
                state.next += 1
                return state.next
            }
            let answer = Answer(
                { reply in
                    self.state.withLock { $0.replies[number] = reply }
                    self.signal.fire()
                }, following: { more in self.state.withLock { $0.following[number, default: []] += more } })
            intake.received(frame, from: connection, answer: answer)
            return number
        }

        func reply(to number: Int) -> Answer.Reply? { state.withLock { $0.replies[number] } }
        func following(_ number: Int) -> [[UInt8]] { state.withLock { $0.following[number] ?? [] } }

        func waitForReply(to number: Int) async throws -> Answer.Reply {
            try await holds("a reply to frame \(number)", on: signal) { reply(to: number) != nil }
            return try #require(reply(to: number))
        }

        func answers(to frame: Frame) throws -> [Message] {
            try #require(reply(to: receive(frame))).payloads.map { try Message(parsing: $0) }
        }
    }

    private static func refusing(_ keys: String) -> [String: String] {
        [
            "providers/hospital.yaml": """
            provider: hospital
            sends:
              - { as: { application: HIS, facility: GH }, \(keys) }
            """
        ]
    }

    @Test func `nothing is answered before the journal has it`() throws {
        let desk = try Desk(isOpen: false)
        let accepted = desk.receive(.message(Sample.admission("M1")))
        let refused = desk.receive(.message(Sample.admission("M2", processing: "T")))
        let unreadable = desk.receive(.message(Array("hello".utf8)))
        #expect([accepted, refused, unreadable].allSatisfy { desk.reply(to: $0) == nil })
        desk.journal.open()
        #expect(desk.reply(to: accepted)?.payloads.count == 1)
        #expect(desk.reply(to: refused)?.payloads.count == 1)
        #expect(desk.reply(to: unreadable)?.payloads.count == 1)
    }

    @Test func `an answer repeats the control id and swaps the parties`() throws {
        let answer = try #require(try Desk().answers(to: .message(Sample.admission("M1"))).first)
        #expect(answer["MSA-1"] == "AA")
        #expect(answer["MSA-2"] == "M1")
        #expect(answer["MSH-3"] == "WL" && answer["MSH-5"] == "HIS" && answer["MSH-6"] == "GH")
        #expect(answer["MSH-10"]?.isEmpty == false)
        #expect(answer.segment("ERR") == nil)
    }

    @Test(arguments: [("", "AR"), ("AL|NE", "CE")])
    func `what cannot be stored is refused with 207, and the connection closed`(ack: String, code: String) throws {
        let desk = try Desk()
        desk.journal.memory.fail(JournalError(.storageLost, "no disk"))
        let reply = try #require(desk.reply(to: desk.receive(.message(Sample.admission("M1", ack: ack)))))
        let answer = try Message(parsing: try #require(reply.payloads.first))
        #expect(answer["MSA-1"] == code)
        #expect(answer["ERR-3.1"] == "207")
        #expect(reply.closes)
        #expect(desk.inbox.take(10).isEmpty)
    }

    @Test func `a full journal is refused with 207, and the connection kept`() throws {
        let desk = try Desk()
        desk.journal.memory.fail(JournalError(.full, "full"))
        let reply = try #require(desk.reply(to: desk.receive(.message(Sample.admission("M1")))))
        #expect(try Message(parsing: try #require(reply.payloads.first))["ERR-3.1"] == "207")
        #expect(!reply.closes)
    }

    @Test(arguments: ["AA", "NE|NE"])
    func `a sender that hears no refusals learns of a lost journal by the closing`(kind: String) throws {
        let desk = try Desk()
        desk.journal.memory.fail(JournalError(.full, "full"))
        let message =
            kind == "AA"
            ? Sample.answer("AA", to: "X").replacing("EX|C", "HIS|GH") : Sample.admission("M1", ack: kind)
        let reply = try #require(desk.reply(to: desk.receive(.message(message))))
        #expect(reply == Answer.Reply([], closes: true))
    }

    @Test func `an unreadable frame that cannot be stored is not answered as if it were`() throws {
        let desk = try Desk()
        desk.journal.memory.fail(JournalError(.storageLost, "no disk"))
        #expect(desk.reply(to: desk.receive(.message([1, 2, 3]))) == Answer.Reply([], closes: true))
    }

    @Test func `a duplicate gets the same MSA and ERR with a new MSH-10, and is not routed again`() async throws {
        let desk = try Desk()
        let first = try #require(desk.reply(to: desk.receive(.message(Sample.admission("M1"))))?.payloads.first)
        let second = try #require(desk.reply(to: desk.receive(.message(Sample.admission("M1"))))?.payloads.first)
        func rest(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.drop { $0 != 0x0D }) }
        #expect(rest(first) == rest(second))
        #expect(try Message(parsing: first)["MSH-10"] != Message(parsing: second)["MSH-10"])
        #expect(desk.inbox.take(10).map(\.seq) == [1])
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.duplicate == 1 && ledger.isBalanced)
    }

    @Test func `a refused message is judged afresh each time`() throws {
        let desk = try Desk()
        let bad = Sample.admission("M1", processing: "T")
        #expect(try desk.answers(to: .message(bad)).first?["MSA-1"] == "AR")
        desk.intake.use(try TestFolder.configuration(Self.refusing("processing: [T]")))
        #expect(try desk.answers(to: .message(bad)).first?["MSA-1"] == "AA")
        #expect(desk.inbox.take(10).map(\.seq) == [2])
    }

    @Test(arguments: [("accept", "AA", 2), ("hold", "AA", 1), ("refuse", "AE", 1)])
    func `a control id with other bytes is taken, held or refused`(policy: String, code: String, routed: Int)
        async throws
    {
        let desk = try Desk(Self.refusing("duplicateId: \(policy)"))
        #expect(try desk.answers(to: .message(Sample.admission("M1"))).first?["MSA-1"] == "AA")
        let answer = try #require(try desk.answers(to: .message(Sample.admission("M1", patient: "P2"))).first)
        #expect(answer["MSA-1"] == code)
        #expect(answer["MSA-2"] == "M1")
        #expect(answer["ERR-3.1"] == (code == "AE" ? "205" : nil))
        #expect(desk.inbox.take(10).count == routed)
        #expect(try await desk.journal.ledger(from: nil, to: nil).isBalanced)
    }

    @Test func `a message held for a person is answered AA and not routed`() async throws {
        let desk = try Desk(Self.refusing("onError: hold"))
        let faulty = Sample.admission("M1").replacing("EVERYWOMAN^EVE", "")
        #expect(try desk.answers(to: .message(faulty)).first?["MSA-1"] == "AA")
        #expect(desk.inbox.take(10).isEmpty)
        #expect(try await desk.journal.entry(1)?.disposition == .heldAtIntake)
        #expect(try await desk.journal.entry(1)?.findings != nil)
    }

    @Test func `three unreadable frames in a row close the connection, each answered AR`() throws {
        let desk = try Desk()
        for round in 1...2 {
            let reply = try #require(desk.reply(to: desk.receive(.message([0x41, UInt8(round)]))))
            let answer = try Message(parsing: try #require(reply.payloads.first))
            #expect(answer["MSA-1"] == "AR")
            #expect(answer["MSA-2"] ?? "" == "")
            #expect(!reply.closes)
        }
        #expect(try #require(desk.reply(to: desk.receive(.message([0x41])))).closes)
    }

    @Test func `a readable frame in between starts the count anew`() throws {
        let desk = try Desk()
        for _ in 0..<3 {
            for _ in 0..<2 { #expect(desk.reply(to: desk.receive(.message([0x41])))?.closes == false) }
            desk.receive(.message(Sample.admission("M1")))
        }
    }

    @Test func `empty frames are counted and not answered`() async throws {
        let desk = try Desk()
        #expect(desk.reply(to: desk.receive(.empty)) == Answer.Reply())
        #expect(try await desk.journal.ledger(from: nil, to: nil).emptyFrames == 1)
        #expect(try await desk.journal.lastSeq() == 0)
    }

    @Test func `a broken frame is kept and not answered`() async throws {
        let desk = try Desk()
        let start = Array("MSH|^~\\&|HIS".utf8)
        #expect(
            desk.reply(to: desk.receive(.broken(start: start, error: FrameError(.stalled, length: start.count))))
                == Answer.Reply())
        #expect(try await desk.journal.entry(1)?.disposition == .framingError)
        #expect(try await desk.journal.body(1) == start)
    }

    @Test func `an over-long frame is refused with 207 and its own control id, and the connection kept`() async throws {
        let desk = try Desk()
        let start = Array(Sample.admission("M1").prefix(90))
        let reply = try #require(desk.reply(to: desk.receive(.overlong(start: start, length: 99_999_999))))
        let answer = try Message(parsing: try #require(reply.payloads.first))
        #expect(answer["MSA-1"] == "AR" && answer["MSA-2"] == "M1" && answer["ERR-3.1"] == "207")
        #expect(!reply.closes)
        #expect(try await desk.journal.ledger(from: nil, to: nil).isBalanced)
    }

    @Test func `in enhanced mode the application answer is a message of its own after the CA`() throws {
        let desk = try Desk()
        let number = desk.receive(.message(Sample.admission("M1", ack: "AL|AL")))
        let commit = try Message(parsing: try #require(desk.reply(to: number)?.payloads.first))
        #expect(commit["MSA-1"] == "CA" && commit["MSA-2"] == "M1")
        let application = try Message(parsing: try #require(desk.following(number).first))
        #expect(application["MSA-1"] == "AA" && application["MSA-2"] == "M1")
        #expect(application["MSH-15"] == "NE" && application["MSH-16"] == "NE")
        #expect(application["MSH-10"] != commit["MSH-10"])
        let refused = desk.receive(.message(Sample.admission("M2", processing: "T", ack: "AL|AL")))
        #expect(try desk.reply(to: refused)?.payloads.map { try Message(parsing: $0)["MSA-1"] } == ["CR"])
        #expect(desk.following(refused).isEmpty)
    }

    @Test func `a batch is one entry, its messages others, and its answer a batch of answers`() async throws {
        let desk = try Desk()
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
        #expect(desk.inbox.take(10).map(\.seq) == [2])
    }

    @Test func `a message of a batch that cannot be read is refused, not passed over`() async throws {
        let desk = try Desk([
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
        let desk = try Desk()
        let bytes = Array("BHS|^~\\&\r".utf8) + (0...10_000).flatMap { _ in Array("MSH|^~\\&\r".utf8) }
        let reply = try await desk.waitForReply(to: desk.receive(.message(bytes)))
        #expect(try Message(parsing: try #require(reply.payloads.first))["MSA-1"] == "AR")
        #expect(try await desk.journal.lastSeq() == 1)
        #expect(try await desk.journal.ledger(from: nil, to: nil).isBalanced)
    }

    @Test func `frames behind a long one keep their place`() async throws {
        let desk = try Desk()
        var long = Sample.admission("M0")
        for _ in 0..<2_000 { long += Array("NTE|1||\(String(repeating: "x", count: 100))\r".utf8) }
        var last = desk.receive(.message(long))
        for number in 1...50 { last = desk.receive(.message(Sample.admission("M\(number)"))) }
        _ = try await desk.waitForReply(to: last)
        let entries = try await desk.journal.entries(after: 0, limit: 100)
        #expect(entries.map(\.controlId) == (0...50).map { "M\($0)" })
        #expect(desk.inbox.take(100).map(\.seq) == (1...51).map { Int64($0) })
    }
}
