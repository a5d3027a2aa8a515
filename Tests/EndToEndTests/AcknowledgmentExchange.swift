import HL7
import MLLP
import Synchronization
import Testing

/// A running broker with senders of each kind of rule, told apart by MSH-4: `GHH` takes everything, `STRICT` has content
/// errors refused, `LATER` gets its application acknowledgements at an endpoint of its own. Messages go to files,
/// queries of `GHH` to a laboratory that answers, those of `STRICT` to one that does not.
struct AcknowledgmentExchange {
    let folder: TestFolder
    /// The data folder, as the test's folder names it.
    let data: String
    let broker: Child
    let port: Int
    /// Gets the queries of `GHH`.
    let laboratory: TestServer
    /// Gets the application acknowledgements of `LATER`.
    let acknowledgements: TestServer

    static func make(_ folder: TestFolder? = nil, data: String = "var") async throws -> AcknowledgmentExchange {
        let folder = try folder ?? TestFolder()
        let laboratory = try await TestServer.start { Array(Self.response(to: $0).utf8) }
        let silent = try await TestServer.start { _ in nil }
        let acknowledgements = try await TestServer.start { _ in nil }
        let files = [
            "broker": """
            broker: acknowledgements
            listeners:
              plain: { bind: "127.0.0.1:0", tls: off }
            """,
            "providers/general-hospital": "provider: general-hospital\nsends:\n  - as: { facility: GHH }",
            "providers/strict": "provider: strict\nsends:\n  - as: { facility: STRICT }\n    onError: refuse",
            "providers/later": """
            provider: later
            sends:
              - as: { facility: LATER }
                ack: { to: later.acks }
            receives:
              acks: { mllp: "mllp://127.0.0.1:\(acknowledgements.port)" }
            """,
            "providers/laboratory": """
            provider: laboratory
            receives:
              archive: { folder: ../archive }
              records: { mllp: "mllp://127.0.0.1:\(laboratory.port)" }
              silent: { mllp: "mllp://127.0.0.1:\(silent.port)", ackTimeout: 1s }
            """,
            "routes/all": "route: all\nto: [laboratory.archive]",
            "routes/queries":
                "route: queries\nfrom: [general-hospital]\nwhen: MSH-9.1 = \"QBP\"\nreply: laboratory.records",
            "routes/unanswered": "route: unanswered\nfrom: [strict]\nreply: laboratory.silent",
        ]
        for (name, text) in files { try folder.write("Interfaces/\(name).yaml", text + "\n") }
        let (broker, listeners) = try await folder.broker(data: data)
        return AcknowledgmentExchange(
            folder: folder, data: data, broker: broker, port: try Self.port(listeners), laboratory: laboratory,
            acknowledgements: acknowledgements)
    }

    static func port(_ listeners: [String: String]) throws -> Int {
        try #require(listeners["plain"]?.split(separator: ":").last.flatMap { Int($0) })
    }

    func close() async { await folder.close() }

    func ledger() async throws -> [String: Any] {
        let ledger = try await folder.run("ledger", "--data", data, "--format", "json")
        #expect(ledger.code == 0, "the ledger is not balanced: \(ledger.output)")
        return try TestFolder.object(ledger.output)
    }

    // MARK: Messages

    /// - Parameters:
    ///   - ack: MSH-15 and MSH-16, as `AL|NE`.
    ///   - name: PID-5; without it the message has a content error.
    static func admission(
        _ id: String, from facility: String = "GHH", ack: String = "", processing: String = "P", patient: String = "P1",
        name: String = "EVERYWOMAN^EVE"
    ) -> [UInt8] {
        bytes(
            "MSH|^~\\&|ADT|\(facility)|HUB|EX|20260301120000+0000||ADT^A01^ADT_A01|\(id)|\(processing)|2.5.1|||\(ack)",
            "EVN||20260301120000+0000", "PID|1||\(patient)^^^GHH^MR||\(name)||19700101|F", "PV1|1|I")
    }

    static func query(_ id: String, from facility: String = "GHH") -> [UInt8] {
        bytes(
            "MSH|^~\\&|ADT|\(facility)|HUB|EX|20260301120000+0000||QBP^Q22^QBP_Q21|\(id)|P|2.5.1",
            "QPD|Q22^Find Candidates^HL7|T1|@PID.5.1^EVERYWOMAN", "RCP|I")
    }

    static func response(to query: Message) -> String {
        let id = query["MSH-10"] ?? ""
        return "MSH|^~\\&|LAB|LAB|ADT|GHH|20260301120001+0000||RSP^K22^RSP_K22|R\(id)|P|2.5.1\rMSA|AA|\(id)\r"
            + "QAK|T1|OK\rQPD|Q22^Find Candidates^HL7|T1|@PID.5.1^EVERYWOMAN\rPID|||P1^^^GHH^MR||EVERYWOMAN^EVE\r"
    }

    static func bytes(_ segments: String...) -> [UInt8] { segments.flatMap { Array($0.utf8) + [0x0D] } }
}

/// One connection to the broker: messages as they are sent, answers as they come.
struct Conversation {
    private let connection: MLLPConnection
    private let frames: AsyncStream<[UInt8]>

    init(with exchange: AcknowledgmentExchange) async throws { try await self.init(port: exchange.port) }

    init(port: Int) async throws {
        let (frames, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        self.frames = frames
        connection = try await MLLPConnection.connect(
            host: "127.0.0.1", port: port,
            onFrame: { if case .message(let bytes) = $0 { continuation.yield(bytes) } },
            onClose: { _ in continuation.finish() })
    }

    /// The next payload that comes.
    func next() async throws -> [UInt8] {
        try #require(await frames.first { _ in true }, "the broker closed the connection")
    }

    /// Sends a message or a batch and gives the next payload that comes.
    func answer(to payload: [UInt8]) async throws -> [UInt8] {
        connection.write([payload])
        return try await next()
    }

    /// ``answer(to:)``, read.
    func ask(_ message: [UInt8]) async throws -> Message { try Message(parsing: try await answer(to: message)) }

    /// Whether nothing more comes and the broker closes the connection; waits for either.
    func isClosed() async -> Bool { await frames.first { _ in true } == nil }

    func close() { connection.close() }
}

/// A receiver inside the test.
final class TestServer: FrameHandler {
    private let reply: @Sendable (Message) -> [UInt8]?
    private let server = Mutex<MLLPServer?>(nil)
    private let continuation: AsyncStream<[UInt8]>.Continuation
    private let messages: AsyncStream<[UInt8]>

    private init(_ reply: @escaping @Sendable (Message) -> [UInt8]?) {
        self.reply = reply
        (messages, continuation) = AsyncStream.makeStream(of: [UInt8].self)
    }

    /// - Parameter reply: what is answered to a message; nil: nothing.
    static func start(_ reply: @escaping @Sendable (Message) -> [UInt8]?) async throws -> TestServer {
        let handler = TestServer(reply)
        let server = try await MLLPServer.bind(host: "127.0.0.1", port: 0, handler: handler)
        handler.server.withLock { $0 = server }
        return handler
    }

    var port: Int { server.withLock { $0?.port ?? 0 } }

    func received(_ frame: Frame, from connection: ConnectionInfo, answer: Answer) {
        guard case .message(let bytes) = frame, let message = try? Message(parsing: bytes) else {
            return answer.close()
        }
        continuation.yield(bytes)
        answer.send([reply(message)].compactMap { $0 })
    }

    /// The next message that comes.
    func next() async throws -> Message { try Message(parsing: #require(await messages.first { _ in true })) }
}
