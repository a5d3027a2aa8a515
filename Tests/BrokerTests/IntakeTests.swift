import Auditing
import HL7
import Interfaces
import Journaling
import MLLP
import Synchronization
import Testing

@testable import Broker

/// Intake without a network: frames in, replies out, on a journal that writes when it is told.
@Suite(.timeLimit(.minutes(1))) struct IntakeTests {
    @Test func `nothing is answered before the journal has it`() throws {
        let desk = try IntakeDesk(isOpen: false)
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
        let answer = try #require(try IntakeDesk().answers(to: .message(Sample.admission("M1"))).first)
        #expect(answer["MSA-1"] == "AA")
        #expect(answer["MSA-2"] == "M1")
        #expect(answer["MSH-3"] == "WL" && answer["MSH-5"] == "HIS" && answer["MSH-6"] == "GH")
        #expect(answer["MSH-10"]?.isEmpty == false)
        #expect(answer.segment("ERR") == nil)
    }

    @Test(arguments: [("", "AR"), ("AL|NE", "CE")])
    func `what cannot be stored is refused with 207, and the connection closed`(ack: String, code: String) throws {
        let desk = try IntakeDesk()
        desk.journal.memory.fail(JournalError(.storageLost, "no disk"))
        let reply = try #require(desk.reply(to: desk.receive(.message(Sample.admission("M1", ack: ack)))))
        let answer = try Message(parsing: try #require(reply.payloads.first))
        #expect(answer["MSA-1"] == code)
        #expect(answer["ERR-3.1"] == "207")
        #expect(reply.closes)
        #expect(desk.accepted.isEmpty)
    }

    @Test func `a full journal is refused with 207, and the connection kept`() throws {
        let desk = try IntakeDesk()
        desk.journal.memory.fail(JournalError(.full, "full"))
        let reply = try #require(desk.reply(to: desk.receive(.message(Sample.admission("M1")))))
        #expect(try Message(parsing: try #require(reply.payloads.first))["ERR-3.1"] == "207")
        #expect(!reply.closes)
    }

    @Test(arguments: ["AA", "NE|NE"])
    func `a sender that hears no refusals learns of a lost journal by the closing`(kind: String) throws {
        let desk = try IntakeDesk()
        desk.journal.memory.fail(JournalError(.full, "full"))
        let message =
            kind == "AA"
            ? Sample.answer("AA", to: "X").replacing("EX|C", "HIS|GH") : Sample.admission("M1", ack: kind)
        let reply = try #require(desk.reply(to: desk.receive(.message(message))))
        #expect(reply == Answer.Reply([], closes: true))
    }

    @Test func `an unreadable frame that cannot be stored is not answered as if it were`() throws {
        let desk = try IntakeDesk()
        desk.journal.memory.fail(JournalError(.storageLost, "no disk"))
        #expect(desk.reply(to: desk.receive(.message([1, 2, 3]))) == Answer.Reply([], closes: true))
    }

    @Test func `a duplicate gets the same MSA and ERR with a new MSH-10, and is not routed again`() async throws {
        let desk = try IntakeDesk()
        let first = try #require(desk.reply(to: desk.receive(.message(Sample.admission("M1"))))?.payloads.first)
        let second = try #require(desk.reply(to: desk.receive(.message(Sample.admission("M1"))))?.payloads.first)
        func rest(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.drop { $0 != 0x0D }) }
        #expect(rest(first) == rest(second))
        #expect(try Message(parsing: first)["MSH-10"] != Message(parsing: second)["MSH-10"])
        #expect(desk.accepted.map(\.seq) == [1])
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.duplicate == 1 && ledger.isBalanced)
    }

    @Test func `a refused message is judged afresh each time`() throws {
        let desk = try IntakeDesk()
        let bad = Sample.admission("M1", processing: "T")
        #expect(try desk.answers(to: .message(bad)).first?["MSA-1"] == "AR")
        desk.intake.use(try TestFolder.configuration(TestFolder.sender("processing: [T]")))
        #expect(try desk.answers(to: .message(bad)).first?["MSA-1"] == "AA")
        #expect(desk.accepted.map(\.seq) == [2])
    }

    @Test(arguments: [("accept", "AA", "W", 2), ("hold", "AA", "W", 1), ("refuse", "AE", "E", 1)])
    func `a control id with other bytes is taken, held or refused`(
        policy: String, code: String, severity: String, routed: Int
    ) async throws {
        let desk = try IntakeDesk(TestFolder.sender("duplicateId: \(policy)"))
        #expect(try desk.answers(to: .message(Sample.admission("M1"))).first?["MSA-1"] == "AA")
        let answer = try #require(try desk.answers(to: .message(Sample.admission("M1", patient: "P2"))).first)
        #expect(answer["MSA-1"] == code)
        #expect(answer["MSA-2"] == "M1")
        #expect(answer["ERR-2"] == "MSH^1^10" && answer["ERR-3.1"] == "205" && answer["ERR-4"] == severity)
        let entry = try #require(try await desk.journal.entry(2))
        let finding = #"{"severity":"\#(severity == "W" ? "warning" : "error")","code":"205","location":"MSH-10""#
        #expect(Sample.text(entry.findings ?? []).contains(finding))
        #expect(
            try await desk.journal.events(of: 2).first?.text?.hasSuffix("control id of entry 1 with other bytes")
                == true)
        #expect(desk.accepted.count == routed)
        #expect(try await desk.journal.ledger(from: nil, to: nil).isBalanced)
    }

    @Test func `a message held for a person is answered AA and not routed`() async throws {
        let desk = try IntakeDesk(TestFolder.sender("onError: hold"))
        let faulty = Sample.admission("M1").replacing("EVERYWOMAN^EVE", "")
        #expect(try desk.answers(to: .message(faulty)).first?["MSA-1"] == "AA")
        #expect(desk.accepted.isEmpty)
        #expect(try await desk.journal.entry(1)?.disposition == .heldAtIntake)
        #expect(try await desk.journal.entry(1)?.findings != nil)
    }

    @Test func `three unreadable frames in a row close the connection, each answered AR`() throws {
        let desk = try IntakeDesk()
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
        let desk = try IntakeDesk()
        for _ in 0..<3 {
            for _ in 0..<2 { #expect(desk.reply(to: desk.receive(.message([0x41])))?.closes == false) }
            desk.receive(.message(Sample.admission("M1")))
        }
    }

    @Test func `empty frames are counted and not answered`() async throws {
        let desk = try IntakeDesk()
        #expect(desk.reply(to: desk.receive(.empty)) == Answer.Reply())
        #expect(try await desk.journal.ledger(from: nil, to: nil).emptyFrames == 1)
        #expect(try await desk.journal.lastSeq() == 0)
    }

    @Test func `a broken frame is kept and not answered`() async throws {
        let desk = try IntakeDesk()
        let start = Array("MSH|^~\\&|HIS".utf8)
        #expect(
            desk.reply(to: desk.receive(.broken(start: start, error: FrameError(.stalled, length: start.count))))
                == Answer.Reply())
        #expect(try await desk.journal.entry(1)?.disposition == .framingError)
        #expect(try await desk.journal.body(1) == start)
    }

    @Test func `an over-long frame is refused with 207 and its own control id, and the connection kept`() async throws {
        let desk = try IntakeDesk()
        let start = Array(Sample.admission("M1").prefix(90))
        let reply = try #require(desk.reply(to: desk.receive(.overlong(start: start, length: 99_999_999))))
        let answer = try Message(parsing: try #require(reply.payloads.first))
        #expect(answer["MSA-1"] == "AR" && answer["MSA-2"] == "M1" && answer["ERR-3.1"] == "207")
        #expect(!reply.closes)
        #expect(try await desk.journal.ledger(from: nil, to: nil).isBalanced)
    }

    @Test func `in enhanced mode the application answer is a message of its own after the CA`() throws {
        let desk = try IntakeDesk()
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

    @Test func `a duplicate in enhanced mode gets both of its answers again`() async throws {
        let desk = try IntakeDesk()
        let numbers = (0..<2).map { _ in desk.receive(.message(Sample.admission("M1", ack: "AL|AL"))) }
        func rest(_ bytes: [UInt8]?) -> [UInt8] { Array((bytes ?? []).drop { $0 != 0x0D }) }
        let commits = numbers.map { desk.reply(to: $0)?.payloads.first }
        #expect(rest(commits[0]) == Array("\rMSA|CA|M1\r".utf8) && rest(commits[0]) == rest(commits[1]))
        let applications = numbers.map { desk.following($0).first }
        #expect(rest(applications[0]) == Array("\rMSA|AA|M1\r".utf8) && rest(applications[0]) == rest(applications[1]))
        let ids = try (commits + applications).map { try Message(parsing: $0 ?? [])["MSH-10"] }
        #expect(Set(ids).count == 4)
        #expect(try await desk.journal.ledger(from: nil, to: nil).duplicate == 1)
    }

    @Test func `the warning of a reused control id comes again with the duplicate of that message`() throws {
        let desk = try IntakeDesk()
        func rest(_ patient: String) throws -> String {
            let reply = desk.reply(to: desk.receive(.message(Sample.admission("M1", patient: patient))))
            return Sample.text(Array(try #require(reply?.payloads.first).drop { $0 != 0x0D }))
        }
        let plain = try rest("P1")
        let warned = try rest("P2")
        #expect(!plain.contains("205") && warned.contains("|205^Duplicate key identifier^HL70357|W|"))
        #expect(try rest("P2") == warned)
        #expect(try rest("P1") == plain)
        #expect(desk.accepted.map(\.seq) == [1, 2])
    }

    @Test(arguments: [
        ("2.3", "AL|AL", "MSA|CA|M1|this control id was used before"),
        ("2.3", "", "MSA|AA|M1|this control id was used"),
        ("2.6", "AL|NE", "MSA|CA|M1|this control id was used before"),
        ("2.7", "SU|NE", "MSA|CA|M1\rERR||MSH^1^10|205^"),
        ("2.5.1", "ER|NE", ""), ("2.5.1", "NE|NE", ""),
    ])
    func `the warning of a reused control id has the shape of the version, and comes only with an answer asked for`(
        version: String, ack: String, expected: String
    ) async throws {
        let desk = try IntakeDesk()
        let numbers = ["P1", "P2"].map {
            desk.receive(.message(Sample.admission("M1", patient: $0, version: version, ack: ack)))
        }
        let reply = try #require(desk.reply(to: numbers[1]))
        let text = reply.payloads.first.map { Sample.text(Array($0.drop { $0 != 0x0D }.dropFirst())) } ?? ""
        #expect(expected.isEmpty ? text.isEmpty : text.hasPrefix(expected))
        // ERR-1 cannot say that it is a warning.
        #expect(text.contains("ERR|") == (!expected.isEmpty && version > "2.4"))
        let findings = try await desk.journal.entry(2)?.findings
        #expect(Sample.text(findings ?? []).contains(#""code":"205""#))
    }

    @Test func `a control id that comes twice in a batch with other bytes is told in the batch's answer`() async throws
    {
        let desk = try IntakeDesk()
        let messages = Sample.admission("M1") + Sample.admission("M1", patient: "P2")
        let batch = Sample.bytes("BHS|^~\\&|HIS|GH|WL|EX") + messages + Sample.bytes("BTS|2")
        let reply = try #require(await desk.waitForReply(to: desk.receive(.message(batch))).payloads.first)
        let answers = try Batch(reply).messages.map { try Message(parsing: Array(reply[$0])) }
        #expect(answers.map { $0["MSA-1"] } == ["AA", "AA"])
        #expect(answers.map { $0["ERR-3.1"] } == [nil, "205"])
    }

    @Test(arguments: [("", "AE"), ("AL|AL", "CE"), ("ER|NE", "CE"), ("SU|NE", nil as String?), ("NE|NE", nil)])
    func `a control id with other bytes is refused to those who hear refusals`(ack: String, code: String?) throws {
        let desk = try IntakeDesk(TestFolder.sender("duplicateId: refuse"))
        desk.receive(.message(Sample.admission("M1", ack: ack)))
        let number = desk.receive(.message(Sample.admission("M1", patient: "P2", ack: ack)))
        let reply = try #require(desk.reply(to: number))
        #expect(try reply.payloads.map { try Message(parsing: $0)["MSA-1"] } == (code.map { [$0] } ?? []))
        #expect(desk.following(number).isEmpty)
    }

    @Test func `a duplicate that arrives while the first is committing waits for it`() throws {
        let desk = try IntakeDesk(isOpen: false)
        let numbers = (0..<2).map { _ in desk.receive(.message(Sample.admission("M1"))) }
        #expect(numbers.allSatisfy { desk.reply(to: $0) == nil })
        desk.journal.open()
        #expect(
            try numbers.map { try Message(parsing: desk.reply(to: $0)?.payloads.first ?? [])["MSA-1"] } == ["AA", "AA"])
        #expect(desk.accepted.map(\.seq) == [1])
    }
}
