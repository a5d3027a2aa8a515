import Auditing
import HL7
import Interfaces
import Journaling
import MLLP
import Testing

@testable import Broker

/// A broker and a receiver over MLLP, from the sender's message to the settled delivery.
@Suite(.timeLimit(.minutes(2))) struct MLLPDeliveryTests {
    private func withClinic(
        _ receiver: TestReceiver, _ keys: String = "", _ body: (TestBroker) async throws -> Void
    ) async throws {
        try await withReceiver(receiver) { port in
            try await withBroker(try TestFolder.configuration(TestFolder.clinic(port: port, keys))) {
                try await body($0)
            }
        }
    }

    private let someone = ChangeRequest(actor: "uid:1000", reason: "asked for")

    @Test func `an accepted message arrives and is settled with what was sent and answered`() async throws {
        let receiver = TestReceiver()
        try await withClinic(receiver, "ackMode: asSent, keepSent: true") { test in
            let message = Sample.admission("M1")
            #expect(try await test.send([message]) == ["AA"])
            try await test.wait(1, is: .delivered)
            #expect(receiver.received.map(\.bytes) == [message])
            let delivery = try #require(try await test.journal.delivery(1, endpoint: "clinic.inbox"))
            #expect(delivery.sentBytes == message)
            #expect(delivery.sentSHA256?.count == 32)
            #expect(delivery.answer == Sample.answer("AA", to: "M1"))
            #expect(delivery.attempts == 1)
            #expect(try await test.kinds(of: 1) == [.messageReceived, .messageRouted, .deliverySent])
            #expect(try await test.journal.ledger(from: nil, to: nil).isBalanced)
        }
    }

    @Test func `edits reach the receiver, and the stored message stays as it was`() async throws {
        let receiver = TestReceiver()
        try await withClinic(receiver, "edit: [ { set: { MSH-5: CLINIC } } ]") { test in
            try await test.send([Sample.admission("M1", ack: "AL|NE")])
            try await test.wait(1, is: .delivered)
            let sent = try Message(parsing: try #require(receiver.received.first).bytes)
            #expect(sent["MSH-5"] == "CLINIC" && sent["MSH-15"] ?? "" == "" && sent["MSH-16"] ?? "" == "")
            #expect(try await test.journal.body(1) == Sample.admission("M1", ack: "AL|NE"))
        }
    }

    @Test func `an AE holds its own lane and no other, until it is released`() async throws {
        let receiver = TestReceiver { $0.id == "M1" && $0.time == 1 ? .error("AE", "ERR|||101|E") : .code("AA") }
        try await withClinic(receiver) { test in
            try await test.send([
                Sample.admission("M1"), Sample.admission("M2"), Sample.admission("M3", patient: "P2"),
            ])
            try await test.wait(1, is: .held)
            try await test.wait(3, is: .delivered)
            #expect(try await test.journal.delivery(2, endpoint: "clinic.inbox")?.state == .queued)
            #expect(try await test.journal.delivery(1, endpoint: "clinic.inbox")?.reason?.contains("AE") == true)
            try await test.broker.release(1, endpoint: "clinic.inbox", someone)
            try await test.wait(2, is: .delivered)
            #expect(receiver.ids.filter { $0 != "M3" } == ["M1", "M1", "M2"])
        }
    }

    @Test func `skipping a held delivery lets its lane go on`() async throws {
        let receiver = TestReceiver { $0.id == "M1" ? .code("AE") : .code("AA") }
        try await withClinic(receiver) { test in
            try await test.send([Sample.admission("M1"), Sample.admission("M2")])
            try await test.wait(1, is: .held)
            try await test.broker.skip(1, endpoint: "clinic.inbox", someone)
            try await test.wait(2, is: .delivered)
            #expect(receiver.ids == ["M1", "M2"])
            #expect(try await test.journal.delivery(1, endpoint: "clinic.inbox")?.state == .skipped)
            #expect(try await test.journal.ledger(from: nil, to: nil).isBalanced)
        }
    }

    @Test func `both identities of a merge wait for it`() async throws {
        let receiver = TestReceiver { $0.id == "M2" && $0.time == 1 ? .code("AE") : .code("AA") }
        try await withClinic(receiver, "connections: 4") { test in
            try await test.send([
                Sample.admission("M1", patient: "P1"), Sample.merge("M2", into: "P2", from: "P1"),
                Sample.admission("M3", patient: "P1"), Sample.admission("M4", patient: "P2"),
                Sample.admission("M5", patient: "P3"),
            ])
            try await test.wait(2, is: .held)
            try await test.wait(5, is: .delivered)
            #expect(!receiver.ids.contains("M3") && !receiver.ids.contains("M4"))
            try await test.broker.release(2, endpoint: "clinic.inbox", someone)
            try await test.waitUntilAllSettled(5)
            let ids = receiver.ids
            let merged = try #require(ids.lastIndex(of: "M2"))
            #expect(try #require(ids.firstIndex(of: "M3")) > merged && #require(ids.firstIndex(of: "M4")) > merged)
        }
    }

    @Test func `a time-out closes the connection, tries again, and never credits a late answer`() async throws {
        let receiver = TestReceiver { $0.id == "M1" && $0.time == 1 ? .later : .code("AA") }
        try await withClinic(receiver, "ackTimeout: 200ms, order: strict") { test in
            try await test.send([Sample.admission("M1"), Sample.admission("M2")])
            try await receiver.waitFor(1)
            try await test.eventually("a retry") { try await test.journal.attempts(of: 1).count > 0 }
            receiver.release()
            try await test.waitUntilAllSettled(2)
            // On a busy machine a later try may come too late as well.
            let results = try await test.journal.attempts(of: 1).map(\.result)
            #expect(results.count >= 2 && results.last == "AA" && Set(results.dropLast()) == ["no answer"])
            #expect(try await test.journal.attempts(of: 2).last?.result == "AA")
            let received = receiver.received
            #expect(received[1].id == "M1")
            #expect(!received.dropFirst().contains { $0.connection == received[0].connection })
            #expect(received.count { $0.id == "M1" } == results.count)
        }
    }

    @Test(arguments: ["other", "garbage", "close"])
    func `what is no answer to this message is never success`(kind: String) async throws {
        let receiver = TestReceiver { one in
            guard one.time == 1 else { return .code("AA") }
            return switch kind {
            case "other": .bytes(Sample.answer("AA", to: "M0"))
            case "garbage": .bytes(Array("thanks".utf8))
            default: .close
            }
        }
        try await withClinic(receiver) { test in
            try await test.send([Sample.admission("M1")])
            try await test.wait(1, is: .delivered)
            #expect(receiver.received.count == 2)
            #expect(Set(receiver.received.map(\.connection)).count == 2)
            #expect(try await test.kinds(of: 1).filter { $0 == .deliveryRetry }.count == 1)
        }
    }

    @Test func `an AR with 207 is tried again, one without is held`() async throws {
        let receiver = TestReceiver { one in
            one.id == "M2" ? .error("AR", "ERR|||200|E") : one.time < 3 ? .error("AR", "ERR|||207|E") : .code("AA")
        }
        try await withClinic(receiver) { test in
            try await test.send([Sample.admission("M1"), Sample.admission("M2", patient: "P2")])
            try await test.wait(1, is: .delivered)
            try await test.wait(2, is: .held)
            #expect(try await test.journal.attempts(of: 1).map(\.result) == ["AR", "AR", "AA"])
        }
    }

    @Test func `a budget counts answers of its kind, not attempts that failed otherwise`() async throws {
        let receiver = TestReceiver { $0.time <= 3 ? .close : .code("CE") }
        try await withClinic(receiver, "actions: { CE: { retry: 2, then: hold } }") { test in
            try await test.send([Sample.admission("M1")])
            try await test.wait(1, is: .held)
            let results = try await test.journal.attempts(of: 1).map(\.result)
            #expect(results.count == 6)
            #expect(results.suffix(3) == ["CE", "CE", "CE"])
        }
    }

    @Test func `a paused endpoint gets nothing until it is resumed`() async throws {
        let receiver = TestReceiver()
        try await withClinic(receiver) { test in
            try await test.broker.pause("clinic.inbox", someone)
            try await test.send([Sample.admission("M1")])
            try await test.eventually("entry 1 routed") { try await test.journal.entry(1)?.routing == .routed }
            #expect(receiver.received.isEmpty)
            try await test.broker.resume("clinic.inbox", someone)
            try await test.wait(1, is: .delivered)
            await #expect(throws: JournalError.self) { try await test.broker.resume("clinic.inbox", someone) }
            await #expect(throws: JournalError.self) { try await test.broker.pause("clinic.other", someone) }
        }
    }

    @Test func `a person can hold what waits, and it stays`() async throws {
        let receiver = TestReceiver()
        try await withClinic(receiver) { test in
            try await test.broker.pause("clinic.inbox", someone)
            try await test.send([Sample.admission("M1"), Sample.admission("M2", patient: "P2")])
            try await test.eventually("entry 2 routed") { try await test.journal.entry(2)?.routing == .routed }
            try await test.broker.hold(1, endpoint: "clinic.inbox", someone)
            try await test.broker.resume("clinic.inbox", someone)
            try await test.wait(2, is: .delivered)
            #expect(receiver.ids == ["M2"])
            try await test.broker.release(1, endpoint: "clinic.inbox", someone)
            try await test.wait(1, is: .delivered)
        }
    }

    @Test func `sending again makes a new entry with a parent, and the same bytes, however often`() async throws {
        let receiver = TestReceiver()
        try await withClinic(receiver, "ackMode: asSent") { test in
            try await test.send([Sample.admission("M1")])
            try await test.wait(1, is: .delivered)
            let second = try await test.broker.resend(1, Resend(), someone)
            try await test.wait(second, is: .delivered)
            let third = try await test.broker.resend(
                second, Resend(to: ["clinic.inbox", "clinic.inbox"]), someone)
            try await test.wait(third, is: .delivered)
            #expect(receiver.received.map(\.bytes) == Array(repeating: Sample.admission("M1"), count: 3))
            #expect(try await test.journal.entry(second)?.parent == 1)
            #expect(try await test.journal.entry(second)?.disposition == .resent)
            #expect(try await test.journal.ledger(from: nil, to: nil).isBalanced)
            await #expect(throws: JournalError.self) { try await test.broker.resend(99, Resend(), someone) }
            await #expect(throws: JournalError.self) {
                try await test.broker.resend(1, Resend(to: ["clinic.x"]), someone)
            }
        }
    }

    @Test func `an entry held at intake goes nowhere until it is released, then where its routes say`() async throws {
        let receiver = TestReceiver()
        try await withReceiver(receiver) { port in
            var files = TestFolder.clinic(port: port)
            files["providers/hospital.yaml"] = """
                provider: hospital
                sends:
                  - { as: { application: HIS, facility: GH }, onError: hold }
                """
            try await withBroker(try TestFolder.configuration(files)) { test in
                let faulty = Sample.admission("M1").replacing("EVERYWOMAN^EVE", "")
                #expect(
                    try await test.send([faulty, faulty.replacing("M1", "M2"), Sample.admission("M3")]) == [
                        "AA", "AA", "AA",
                    ])
                try await test.wait(3, is: .delivered)
                #expect(receiver.ids == ["M3"])
                try await test.broker.releaseEntry(1, someone)
                try await test.wait(1, is: .delivered)
                try await test.broker.dismissEntry(2, someone)
                #expect(try await test.journal.deliveries(of: 2).isEmpty)
                #expect(try await test.journal.ledger(from: nil, to: nil).isBalanced)
            }
        }
    }

    @Test func `with ackMode none what is written is delivered, and answers are of no account`() async throws {
        let receiver = TestReceiver { $0.id == "M1" ? .later : .code("AE") }
        try await withClinic(receiver, "ackMode: none, ackTimeout: 20s") { test in
            try await test.send([Sample.admission("M1"), Sample.admission("M2"), Sample.admission("M3")])
            try await test.waitUntilAllSettled(3)
            try await receiver.waitFor(3)
            #expect(receiver.ids == ["M1", "M2", "M3"])
            #expect(try Message(parsing: receiver.received[0].bytes)["MSH-15"] == "NE")
            #expect(try await test.journal.attempts(of: 2).map(\.result) == ["sent"])
        }
    }

    @Test func `a receiver that is away costs one attempt at a time, and everything arrives in order later`()
        async throws
    {
        let receiver = TestReceiver()
        // Otherwise another test may listen there.
        let reserved = try ReservedPort()
        let port = reserved.number
        let keys = "connections: 2"
        try await withBroker(try TestFolder.configuration(TestFolder.clinic(port: port, keys))) { test in
            try await test.send((1...40).map { Sample.admission("M\($0)", patient: "P\($0 % 20)") })
            try await test.eventually("some attempts") {
                try await test.journal.events(after: 0, limit: .max).count { $0.kind == .deliveryRetry } >= 6
            }
            let back = try await MLLPServer.bind(host: "127.0.0.1", port: port, handler: receiver)
            try await test.waitUntilAllSettled(40)
            await back.shutdown(drain: .zero)
            for patient in 0..<20 {
                let ids = receiver.ids.compactMap { Int($0.dropFirst()) }.filter { $0 % 20 == patient }
                #expect(ids == ids.sorted() && ids.count == 2)
            }
        }
    }

    @Test func `order strict sends one after another, order none does not wait`() async throws {
        for order in ["strict", "none"] {
            let receiver = TestReceiver { $0.id == "M1" ? .later : .code("AA") }
            try await withClinic(receiver, "order: \(order), connections: 3") { test in
                try await test.send([Sample.admission("M1"), Sample.admission("M2"), Sample.admission("M3")])
                try await receiver.waitFor(order == "strict" ? 1 : 3)
                try await test.eventually("entry 3 routed") { try await test.journal.entry(3)?.routing == .routed }
                if order == "strict" { #expect(receiver.ids == ["M1"]) }
                receiver.release()
                try await test.waitUntilAllSettled(3)
                if order == "strict" { #expect(receiver.ids == ["M1", "M2", "M3"]) }
            }
        }
    }
}
