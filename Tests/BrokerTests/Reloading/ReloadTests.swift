import HL7
import Interfaces
import Journaling
import MLLP
import Testing

@testable import Broker

/// Another configuration while connections are open.
@Suite(.timeLimit(.minutes(2))) struct ReloadTests {
    private func configuration(_ listeners: String...) throws -> Configuration {
        try TestFolder.configuration([
            "broker.yaml": "broker: riverside\nlisteners:\n  " + listeners.joined(separator: "\n  ")
        ])
    }

    private func send(_ controlID: String, to name: String, of broker: Broker) async throws -> String? {
        let client = MLLPClient(host: "127.0.0.1", port: try #require(broker.allServers[name]?.port))
        defer { client.close() }
        return try Message(parsing: try await client.exchange(Sample.admission(controlID), timeout: .seconds(30)))[
            "MSA-1"]
    }

    private let lab = "lab: { bind: \"127.0.0.1:0\", tls: off }"
    private let bench = "bench: { bind: \"127.0.0.1:0\", tls: off }"

    @Test func `a reload opens what is new and closes what is gone, and other connections stay`() async throws {
        try await withBroker(try configuration(lab, bench)) { test in
            let before = try #require(test.broker.allServers["lab"])
            let open = MLLPClient(host: "127.0.0.1", port: before.port)
            let gone = MLLPClient(host: "127.0.0.1", port: try #require(test.broker.allServers["bench"]?.port))
            defer {
                open.close()
                gone.close()
            }
            _ = try await open.exchange(Sample.admission("M1"), timeout: .seconds(30))
            _ = try await gone.exchange(Sample.admission("M2"), timeout: .seconds(30))
            let new = "new: { bind: \"127.0.0.1:0\", tls: off }"
            let change = try await test.broker.reload(try configuration(lab, new))
            #expect(change == ListenerChange(opened: ["new"], closed: ["bench"]))
            #expect(test.broker.allServers["lab"] === before)
            #expect(before.connectionCount == 1 && open.isConnected)
            _ = try await open.exchange(Sample.admission("M3"), timeout: .seconds(30))
            #expect(before.connectionCount == 1)
            #expect(try await send("M4", to: "new", of: test.broker) == "AA")
            #expect(test.broker.allServers["bench"] == nil)
            await #expect(throws: MLLPClientError.self) {
                _ = try await gone.exchange(Sample.admission("M5"), timeout: .seconds(30))
            }
            #expect(try await test.journal.lastSeq() == 4)
        }
    }

    @Test func `a port that cannot be bound leaves everything as it was`() async throws {
        let first = try configuration(lab, bench)
        try await withBroker(first) { test in
            let taken = try #require(test.broker.allServers["lab"]?.port)
            let second = try configuration(lab, "new: { bind: \"127.0.0.1:\(taken)\", tls: off }")
            let error = await #expect(throws: JournalError.self) { try await test.broker.reload(second) }
            #expect(error?.code == .conflict)
            #expect(test.broker.configurations.current.hash == first.hash)
            #expect(test.broker.allServers.keys.sorted() == ["bench", "lab"])
            #expect(try await send("M1", to: "bench", of: test.broker) == "AA")
        }
    }

    @Test func `a port can go from one listener to another`() async throws {
        try await withBroker(try configuration(lab)) { test in
            let port = try #require(test.broker.allServers["lab"]?.port)
            let change = try await test.broker.reload(
                try configuration("front: { bind: \"127.0.0.1:\(port)\", tls: off }"))
            #expect(change == ListenerChange(opened: ["front"], closed: ["lab"]))
            #expect(test.broker.allServers["front"]?.port == port)
            #expect(try await send("M1", to: "front", of: test.broker) == "AA")
            #expect(try await test.journal.entry(1)?.listener == "front")
        }
    }

    @Test func `a listener that is paused when it is opened takes nothing`() async throws {
        try await withBroker(try configuration(lab, bench)) { test in
            try await test.broker.pause("listener:bench", ChangeRequest(actor: "uid:1000", reason: "asked for"))
            try await test.broker.reload(try configuration(lab))
            try await test.broker.reload(try configuration(lab, bench))
            #expect(test.broker.allServers["bench"]?.isPaused == true)
            #expect(test.broker.allServers["lab"]?.isPaused == false)
        }
    }

    @Test func `once a broker stops it is not ready, and no reload opens a port`() async throws {
        let configuration = try configuration(lab)
        let broker = try await withBroker(configuration) { test in
            #expect(test.broker.isReady)
            return test.broker
        }
        #expect(!broker.isReady)
        await #expect(throws: JournalError.self) { try await broker.reload(try self.configuration(lab, bench)) }
        #expect(broker.allServers["bench"] == nil)
    }
}
