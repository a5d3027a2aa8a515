import Auditing
import HL7
import Journaling
import MLLP
import Testing

@testable import Broker

/// Application acknowledgements on their way: ours to `ack.to`, and those of receivers on our connections.
@Suite(.timeLimit(.minutes(2))) struct AcknowledgmentDeliveryTests {
    /// The hospital sends, and takes application acknowledgements at an endpoint of its own.
    private static func folder(port: Int, clinicPort: Int, _ keys: String = "") -> [String: String] {
        TestFolder.clinic(port: clinicPort).merging(
            [
                "providers/hospital.yaml": """
                provider: hospital
                sends:
                  - { as: { application: HIS, facility: GH }, ack: { to: hospital.acks } }
                receives:
                  acks: { mllp: "mllp://127.0.0.1:\(port)", retry: { first: 1ms, max: 20ms }\(keys) }
                """
            ]) { $1 }
    }

    @Test func `application acknowledgements are delivered to ack-to, once each, in the order of their patient`()
        async throws
    {
        let hospital = TestReceiver { _ in .none }
        let clinic = TestReceiver()
        try await withReceiver(hospital) { port in
            try await withReceiver(clinic) { clinicPort in
                try await withBroker(try TestFolder.configuration(Self.folder(port: port, clinicPort: clinicPort))) {
                    test in
                    let messages = (1...20).map { Sample.admission("M\($0)", ack: "AL|AL") }
                    #expect(try await test.send(messages) == [String](repeating: "CA", count: 20))
                    try await test.waitUntilAllSettled(40)
                    // Settled when the system has taken them over, since no answer comes: they may still be on their way.
                    try await hospital.waitFor(20)
                    let received = try hospital.received.map { try Message(parsing: $0.bytes) }
                    #expect(received.map { $0["MSA-2"] } == (1...20).map { "M\($0)" })
                    #expect(received.allSatisfy { $0["MSA-1"] == "AA" && $0["MSH-9.1"] == "ACK" })
                    #expect(received.allSatisfy { $0["MSH-15"] == "NE" && $0["MSH-16"] == "NE" })
                    #expect(Set(hospital.ids).count == 20)
                    let ledger = try await test.journal.ledger(from: nil, to: nil)
                    #expect(
                        ledger.isBalanced && ledger.answers == 20 && ledger.messages == 20 && ledger.delivered == 40)
                }
            }
        }
    }

    @Test func `an endpoint of enhanced mode confirms them, and what it holds waits for a person`() async throws {
        let hospital = TestReceiver { $0.time == 1 ? .code("CE") : .code("CA") }
        let clinic = TestReceiver()
        try await withReceiver(hospital) { port in
            try await withReceiver(clinic) { clinicPort in
                let folder = Self.folder(port: port, clinicPort: clinicPort, ", ackMode: enhanced")
                try await withBroker(try TestFolder.configuration(folder)) { test in
                    try await test.send([Sample.admission("M1", ack: "AL|AL")])
                    try await test.waitUntilAllSettled(2)
                    let received = try hospital.received.map { try Message(parsing: $0.bytes) }
                    #expect(received.map { $0["MSH-15"] } == ["AL", "AL"])
                    #expect(received.allSatisfy { $0["MSH-16"] == "NE" })
                    #expect(try await test.kinds(of: 2) == [.acknowledgementMade, .deliveryRetry, .deliverySent])
                    #expect(try await test.journal.ledger(from: nil, to: nil).isBalanced)
                }
            }
        }
    }

    @Test func `one whose receiver is away is delivered when it is back, after a restart too`() async throws {
        let port = try ReservedPort()
        let journal = MemoryJournal()
        let clinic = TestReceiver()
        try await withReceiver(clinic) { clinicPort in
            let configuration = try TestFolder.configuration(Self.folder(port: port.number, clinicPort: clinicPort))
            try await withBroker(configuration, journal: journal, end: .crash) { test in
                try await test.send([Sample.admission("M1", ack: "AL|AL")])
                try await test.eventually("a try") { try await journal.attempts(of: 2).count > 0 }
            }
            let hospital = TestReceiver { _ in .none }
            let server = try await MLLPServer.bind(host: "127.0.0.1", port: port.number, handler: hospital)
            try await withBroker(configuration, journal: journal) { test in
                try await hospital.waitFor(1)
                try await test.wait(2, "hospital.acks", is: .delivered)
                #expect(try await journal.ledger(from: nil, to: nil).isBalanced)
            }
            await server.shutdown(drain: .zero)
        }
    }

    // MARK: Those of receivers

    @Test func `an application acknowledgement after the commit answer is kept, and its connection goes on`()
        async throws
    {
        let receiver = TestReceiver { one in
            .all([Sample.answer("CA", to: one.id), Sample.answer(one.id == "M2" ? "AE" : "AA", to: one.id)])
        }
        try await withReceiver(receiver) { port in
            let folder = TestFolder.clinic(port: port, "ackMode: asSent, order: strict")
            try await withBroker(try TestFolder.configuration(folder)) { test in
                let messages = (1...10).map { Sample.admission("M\($0)", ack: "AL|AL") }
                try await test.send(messages)
                try await test.eventually("every message with its acknowledgement") {
                    let ledger = try await test.journal.ledger(from: nil, to: nil)
                    return ledger.delivered == 10 && ledger.acknowledgement == 10
                }
                #expect(receiver.ids == (1...10).map { "M\($0)" })
                #expect(Set(receiver.received.map(\.connection)).count == 1)
                let last = try await test.journal.events(of: 2).last { $0.kind == .acknowledgementReceived }
                #expect(last?.text?.hasPrefix("AE: the answer is entry") == true)
                #expect(try await test.journal.ledger(from: nil, to: nil).isBalanced)
            }
        }
    }
}
