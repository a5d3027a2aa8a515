import Auditing
import Journaling
import Synchronization
import Testing

@testable import Broker

struct QueueOverviewTests {
    /// A clock that a test sets, and how often it was looked at when.
    private final class Time: Sendable {
        let value = Mutex<Int64>(0)
        func advance(_ microseconds: Int64) { value.withLock { $0 += microseconds } }
        var now: Int64 { value.withLock { $0 } }
    }

    private let delivery = NewDelivery(endpoint: "clinic.inbox", route: "all", configuration: [])

    private func queued(_ journal: MemoryJournal, _ controlID: String) async throws -> Int64 {
        let entry = NewEntry(
            receivedAt: 0, disposition: .answer, listener: "lab", sender: "hospital", controlId: controlID, type: "ACK",
            body: [1], bodySHA256: [], deliveries: [delivery], event: .init(.messageReceived, at: 0))
        return try #require(try await journal.append([entry]).first?.seq)
    }

    @Test func `within a second the count is not made again, after it it is`() async throws {
        let (journal, time) = (MemoryJournal(), Time())
        let overview = QueueOverview(journal: journal, now: { time.now })
        _ = try await queued(journal, "A1")
        #expect(try await overview.current().map(\.queued) == [1])
        _ = try await queued(journal, "A2")
        time.advance(999_999)
        #expect(try await overview.current().map(\.queued) == [1])
        time.advance(1)
        #expect(try await overview.current().map(\.queued) == [2])
    }

    @Test func `what a person changed shows at once`() async throws {
        let (journal, time) = (MemoryJournal(), Time())
        let overview = QueueOverview(journal: journal, now: { time.now })
        let seq = try await queued(journal, "A1")
        #expect(try await overview.current().map(\.held) == [0])
        try await journal.control(
            Control(.hold(seq: seq, endpoint: "clinic.inbox"), at: 0, actor: "uid:1000", reason: "test"))
        await overview.changed()
        #expect(try await overview.current().map(\.held) == [1])
    }
}
