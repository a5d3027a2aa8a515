import Auditing
import HL7
import Interfaces
import Journaling
import MLLP
import Synchronization
import Testing

@testable import Broker

/// What intake does beyond taking a message and answering it: answers to what we sent, application
/// acknowledgements that go elsewhere, queries.
@Suite(.timeLimit(.minutes(1))) struct IntakeExchangeTests {
    /// Makes entry `seq` one that was sent to the hospital.
    private func send(_ seq: Int64, _ desk: IntakeDesk, to endpoint: String = "hospital.inbox") async throws {
        let delivery = NewDelivery(endpoint: endpoint, route: "all", configuration: [])
        try await desk.journal.commit([Routing(seq: seq, outcome: .routed([delivery]), events: [])])
    }

    @Test func `an order response that answers a message of ours is kept with it, and neither answered nor routed`()
        async throws
    {
        let desk = try IntakeDesk()
        desk.receive(.message(Sample.admission("M1")))
        try await send(1, desk)
        #expect(desk.reply(to: desk.receive(.message(Sample.orderResponse("R1", to: "M1")))) == Answer.Reply([]))
        let entry = try #require(try await desk.journal.entry(2))
        #expect(entry.disposition == .acknowledgement && entry.routing == .exempt)
        let events = try await desk.journal.events(of: 1)
        #expect(events.last?.kind == .acknowledgementReceived)
        #expect(events.last?.text?.contains("the answer is entry 2") == true)
        #expect(desk.accepted.map(\.seq) == [1])
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.isBalanced && ledger.acknowledgement == 1)
    }

    @Test(arguments: ["M1", "OTHER", ""])
    func `a message with MSA that answers nothing of ours is a message as any other`(answered: String) async throws {
        let desk = try IntakeDesk()
        desk.receive(.message(Sample.admission("M1")))
        // It went to somebody else.
        try await send(1, desk, to: "hospital2.inbox")
        let answers = try desk.answers(to: .message(Sample.orderResponse("R1", to: answered)))
        #expect(answers.map { $0["MSA-2"] } == ["R1"])
        #expect(try await desk.journal.entry(2)?.disposition != .acknowledgement)
    }

    @Test func `an answer that asks for a commit answer gets it, and nothing more`() async throws {
        let desk = try IntakeDesk()
        desk.receive(.message(Sample.admission("M1")))
        try await send(1, desk)
        let response = Sample.orderResponse("R1", to: "M1").replacing("|P|2.5.1", "|P|2.5.1|||AL|AL")
        let number = desk.receive(.message(response))
        #expect(try Message(parsing: try #require(desk.reply(to: number)?.payloads.first))["MSA-1"] == "CA")
        #expect(desk.reply(to: number)?.payloads.count == 1 && desk.following(number).isEmpty)
    }

    @Test func `the event of an acknowledgement says what it says, by code`() async throws {
        let desk = try IntakeDesk()
        desk.receive(.message(Sample.admission("M1")))
        try await send(1, desk)
        desk.receive(
            .message(Sample.answer("AE", to: "M1", "ERR|||101|E||||Mrs Everywoman").replacing("EX|C", "HIS|GH")))
        desk.receive(.message(Sample.answer("AA", to: "M9").replacing("EX|C", "HIS|GH")))
        let texts = try await desk.journal.events(after: 0, limit: 10).filter { $0.kind == .acknowledgementReceived }
            .map(\.text)
        #expect(
            texts == [
                "AE 101 Required field missing: the answer to entry 1",
                "AE 101 Required field missing: the answer is entry 2", "AA",
            ])
    }

    // MARK: Application acknowledgements to an endpoint

    @Test func `ack-to makes the application acknowledgement a delivery of its own, in the same transaction`()
        async throws
    {
        let desk = try IntakeDesk(TestFolder.sender("ack: { to: clinic.inbox }"))
        let number = desk.receive(.message(Sample.admission("M1", ack: "AL|AL")))
        #expect(try Message(parsing: try #require(desk.reply(to: number)?.payloads.first))["MSA-1"] == "CA")
        #expect(desk.following(number).isEmpty)
        let entry = try #require(try await desk.journal.entry(2))
        #expect(entry.disposition == .answer && entry.parent == 1)
        let message = try Message(parsing: try #require(try await desk.journal.body(2)))
        #expect(message["MSA-1"] == "AA" && message["MSA-2"] == "M1" && message["MSH-15"] == "NE")
        #expect(String(decoding: message.header.controlID, as: UTF8.self) == entry.controlId)
        #expect(try await desk.journal.delivery(2, endpoint: "clinic.inbox")?.state == .queued)
        #expect(try await desk.journal.events(of: 2).map(\.kind) == [.acknowledgementMade])
        #expect(desk.accepted.map(\.resentTo) == [[], ["clinic.inbox"]])
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.isBalanced && ledger.answers == 1 && ledger.messages == 1 && ledger.queued == 1)
    }

    @Test(arguments: [("", 0), ("AL|NE", 0), ("AL|ER", 0), ("NE|SU", 1), ("AL|SU", 1)])
    func `only an application acknowledgement that is asked for is sent to ack-to`(ack: String, count: Int) async throws
    {
        let desk = try IntakeDesk(TestFolder.sender("ack: { to: clinic.inbox }"))
        desk.receive(.message(Sample.admission("M1", ack: ack)))
        desk.receive(.message(Sample.admission("M2", processing: "T", ack: ack)))
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.isBalanced && ledger.answers == count)
    }

    @Test func `a duplicate sends its application acknowledgement again, a refused control id does not`() async throws {
        let desk = try IntakeDesk(TestFolder.sender("duplicateId: refuse, ack: { to: clinic.inbox }"))
        for patient in ["P1", "P1", "P2"] {
            desk.receive(.message(Sample.admission("M1", patient: patient, ack: "AL|AL")))
        }
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.isBalanced && ledger.answers == 2 && ledger.duplicate == 1 && ledger.refused == 1)
        let parents = try await desk.journal.entries(after: 0, limit: 10).filter { $0.disposition == .answer }.map(
            \.parent)
        #expect(parents == [1, 1])
    }

    // MARK: Queries

    private static let passing = ["routes/questions.yaml": "route: questions\nreply: clinic.inbox"]

    @Test(arguments: ["", "NE|AL", "ER|AL", "NE|NE"])
    func `the receiver's response stands in place of an answer, unchanged`(ack: String) async throws {
        let asked = Mutex<[PassedQuery]>([])
        let desk = try IntakeDesk(Self.passing) { query in asked.withLock { $0.append(query) } }
        let number = desk.receive(.message(Sample.query("Q1", ack: ack)))
        let behind = desk.receive(.message(Sample.admission("M1")))
        #expect(desk.reply(to: number) == nil && desk.reply(to: behind) != nil)
        let query = try #require(asked.withLock { $0.first })
        #expect(query.reply.endpoint == "clinic.inbox" && query.seq == 1)
        query.completion(.response(Sample.response(to: "Q1")))
        #expect(desk.reply(to: number)?.payloads == [Sample.response(to: "Q1")])
        #expect(desk.accepted.map(\.seq) == [2])
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.isBalanced && ledger.queries == 1 && ledger.accepted == 1)
    }

    @Test func `in enhanced mode a query is commit accepted at once, and the response follows`() throws {
        let asked = Mutex<[PassedQuery]>([])
        let desk = try IntakeDesk(Self.passing) { query in asked.withLock { $0.append(query) } }
        let number = desk.receive(.message(Sample.query("Q1", ack: "AL|AL")))
        #expect(try desk.reply(to: number)?.payloads.map { try Message(parsing: $0)["MSA-1"] } == ["CA"])
        #expect(desk.following(number).isEmpty)
        asked.withLock { $0.first }?.completion(.response(Sample.response(to: "Q1")))
        #expect(desk.following(number) == [Sample.response(to: "Q1")])
    }

    @Test(arguments: [("", false), ("AL|AL", true)])
    func `a query that nobody answers is answered AE 207`(ack: String, follows: Bool) throws {
        let desk = try IntakeDesk(Self.passing)
        let number = desk.receive(.message(Sample.query("Q1", ack: ack)))
        let payload = follows ? desk.following(number).first : desk.reply(to: number)?.payloads.first
        let answer = try Message(parsing: try #require(payload))
        #expect(answer["MSA-1"] == "AE" && answer["MSA-2"] == "Q1" && answer["ERR-3.1"] == "207")
        #expect(answer["ERR-8"] == "nobody is asked")
    }

    @Test func `a query whose outcome cannot be stored closes the connection`() throws {
        let desk = try IntakeDesk(Self.passing) { $0.completion(.notStored) }
        #expect(desk.reply(to: desk.receive(.message(Sample.query("Q1")))) == Answer.Reply([], closes: true))
    }

    @Test func `a query in a batch is refused, since nobody waits for it there`() async throws {
        let desk = try IntakeDesk(Self.passing)
        let bytes = Sample.bytes("BHS|^~\\&|HIS|GH") + Sample.query("Q1") + Sample.bytes("BTS|1")
        let reply = try await desk.waitForReply(to: desk.receive(.message(bytes)))
        let text = Sample.text(try #require(reply.payloads.first))
        #expect(text.contains("MSA|AR|Q1") && text.contains("|200^"))
        #expect(try await desk.journal.ledger(from: nil, to: nil).isBalanced)
    }
}
