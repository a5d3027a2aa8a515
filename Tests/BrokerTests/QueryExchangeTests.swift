import Auditing
import HL7
import Journaling
import MLLP
import Synchronization
import Testing

@testable import Broker

/// Queries on their way through the broker to a receiver and back.
@Suite(.timeLimit(.minutes(2))) struct QueryExchangeTests {
    private func withClinic(
        _ receiver: TestReceiver, _ keys: String = "", _ body: (TestBroker) async throws -> Void
    ) async throws {
        try await withReceiver(receiver) { port in
            let changes = TestFolder.clinic(port: port, keys).merging([
                "routes/questions.yaml": "route: questions\nfrom: [hospital]\nreply: clinic.inbox"
            ]) { $1 }
            try await withBroker(try TestFolder.configuration(changes)) { try await body($0) }
        }
    }

    /// Sends messages in one write and gives the answers in the order in which they come.
    private func exchange(_ messages: [[UInt8]], _ count: Int, _ test: TestBroker) async throws -> [[UInt8]] {
        let port = try #require(test.addresses["lab"]?.split(separator: ":").last.flatMap { Int($0) })
        let frames = Mutex<[[UInt8]]>([])
        let signal = Signal()
        let connection = try await MLLPConnection.connect(
            host: "127.0.0.1", port: port,
            onFrame: { frame in
                if case .message(let bytes) = frame { frames.withLock { $0.append(bytes) } }
                signal.fire()
            }, onClose: { _ in })
        defer { connection.close() }
        connection.write(messages)
        try await holds("\(count) answers", on: signal) { frames.withLock(\.count) >= count }
        return frames.withLock { $0 }
    }

    @Test func `the receiver's response comes back byte for byte, journaled and audited`() async throws {
        let receiver = TestReceiver { .bytes(Sample.response(to: $0.id)) }
        try await withClinic(receiver) { test in
            let answers = try await exchange([Sample.query("Q1")], 1, test)
            #expect(answers == [Sample.response(to: "Q1")])
            #expect(receiver.received.map(\.bytes) == [Sample.query("Q1")])
            let response = try #require(try await test.journal.entry(2))
            #expect(response.disposition == .answer && response.parent == 1 && response.provider == "clinic")
            #expect(try await test.journal.body(2) == Sample.response(to: "Q1"))
            #expect(try await test.kinds(of: 1) == [.messageReceived, .queryAnswered])
            #expect(try await test.kinds(of: 2) == [.queryAnswered])
            let ledger = try await test.journal.ledger(from: nil, to: nil)
            #expect(ledger.isBalanced && ledger.queries == 1 && ledger.answers == 1 && ledger.deliveries == 0)
        }
    }

    @Test func `frames behind a query keep their place, and other connections do not wait`() async throws {
        let receiver = TestReceiver { $0.id.hasPrefix("Q") ? .later : .code("AA") }
        try await withClinic(receiver) { test in
            async let answers = exchange([Sample.admission("M1"), Sample.query("Q1"), Sample.admission("M2")], 3, test)
            try await receiver.waitFor(1)
            // Another connection, while the query waits.
            #expect(try await test.send([Sample.admission("M3")]) == ["AA"])
            try await holds("the query at the receiver", on: receiver.signal) { receiver.ids.contains("Q1") }
            receiver.release()
            let ids = try await answers.map { try Message(parsing: $0)["MSA-2"] }
            #expect(ids == ["M1", "Q1", "M2"])
        }
    }

    @Test func `a receiver that does not answer in time is an AE 207, and its late answer nobody's`() async throws {
        let receiver = TestReceiver { $0.id == "Q1" ? .later : .bytes(Sample.response(to: $0.id)) }
        try await withClinic(receiver, "ackTimeout: 100ms") { test in
            let answer = try Message(parsing: try #require(try await exchange([Sample.query("Q1")], 1, test).first))
            #expect(answer["MSA-1"] == "AE" && answer["MSA-2"] == "Q1" && answer["ERR-3.1"] == "207")
            #expect(answer["ERR-8"] == "the receiver did not answer in time")
            #expect(try await test.kinds(of: 1) == [.messageReceived, .queryUnanswered])
            receiver.release()
            let ledger = try await test.journal.ledger(from: nil, to: nil)
            #expect(ledger.isBalanced && ledger.queries == 1 && ledger.answers == 0)
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var reply: TestReceiver.Reply
        var text: String
    }

    @Test(arguments: [
        Refusal(testDescription: "another message", reply: .code("X"), text: "no answer to the query"),
        Refusal(testDescription: "a commit error", reply: .bytes(Sample.answer("CE", to: "Q1")), text: "answered CE"),
        Refusal(testDescription: "a closed connection", reply: .close, text: "closed the connection"),
        Refusal(
            testDescription: "an answer to something else", reply: .bytes(Sample.response(to: "Q9")),
            text: "answer to another message"),
    ])
    func `what is no response is an AE 207 that says so`(refusal: Refusal) async throws {
        let receiver = TestReceiver { _ in refusal.reply }
        try await withClinic(receiver) { test in
            let answer = try Message(parsing: try #require(try await exchange([Sample.query("Q1")], 1, test).first))
            #expect(answer["MSA-1"] == "AE" && answer["ERR-3.1"] == "207")
            #expect(answer["ERR-8"]?.contains(refusal.text) == true, "\(answer["ERR-8"] ?? "")")
        }
    }

    @Test func `a receiver of enhanced mode may commit first`() async throws {
        let receiver = TestReceiver { .all([Sample.answer("CA", to: $0.id), Sample.response("AE", to: $0.id)]) }
        try await withClinic(receiver, "ackMode: asSent") { test in
            let answers = try await exchange([Sample.query("Q1")], 1, test)
            #expect(answers == [Sample.response("AE", to: "Q1")])
        }
    }

    @Test func `who asks in enhanced mode gets the commit answer, and then the response`() async throws {
        let receiver = TestReceiver { .bytes(Sample.response(to: $0.id)) }
        try await withClinic(receiver) { test in
            let answers = try await exchange([Sample.query("Q1", ack: "AL|AL")], 2, test)
            #expect(try Message(parsing: answers[0])["MSA-1"] == "CA")
            #expect(answers[1] == Sample.response(to: "Q1"))
        }
    }

    @Test func `no more connections are used than the endpoint allows`() async throws {
        let receiver = TestReceiver { .bytes(Sample.response(to: $0.id)) }
        try await withClinic(receiver, "connections: 2") { test in
            let answers = try await exchange((1...50).map { Sample.query("Q\($0)") }, 50, test)
            #expect(answers == (1...50).map { Sample.response(to: "Q\($0)") })
            #expect(Set(receiver.received.map(\.connection)).count <= 2)
        }
    }

    @Test func `a paused endpoint is not asked`() async throws {
        let receiver = TestReceiver()
        try await withClinic(receiver) { test in
            try await test.broker.pause("clinic.inbox", ChangeRequest(actor: "uid:1", reason: "maintenance"))
            let answer = try Message(parsing: try #require(try await exchange([Sample.query("Q1")], 1, test).first))
            #expect(answer["ERR-8"] == "clinic.inbox is paused")
            #expect(receiver.received.isEmpty)
        }
    }
}
