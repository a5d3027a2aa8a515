import Auditing
import HL7
import Interfaces
import Journaling
import MLLP
import Synchronization
import Testing

@testable import Broker

/// How fast, when and where to an endpoint sends.
@Suite(.timeLimit(.minutes(2))) struct PaceTests {
    private let someone = ChangeRequest(actor: "uid:1000", reason: "asked for")

    @Test func `a rate spaces the attempts`() async throws {
        let receiver = TestReceiver()
        try await withReceiver(receiver) { port in
            let files = TestFolder.clinic(port: port, "rate: 10, connections: 4")
            try await withBroker(try TestFolder.configuration(files)) { test in
                let began = Clock.system.now()
                try await test.send((1...5).map { Sample.admission("M\($0)", patient: "P\($0)") })
                try await test.waitUntilAllSettled(5)
                var times: [Int64] = []
                for seq in 1...5 { times += try await test.journal.attempts(of: Int64(seq)).map(\.at) }
                // The first may leave at once, the fifth four tenths of a second later.
                #expect(times.count == 5)
                #expect(try #require(times.max()) - began >= 390_000)
            }
        }
    }

    @Test func `a receiver that is away is said once, and once that it is back`() async throws {
        let receiver = TestReceiver()
        let reserved = try ReservedPort()
        let port = reserved.number
        let logs = LogCollector()
        let files = TestFolder.clinic(port: port, "connections: 4, breaker: 3")
        try await withBroker(try TestFolder.configuration(files), log: logs.logger) { test in
            try await test.send((1...40).map { Sample.admission("M\($0)", patient: "P\($0)") })
            try await test.eventually("many attempts") {
                try await test.journal.events(after: 0, limit: .max).count { $0.kind == .deliveryRetry } >= 25
            }
            let back = try await MLLPServer.bind(host: "127.0.0.1", port: port, handler: receiver)
            try await test.waitUntilAllSettled(40)
            await back.shutdown(drain: .zero)
            #expect(logs.lines.count { $0.contains("the receiver is away") } == 1)
            #expect(logs.lines.count { $0.contains("the receiver is back") } == 1)
            #expect(!logs.lines.contains { $0.contains("delivery fails") })
            #expect(Set(receiver.ids).count == 40)
        }
    }

    @Test func `while a receiver is away one delivery at a time tries`() async throws {
        let reserved = try ReservedPort()
        let files = TestFolder.clinic(port: reserved.number, "connections: 8, breaker: 1")
        try await withBroker(try TestFolder.configuration(files)) { test in
            try await test.send((1...8).map { Sample.admission("M\($0)", patient: "P\($0)") })
            try await test.eventually("attempts") {
                try await test.journal.events(after: 0, limit: .max).count { $0.kind == .deliveryRetry } >= 30
            }
            let events = try await test.journal.events(after: 0, limit: .max)
            let times = events.filter { $0.kind == .deliveryRetry }.map(\.at).sorted()
            // All eight may have been under way at the first failure. Later the waits are of 16 ms at least.
            let gaps = zip(times.dropFirst(16), times.dropFirst(17)).map { $1 - $0 }
            #expect(gaps.allSatisfy { $0 > 8_000 }, "\(gaps)")
        }
    }

    // MARK: Other addresses

    @Test func `another address is used while the first is away, and the first again when it is back`() async throws {
        let order = Mutex<[String]>([])
        let first = TestReceiver { one in
            order.withLock { $0.append("first \(one.id)") }
            return .code("AA")
        }
        let second = TestReceiver { one in
            order.withLock { $0.append("second \(one.id)") }
            return .code("AA")
        }
        let reserved = try ReservedPort()
        let port = reserved.number
        try await withReceiver(second) { other in
            let files = [
                "providers/clinic.yaml": """
                provider: clinic
                receives:
                  inbox:
                    mllp: ["mllp://127.0.0.1:\(port)", "mllp://127.0.0.1:\(other)"]
                    retry: { first: 1ms, max: 5ms }
                """
            ]
            try await withBroker(try TestFolder.configuration(files)) { test in
                var last = 0
                func deliver() async throws {
                    last += 1
                    try await test.send([Sample.admission("M\(last)")])
                    try await test.wait(Int64(last), is: .delivered)
                }
                try await deliver()
                try await deliver()
                #expect(order.withLock { $0 } == ["second M1", "second M2"])
                #expect(try await test.journal.attempts(of: 1).count == 1)
                let back = try await MLLPServer.bind(host: "127.0.0.1", port: port, handler: first)
                while first.received.isEmpty, last < 500 { try await deliver() }
                try await deliver()
                #expect(order.withLock { $0.last } == "first M\(last)")
                await back.shutdown(drain: .zero)
                try await deliver()
                #expect(order.withLock { $0.last } == "second M\(last)")
            }
        }
        // Each once, and in order, wherever it went.
        let numbers = order.withLock { $0.compactMap { Int($0.split(separator: "M").last ?? "") } }
        #expect(numbers == Array(1...numbers.count))
    }

    @Test func `a message that an address took is not sent to another because its answer is missing`() async throws {
        let first = TestReceiver { $0.time == 1 ? .close : .code("AA") }
        let second = TestReceiver()
        try await withReceiver(first) { port in
            try await withReceiver(second) { other in
                let files = [
                    "providers/clinic.yaml": """
                    provider: clinic
                    receives:
                      inbox:
                        mllp: ["mllp://127.0.0.1:\(port)", "mllp://127.0.0.1:\(other)"]
                        retry: { first: 1ms, max: 5ms }
                    """
                ]
                try await withBroker(try TestFolder.configuration(files)) { test in
                    try await test.send([Sample.admission("M1")])
                    try await test.wait(1, is: .delivered)
                }
            }
        }
        #expect(first.ids == ["M1", "M1"])
        #expect(second.ids.isEmpty)
    }

    // MARK: The daily pause

    @Test func `nothing begins in the daily pause`() async throws {
        let receiver = TestReceiver()
        // 2026-03-01 02:30 in Chicago.
        let time = Mutex<Int64>(1_772_353_800_000_000)
        let clock = Clock { time.withLock { $0 } }
        try await withReceiver(receiver) { port in
            let keys = "pause: { daily: \"02:00-03:00\", zone: America/Chicago }"
            let configuration = try TestFolder.configuration(TestFolder.clinic(port: port, keys))
            try await withBroker(configuration, clock: clock) { test in
                try await test.send([Sample.admission("M1")])
                try await test.eventually("entry 1 routed") { try await test.journal.entry(1)?.routing == .routed }
                // Looks again, and finds that it is not the time.
                try await test.broker.release(1, endpoint: "clinic.inbox", someone)
                #expect(receiver.received.isEmpty)
                time.withLock { $0 += 30 * 60 * 1_000_000 }
                try await test.broker.release(1, endpoint: "clinic.inbox", someone)
                try await test.wait(1, is: .delivered)
            }
        }
    }
}
