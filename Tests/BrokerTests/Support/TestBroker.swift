import Auditing
import Broker
import HL7
import Interfaces
import Journaling
import Logging
import MLLP
import ServiceLifecycle
import Testing

/// A broker that runs in this process, on a journal in memory.
struct TestBroker: Sendable {
    let broker: Broker
    let journal: MemoryJournal
    let addresses: [String: String]

    static let log: Logger = {
        var log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        log.logLevel = .critical
        return log
    }()

    /// Sends messages one after another on one connection.
    ///
    /// - Returns: MSA-1 of each answer.
    @discardableResult
    func send(_ messages: [[UInt8]], to listener: String = "lab") async throws -> [String] {
        let port = try #require(addresses[listener].flatMap { $0.split(separator: ":").last }.flatMap { Int($0) })
        let client = MLLPClient(host: "127.0.0.1", port: port)
        defer { client.close() }
        var codes: [String] = []
        for message in messages {
            let answer = try await client.exchange(message, timeout: .seconds(30))
            codes.append(try Message(parsing: answer)["MSA-1"] ?? "")
        }
        return codes
    }

    func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        try await holds(what, on: broker.events, condition)
    }

    /// Waits until a delivery has a state.
    func wait(_ seq: Int64, _ endpoint: String = "clinic.inbox", is state: DeliveryState) async throws {
        try await eventually("delivery \(seq) to \(endpoint) \(state)") {
            try await journal.delivery(seq, endpoint: endpoint)?.state == state
        }
    }

    func waitUntilAllSettled(_ count: Int64) async throws {
        try await eventually("\(count) entries delivered") {
            guard try await journal.lastSeq() >= count, try await journal.unrouted(after: 0, limit: 1).isEmpty else {
                return false
            }
            return try await journal.queues().isEmpty
        }
    }

    /// The kinds of the events about an entry, in order.
    func kinds(of seq: Int64) async throws -> [AuditEvent.Kind] { try await journal.events(of: seq).map(\.kind) }
}

enum BrokerEnd {
    /// SIGTERM.
    case drain
    /// As if it were killed: the journal stays as it is and can be used again.
    case crash
}

/// Runs a broker around a body.
func withBroker<Result: Sendable>(
    _ configuration: Configuration, journal: MemoryJournal = MemoryJournal(), clock: Clock = .system,
    log: Logger = TestBroker.log, end: BrokerEnd = .drain,
    _ body: (TestBroker) async throws -> Result
) async throws -> Result {
    let (ready, continuation) = AsyncStream.makeStream(of: [String: String].self)
    let broker = Broker(
        configuration: configuration, folder: "/nowhere", journal: journal, clock: clock, log: log,
        onReady: { continuation.yield($0) })
    let services = ServiceGroup(services: [broker], logger: TestBroker.log)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { continuation.finish() }
            try await services.run()
        }
        guard let addresses = await ready.first(where: { _ in true }) else {
            try await group.waitForAll()
            throw TimedOut(description: "the broker ended before it was ready")
        }
        let result: Result
        do {
            result = try await body(TestBroker(broker: broker, journal: journal, addresses: addresses))
        } catch {
            group.cancelAll()
            throw error
        }
        switch end {
        case .drain:
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        case .crash:
            group.cancelAll()
            _ = await group.nextResult()
        }
        return result
    }
}
