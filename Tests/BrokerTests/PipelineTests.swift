import Auditing
import HL7
import Journaling
import Testing

@testable import Broker

@Suite(.timeLimit(.minutes(1))) struct PipelineTests {
    private struct Desk {
        let journal = MemoryJournal()
        let inbox: PipelineInbox
        let events = Signal()
        let pipeline: Pipeline
        let workers: DeliveryWorkers

        init(inboxCostMax: Int = 1 << 20, changes: [String: String] = [:]) throws {
            let configuration = try TestFolder.configuration(changes)
            inbox = PipelineInbox(costMax: inboxCostMax)
            workers = DeliveryWorkers(
                journal: journal, configurations: ConfigurationStore(configuration, folder: "/", journal: journal),
                events: events, clock: .system, log: TestBroker.log)
            pipeline = Pipeline(
                journal: journal, configuration: configuration, inbox: inbox, workers: workers, events: events,
                clock: .system, log: TestBroker.log)
        }

        /// Stores an accepted message as intake does.
        func store(_ number: Int, pushes: Bool = true) async throws {
            let item = try await stored(number)
            if pushes { inbox.push(item) }
        }

        func stored(_ number: Int) async throws -> PipelineInbox.Item {
            let bytes = Sample.admission("M\(number)")
            let entry = NewEntry(
                receivedAt: Clock.system.now(), listener: "lab", provider: "hospital", sender: "hospital",
                controlId: "M\(number)", type: "ADT^A01", laneKeys: [1], body: bytes, bodySHA256: bytes,
                event: .init(.messageReceived, at: 0))
            let seq = try await journal.append([entry])[0].seq
            return PipelineInbox.Item(
                seq: seq, receivedAt: entry.receivedAt, listener: "lab", message: try Message(parsing: bytes),
                provider: "hospital", laneKeys: [1])
        }

        func run(_ body: () async throws -> Void) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [pipeline] in try await pipeline.run() }
                try await body()
                group.cancelAll()
                try await group.waitForAll()
            }
        }

        /// Waits until all are routed, and checks that each is once, in order.
        func expectRouted(_ count: Int) async throws {
            try await holds("\(count) entries routed", on: events) {
                try await routed().count >= count
            }
            #expect(try await routed() == (1...count).map { Int64($0) })
            #expect(try await journal.ledger(from: nil, to: nil).isBalanced)
        }

        private func routed() async throws -> [Int64] {
            try await journal.events(after: 0, limit: .max).filter { $0.kind == .messageRouted }.compactMap(\.seq)
        }
    }

    @Test func `what an earlier run left is routed first, then what arrives, each once`() async throws {
        let desk = try Desk()
        for number in 1...600 { try await desk.store(number, pushes: false) }
        try await desk.run {
            for number in 601...700 { try await desk.store(number) }
            try await desk.expectRouted(700)
        }
    }

    @Test func `an inbox that overflows costs a read of the journal and no message`() async throws {
        let desk = try Desk(inboxCostMax: 8_000)
        try await desk.run {
            for number in 1...1_000 { try await desk.store(number) }
            try await desk.expectRouted(1_000)
        }
    }

    @Test func `an overflow before the start leaves a gap that is filled in order`() async throws {
        let desk = try Desk(inboxCostMax: 8_000)
        for number in 1...100 { try await desk.store(number) }
        #expect(!desk.inbox.isEmpty)
        try await desk.run { try await desk.expectRouted(100) }
    }

    @Test func `a push that comes out of order is not forgotten`() async throws {
        let desk = try Desk()
        try await desk.run {
            try await desk.store(1)
            try await desk.expectRouted(1)
            let second = try await desk.stored(2)
            let third = try await desk.stored(3)
            desk.inbox.push(third)
            try await holds("entry 3 routed", on: desk.events) {
                try await desk.journal.entry(3)?.routing == .routed
            }
            desk.inbox.push(second)
            try await holds("entry 2 routed", on: desk.events) {
                try await desk.journal.entry(2)?.routing == .routed
            }
        }
    }

    @Test func `filtered and unrouted messages are told apart in the journal`() async throws {
        let desk = try Desk(changes: [
            "routes/all.yaml": "route: all\nwhen: MSH-9.1 = \"ADT\" and PV1-2 = \"O\"\nto: [clinic.inbox]"
        ])
        try await desk.run {
            try await desk.store(1)
            try await holds("entry 1 filtered", on: desk.events) {
                try await desk.journal.entry(1)?.routing == .filtered
            }
            desk.pipeline.use(
                try TestFolder.configuration(["routes/all.yaml": "route: all\nfrom: [clinic]\nto: [clinic.inbox]"]))
            try await desk.store(2)
            try await holds("entry 2 unrouted", on: desk.events) {
                try await desk.journal.entry(2)?.routing == .unrouted
            }
            #expect(try await desk.journal.events(of: 1).last?.text?.contains("all") == true)
            #expect(try await desk.journal.ledger(from: nil, to: nil).isBalanced)
        }
    }

    @Test func `the pipeline ends with the journal`() async throws {
        let desk = try Desk()
        desk.journal.fail(JournalError(.storageLost, "no disk"))
        let item = PipelineInbox.Item(
            seq: 1, receivedAt: 0, listener: "lab", message: try Message(parsing: Sample.admission("M1")),
            provider: "hospital", laneKeys: [])
        desk.inbox.push(item)
        await #expect(throws: JournalError.self) { try await desk.pipeline.run() }
    }
}
