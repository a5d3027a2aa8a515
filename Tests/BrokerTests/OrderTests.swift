import Auditing
import HL7
import Journaling
import Testing

@testable import Broker

/// Order per patient where messages do not come the plain way.
@Suite(.timeLimit(.minutes(2))) struct OrderTests {
    private let someone = ChangeRequest(actor: "uid:1000", reason: "asked for")

    /// Stores an accepted message as intake does.
    private func accept(_ id: String, patient: String, in journal: MemoryJournal) async throws {
        let bytes = Sample.admission(id, patient: patient)
        let keys = LaneKeys(of: try Message(parsing: bytes), secret: journal.laneSecret).hashes
        let entry = NewEntry(
            receivedAt: Clock.system.now(), listener: "lab", provider: "hospital", sender: "hospital", controlId: id,
            type: "ADT^A01", laneKeys: keys, body: bytes, bodySHA256: bytes, event: AuditEvent(.messageReceived, at: 0))
        _ = try await journal.append([entry])
    }

    @Test func `a message sent again waits for those before it that are not yet routed`() async throws {
        let journal = MemoryJournal()
        try await accept("M1", patient: "P1", in: journal)
        let delivery = NewDelivery(endpoint: "clinic.inbox", route: "all", configuration: [])
        try await journal.commit([Routing(seq: 1, outcome: .routed([delivery]), events: [])])
        try await journal.settle(
            Settlement(
                seq: 1, endpoint: "clinic.inbox", outcome: .delivered(sentSHA256: [], sent: nil, answer: nil), at: 0,
                milliseconds: 0, result: "AA", event: AuditEvent(.deliverySent, at: 0)))
        for number in 2...400 { try await accept("M\(number)", patient: "P1", in: journal) }
        let first = try #require(try await journal.entry(1))
        let again = NewEntry(
            receivedAt: 0, disposition: .resent, listener: "lab", provider: "hospital", sender: "hospital",
            controlId: "M1", type: "ADT^A01", laneKeys: first.laneKeys, parent: .entry(1), body: [], bodySHA256: [],
            deliveries: [delivery], event: AuditEvent(.messageResent, at: 0))
        _ = try await journal.append([again])
        try await accept("M401", patient: "P1", in: journal)
        let receiver = TestReceiver()
        try await withReceiver(receiver) { port in
            let configuration = try TestFolder.configuration(TestFolder.clinic(port: port, "connections: 3"))
            try await withBroker(configuration, journal: journal) { try await $0.waitUntilAllSettled(402) }
        }
        #expect(receiver.ids == (2...400).map { "M\($0)" } + ["M1", "M401"])
    }

    @Test func `a message released from intake goes before later ones that still wait`() async throws {
        let receiver = TestReceiver { $0.id == "M2" && $0.time == 1 ? .code("AE") : .code("AA") }
        try await withReceiver(receiver) { port in
            var files = TestFolder.clinic(port: port)
            files["providers/hospital.yaml"] = """
                provider: hospital
                sends:
                  - { as: { application: HIS, facility: GH }, onError: hold }
                """
            try await withBroker(try TestFolder.configuration(files)) { test in
                let faulty = Sample.admission("M1").replacing("EVERYWOMAN^EVE", "")
                try await test.send([faulty, Sample.admission("M2"), Sample.admission("M3")])
                try await test.wait(2, is: .held)
                try await test.broker.releaseEntry(1, someone)
                try await test.wait(1, is: .delivered)
                try await test.broker.release(2, endpoint: "clinic.inbox", someone)
                try await test.waitUntilAllSettled(3)
            }
        }
        #expect(receiver.ids == ["M2", "M1", "M2", "M3"])
    }

    @Test func `however many wait behind a held message, other patients' go on`() async throws {
        let journal = MemoryJournal()
        for number in 1...12_000 { try await accept("M\(number)", patient: "P1", in: journal) }
        try await accept("LAST", patient: "P2", in: journal)
        let receiver = TestReceiver { $0.id == "M1" ? .code("AE") : .code("AA") }
        try await withReceiver(receiver) { port in
            try await withBroker(try TestFolder.configuration(TestFolder.clinic(port: port)), journal: journal) {
                try await $0.wait(12_001, is: .delivered)
            }
        }
        #expect(receiver.ids == ["M1", "LAST"])
    }

    @Test func `a queue longer than a page is delivered in order`() async throws {
        for order in ["strict", "patient"] {
            let journal = MemoryJournal()
            for number in 1...3_500 { try await accept("M\(number)", patient: "P1", in: journal) }
            let receiver = TestReceiver()
            try await withReceiver(receiver) { port in
                let files = TestFolder.clinic(port: port, "order: \(order), connections: 2")
                try await withBroker(try TestFolder.configuration(files), journal: journal, end: .crash) {
                    _ in try await receiver.waitFor(200)
                }
            }
            let ids = receiver.ids.map { Int($0.dropFirst()) ?? 0 }
            #expect(ids == Array(1...ids.count))
        }
    }
}
