import Auditing
import HL7
import Interfaces
import Journaling
import MLLP
import Testing

@testable import Broker

/// Starting, stopping, and starting again.
@Suite(.timeLimit(.minutes(2))) struct BrokerTests {
    @Test func `after a crash everything accepted arrives, per patient in order, at least once`() async throws {
        let journal = MemoryJournal()
        let receiver = TestReceiver()
        try await withReceiver(receiver) { port in
            let configuration = try TestFolder.configuration(TestFolder.clinic(port: port, "connections: 3"))
            var sent = 0
            for _ in 0..<5 {
                try await withBroker(configuration, journal: journal, end: .crash) { test in
                    let messages = (1...60).map { Sample.admission("M\(sent + $0)", patient: "P\(($0 * 7) % 9)") }
                    #expect(try await test.send(messages) == Array(repeating: "AA", count: 60))
                    sent += 60
                    try await receiver.waitFor(sent - 50)
                }
            }
            try await withBroker(configuration, journal: journal) { try await $0.waitUntilAllSettled(300) }
        }
        let patients = receiver.received.reduce(into: [String: [Int]]()) { patients, one in
            let patient = (try? Message(parsing: one.bytes))?["PID-3.1"] ?? ""
            // A delivery repeated after a crash comes right after itself.
            let number = Int(one.id.dropFirst()) ?? 0
            if patients[patient]?.last != number { patients[patient, default: []].append(number) }
        }
        #expect(Set(receiver.ids).count == 300)
        for numbers in patients.values { #expect(numbers == numbers.sorted()) }
        #expect(try await journal.ledger(from: nil, to: nil).isBalanced)
    }

    @Test func `what was accepted and not routed before a crash is routed at the start`() async throws {
        let journal = MemoryJournal()
        let receiver = TestReceiver()
        try await withReceiver(receiver) { port in
            let configuration = try TestFolder.configuration(TestFolder.clinic(port: port))
            let intake = Intake(
                journal: journal, configuration: configuration, inbox: PipelineInbox(), fresh: FreshEntries(),
                events: Signal(),
                clock: .system, log: TestBroker.log)
            let connection = ConnectionInfo(
                id: 1, listener: "lab", peer: "", peerPort: 1, isLoopback: true, localPort: 1)
            for number in 1...300 {
                intake.received(
                    .message(Sample.admission("M\(number)")), from: connection, answer: Answer { _ in })
            }
            try await withBroker(configuration, journal: journal) { try await $0.waitUntilAllSettled(300) }
        }
        #expect(receiver.ids == (1...300).map { "M\($0)" })
    }

    @Test func `held, paused and skipped survive a restart`() async throws {
        let journal = MemoryJournal()
        let someone = ChangeRequest(actor: "uid:1000", reason: "asked for")
        let receiver = TestReceiver { $0.id == "M1" ? .code("AE") : .code("AA") }
        try await withReceiver(receiver) { port in
            let configuration = try TestFolder.configuration(TestFolder.clinic(port: port))
            try await withBroker(configuration, journal: journal, end: .crash) { test in
                try await test.send([Sample.admission("M1"), Sample.admission("M2")])
                try await test.wait(1, is: .held)
                try await test.broker.pause("clinic.inbox", someone)
            }
            try await withBroker(configuration, journal: journal, end: .crash) { test in
                try await test.broker.skip(1, endpoint: "clinic.inbox", someone)
                #expect(receiver.ids == ["M1"])
            }
            try await withBroker(configuration, journal: journal) { test in
                #expect(receiver.ids == ["M1"])
                try await test.broker.resume("clinic.inbox", someone)
                try await test.wait(2, is: .delivered)
            }
        }
        #expect(receiver.ids == ["M1", "M2"])
    }

    @Test func `a stop waits for the answer to what is being sent, and settles it`() async throws {
        let receiver = TestReceiver { _ in .later }
        let journal = MemoryJournal()
        try await withReceiver(receiver) { port in
            let configuration = try TestFolder.configuration(TestFolder.clinic(port: port, "order: strict"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await withBroker(configuration, journal: journal) { test in
                        try await test.send([Sample.admission("M1")])
                        try await receiver.waitFor(1)
                    }
                }
                try await receiver.waitFor(1)
                // The stop begins whenever it does: the answer comes before or during it.
                receiver.release()
                try await group.waitForAll()
            }
        }
        #expect(try await journal.delivery(1, endpoint: "clinic.inbox")?.state == .delivered)
        #expect(try await journal.attempts(of: 1).map(\.result) == ["AA"])
        #expect(try await journal.events(after: 0, limit: .max).last?.kind == .brokerStopped)
    }

    @Test func `a stop routes what was taken`() async throws {
        let journal = MemoryJournal()
        try await withBroker(try TestFolder.configuration(), journal: journal) { test in
            let answers = try await test.send((1...100).map { Sample.admission("M\($0)") })
            #expect(answers.count == 100)
        }
        #expect(try await journal.unrouted(after: 0, limit: 1).isEmpty)
        #expect(try await journal.ledger(from: nil, to: nil).isBalanced)
    }

    @Test func `a lost journal ends the broker`() async throws {
        await #expect(throws: (any Error).self) {
            try await withBroker(try TestFolder.configuration()) { test in
                test.journal.fail(JournalError(.storageLost, "no disk"))
                _ = try? await test.send([Sample.admission("M1")])
            }
        }
    }

    @Test func `another configuration judges, routes and delivers what comes after it`() async throws {
        let receiver = TestReceiver()
        try await withReceiver(receiver) { port in
            let first = try TestFolder.configuration(TestFolder.clinic(port: port))
            try await withBroker(first) { test in
                try await test.send([Sample.admission("M1")])
                try await test.wait(1, is: .delivered)
                var files = TestFolder.clinic(port: port, "edit: [ { set: { MSH-5: NEW } } ]")
                files["providers/clinic.yaml"]? += "\n  second: { mllp: \"mllp://127.0.0.1:\(port)\" }"
                files["routes/all.yaml"] = "route: all\nto: [clinic.inbox, clinic.second]"
                files["providers/hospital.yaml"] = """
                    provider: hospital
                    sends:
                      - { as: { application: HIS, facility: GH }, messages: [ADT^A01] }
                    """
                try await test.broker.reload(try TestFolder.configuration(files))
                #expect(
                    try await test.send([Sample.admission("M2"), Sample.merge("M3", into: "P1", from: "P2")]) == [
                        "AA", "AR",
                    ])
                try await test.wait(2, is: .delivered)
                try await test.wait(2, "clinic.second", is: .delivered)
                let applications = try receiver.received.map { try Message(parsing: $0.bytes)["MSH-5"] }
                #expect(applications.first == "WL")
                #expect(Set(applications.dropFirst()) == ["NEW", "WL"])
            }
        }
    }

    @Test func `reading a message leaves an event that says who and why`() async throws {
        try await withBroker(try TestFolder.configuration()) { test in
            try await test.send([Sample.admission("M1")])
            #expect(try await test.broker.read(1, actor: "uid:1000", purpose: "show") == Sample.admission("M1"))
            let event = try #require(try await test.journal.events(of: 1).last { $0.kind == .patientRead })
            #expect(event.actor == "uid:1000" && event.text == "show")
            #expect(try await test.broker.read(99, actor: "uid:1000", purpose: "show") == nil)
        }
    }
}
