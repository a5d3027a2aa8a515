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
    private final class Desk: Sendable {
        let journal: GatedJournal
        let inbox = PipelineInbox()
        let intake: Intake
        let connection: ConnectionInfo
        let signal = Signal()
        /// Replies by frame, and what followed each.
        private let state = Mutex<(replies: [Int: Answer.Reply], following: [Int: [[UInt8]]], next: Int)>(([:], [:], 0))

        init(
            _ changes: [String: String] = [:], listener: String = "lab", isOpen: Bool = true,
            ask: @escaping @Sendable (PassedQuery) -> Void = { $0.completion(.unanswered("nobody is asked")) }
        ) throws {
            journal = GatedJournal(isOpen: isOpen)
            intake = Intake(
                journal: journal, configuration: try TestFolder.configuration(changes), inbox: inbox, events: Signal(),
                clock: .system, log: TestBroker.log, ask: ask)
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

    @Test(arguments: [("accept", "AA", "W", 2), ("hold", "AA", "W", 1), ("refuse", "AE", "E", 1)])
    func `a control id with other bytes is taken, held or refused`(
        policy: String, code: String, severity: String, routed: Int
    ) async throws {
        let desk = try Desk(Self.refusing("duplicateId: \(policy)"))
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

    @Test func `a duplicate in enhanced mode gets both of its answers again`() async throws {
        let desk = try Desk()
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
        let desk = try Desk()
        func rest(_ patient: String) throws -> String {
            let reply = desk.reply(to: desk.receive(.message(Sample.admission("M1", patient: patient))))
            return Sample.text(Array(try #require(reply?.payloads.first).drop { $0 != 0x0D }))
        }
        let plain = try rest("P1")
        let warned = try rest("P2")
        #expect(!plain.contains("205") && warned.contains("|205^Duplicate key identifier^HL70357|W|"))
        #expect(try rest("P2") == warned)
        #expect(try rest("P1") == plain)
        #expect(desk.inbox.take(10).map(\.seq) == [1, 2])
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
        let desk = try Desk()
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
        let desk = try Desk()
        let messages = Sample.admission("M1") + Sample.admission("M1", patient: "P2")
        let batch = Sample.bytes("BHS|^~\\&|HIS|GH|WL|EX") + messages + Sample.bytes("BTS|2")
        let reply = try #require(await desk.waitForReply(to: desk.receive(.message(batch))).payloads.first)
        let answers = try Batch(reply).messages.map { try Message(parsing: Array(reply[$0])) }
        #expect(answers.map { $0["MSA-1"] } == ["AA", "AA"])
        #expect(answers.map { $0["ERR-3.1"] } == [nil, "205"])
    }

    @Test(arguments: [("", "AE"), ("AL|AL", "CE"), ("ER|NE", "CE"), ("SU|NE", nil as String?), ("NE|NE", nil)])
    func `a control id with other bytes is refused to those who hear refusals`(ack: String, code: String?) throws {
        let desk = try Desk(Self.refusing("duplicateId: refuse"))
        desk.receive(.message(Sample.admission("M1", ack: ack)))
        let number = desk.receive(.message(Sample.admission("M1", patient: "P2", ack: ack)))
        let reply = try #require(desk.reply(to: number))
        #expect(try reply.payloads.map { try Message(parsing: $0)["MSA-1"] } == (code.map { [$0] } ?? []))
        #expect(desk.following(number).isEmpty)
    }

    @Test func `a duplicate that arrives while the first is committing waits for it`() throws {
        let desk = try Desk(isOpen: false)
        let numbers = (0..<2).map { _ in desk.receive(.message(Sample.admission("M1"))) }
        #expect(numbers.allSatisfy { desk.reply(to: $0) == nil })
        desk.journal.open()
        #expect(
            try numbers.map { try Message(parsing: desk.reply(to: $0)?.payloads.first ?? [])["MSA-1"] } == ["AA", "AA"])
        #expect(desk.inbox.take(10).map(\.seq) == [1])
    }

    // MARK: Answers to what we sent

    /// Makes entry `seq` one that was sent to the hospital.
    private func send(_ seq: Int64, _ desk: Desk, to endpoint: String = "hospital.inbox") async throws {
        let delivery = NewDelivery(endpoint: endpoint, route: "all", configuration: [])
        try await desk.journal.commit([Routing(seq: seq, outcome: .routed([delivery]), events: [])])
    }

    @Test func `an order response that answers a message of ours is kept with it, and neither answered nor routed`()
        async throws
    {
        let desk = try Desk()
        desk.receive(.message(Sample.admission("M1")))
        try await send(1, desk)
        #expect(desk.reply(to: desk.receive(.message(Sample.orderResponse("R1", to: "M1")))) == Answer.Reply([]))
        let entry = try #require(try await desk.journal.entry(2))
        #expect(entry.disposition == .acknowledgement && entry.routing == .exempt)
        let events = try await desk.journal.events(of: 1)
        #expect(events.last?.kind == .acknowledgementReceived)
        #expect(events.last?.text?.contains("the answer is entry 2") == true)
        #expect(desk.inbox.take(10).map(\.seq) == [1])
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.isBalanced && ledger.acknowledgement == 1)
    }

    @Test(arguments: ["M1", "OTHER", ""])
    func `a message with MSA that answers nothing of ours is a message as any other`(answered: String) async throws {
        let desk = try Desk()
        desk.receive(.message(Sample.admission("M1")))
        // It went to somebody else.
        try await send(1, desk, to: "hospital2.inbox")
        let answers = try desk.answers(to: .message(Sample.orderResponse("R1", to: answered)))
        #expect(answers.map { $0["MSA-2"] } == ["R1"])
        #expect(try await desk.journal.entry(2)?.disposition != .acknowledgement)
    }

    @Test func `an answer that asks for a commit answer gets it, and nothing more`() async throws {
        let desk = try Desk()
        desk.receive(.message(Sample.admission("M1")))
        try await send(1, desk)
        let response = Sample.orderResponse("R1", to: "M1").replacing("|P|2.5.1", "|P|2.5.1|||AL|AL")
        let number = desk.receive(.message(response))
        #expect(try Message(parsing: try #require(desk.reply(to: number)?.payloads.first))["MSA-1"] == "CA")
        #expect(desk.reply(to: number)?.payloads.count == 1 && desk.following(number).isEmpty)
    }

    @Test func `the event of an acknowledgement says what it says, by code`() async throws {
        let desk = try Desk()
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
        let desk = try Desk(Self.refusing("ack: { to: clinic.inbox }"))
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
        #expect(desk.inbox.take(10).map(\.resentTo) == [[], ["clinic.inbox"]])
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.isBalanced && ledger.answers == 1 && ledger.messages == 1 && ledger.queued == 1)
    }

    @Test(arguments: [("", 0), ("AL|NE", 0), ("AL|ER", 0), ("NE|SU", 1), ("AL|SU", 1)])
    func `only an application acknowledgement that is asked for is sent to ack-to`(ack: String, count: Int) async throws
    {
        let desk = try Desk(Self.refusing("ack: { to: clinic.inbox }"))
        desk.receive(.message(Sample.admission("M1", ack: ack)))
        desk.receive(.message(Sample.admission("M2", processing: "T", ack: ack)))
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.isBalanced && ledger.answers == count)
    }

    @Test func `a duplicate sends its application acknowledgement again, a refused control id does not`() async throws {
        let desk = try Desk(Self.refusing("duplicateId: refuse, ack: { to: clinic.inbox }"))
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
        let desk = try Desk(Self.passing) { query in asked.withLock { $0.append(query) } }
        let number = desk.receive(.message(Sample.query("Q1", ack: ack)))
        let behind = desk.receive(.message(Sample.admission("M1")))
        #expect(desk.reply(to: number) == nil && desk.reply(to: behind) != nil)
        let query = try #require(asked.withLock { $0.first })
        #expect(query.reply.endpoint == "clinic.inbox" && query.seq == 1)
        query.completion(.response(Sample.response(to: "Q1")))
        #expect(desk.reply(to: number)?.payloads == [Sample.response(to: "Q1")])
        #expect(desk.inbox.take(10).map(\.seq) == [2])
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.isBalanced && ledger.queries == 1 && ledger.accepted == 1)
    }

    @Test func `in enhanced mode a query is commit accepted at once, and the response follows`() throws {
        let asked = Mutex<[PassedQuery]>([])
        let desk = try Desk(Self.passing) { query in asked.withLock { $0.append(query) } }
        let number = desk.receive(.message(Sample.query("Q1", ack: "AL|AL")))
        #expect(try desk.reply(to: number)?.payloads.map { try Message(parsing: $0)["MSA-1"] } == ["CA"])
        #expect(desk.following(number).isEmpty)
        asked.withLock { $0.first }?.completion(.response(Sample.response(to: "Q1")))
        #expect(desk.following(number) == [Sample.response(to: "Q1")])
    }

    @Test(arguments: [("", false), ("AL|AL", true)])
    func `a query that nobody answers is answered AE 207`(ack: String, follows: Bool) throws {
        let desk = try Desk(Self.passing)
        let number = desk.receive(.message(Sample.query("Q1", ack: ack)))
        let payload = follows ? desk.following(number).first : desk.reply(to: number)?.payloads.first
        let answer = try Message(parsing: try #require(payload))
        #expect(answer["MSA-1"] == "AE" && answer["MSA-2"] == "Q1" && answer["ERR-3.1"] == "207")
        #expect(answer["ERR-8"] == "nobody is asked")
    }

    @Test func `a query whose outcome cannot be stored closes the connection`() throws {
        let desk = try Desk(Self.passing) { $0.completion(.notStored) }
        #expect(desk.reply(to: desk.receive(.message(Sample.query("Q1")))) == Answer.Reply([], closes: true))
    }

    @Test func `a query in a batch is refused, since nobody waits for it there`() async throws {
        let desk = try Desk(Self.passing)
        let bytes = Sample.bytes("BHS|^~\\&|HIS|GH") + Sample.query("Q1") + Sample.bytes("BTS|1")
        let reply = try await desk.waitForReply(to: desk.receive(.message(bytes)))
        let text = Sample.text(try #require(reply.payloads.first))
        #expect(text.contains("MSA|AR|Q1") && text.contains("|200^"))
        #expect(try await desk.journal.ledger(from: nil, to: nil).isBalanced)
    }

    // MARK: Batches

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

    @Test func `what the messages of a batch ask for is respected`() async throws {
        let desk = try Desk()
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
        #expect(desk.inbox.take(10).count == 5)
    }

    @Test(arguments: ["refuse", "forward", "hold"])
    func `a batch of which something is missing is refused as a whole`(onError: String) async throws {
        let desk = try Desk(Self.refusing("onError: \(onError)"))
        let bytes =
            Sample.bytes("BHS|^~\\&|HIS|GH|WL|EX|20260301||||B1") + Sample.admission("M1")
            + Sample.admission("M2", ack: "AL|AL") + Sample.bytes("BTS|3")
        let reply = try await desk.waitForReply(to: desk.receive(.message(bytes)))
        let answer = try #require(reply.payloads.first)
        let answers = try Batch(answer).messages.map { try Message(parsing: Array(answer[$0])) }
        #expect(answers.map { $0["MSA-1"] } == ["AR", "CE"])
        #expect(answers.allSatisfy { $0["ERR-2.1"] == "BTS" && $0["ERR-3.1"] == "207" })
        #expect(Sample.text(answer).contains("|BTS-1 announces 3 messages, and 2 came|"))
        #expect(desk.inbox.take(10).isEmpty)
        #expect(try await desk.journal.entry(1)?.findings != nil)
        let ledger = try await desk.journal.ledger(from: nil, to: nil)
        #expect(ledger.isBalanced && ledger.refused == 2 && ledger.batches == 1)
    }

    @Test func `of a file only the batch with a wrong count is refused`() async throws {
        let desk = try Desk()
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
        let desk = try Desk(Self.refusing("ack: { to: clinic.inbox }"))
        let bytes =
            Sample.bytes("BHS|^~\\&|HIS|GH") + Sample.admission("M1", ack: "AL|AL")
            + Sample.admission("M2", ack: "AL|AL")
        let reply = try await desk.waitForReply(to: desk.receive(.message(bytes)))
        let answer = try #require(reply.payloads.first)
        #expect(try Batch(answer).messages.map { try Message(parsing: Array(answer[$0]))["MSA-1"] } == ["CA", "CA"])
        let entries = try await desk.journal.entries(after: 0, limit: 10)
        #expect(entries.map(\.disposition) == [.batch, .accepted, .answer, .accepted, .answer])
        #expect(entries.map(\.parent) == [nil, 1, 2, 1, 4])
        #expect(desk.inbox.take(10).map(\.seq) == [2, 3, 4, 5])
        #expect(try await desk.journal.ledger(from: nil, to: nil).isBalanced)
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
