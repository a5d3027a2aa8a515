import Auditing
import HL7
import Journaling
import Testing

@testable import Broker

/// Order after merges that the receiver itself never hears of.
@Suite(.timeLimit(.minutes(2))) struct AliasDeliveryTests {
    private let someone = ChangeRequest(actor: "uid:1000", reason: "asked for")

    /// A clinic that gets admissions only.
    private func files(_ port: Int) -> [String: String] {
        var files = TestFolder.clinic(port: port, "connections: 4")
        files["routes/all.yaml"] = """
            route: all
            when: MSH-9.2 = "A01"
            to: [clinic.inbox]
            """
        return files
    }

    private func link(_ id: String, _ event: String, _ one: String, _ other: String) -> [UInt8] {
        Sample.bytes(
            "MSH|^~\\&|HIS|GH|WL|EX|20260301120000+0000||ADT^\(event)^ADT_\(event)|\(id)|P|2.5.1",
            "EVN||20260301120000+0000", "PID|1||\(one)^^^GH^MR||EVERYWOMAN^EVE",
            "PID|2||\(other)^^^GH^MR||EVERYWOMAN^EVE"
        )
    }

    @Test func `after a merge the old identity and the new one keep one order, over a crash too`() async throws {
        let receiver = TestReceiver { $0.id == "M1" && $0.time == 1 ? .code("AE") : .code("AA") }
        let journal = MemoryJournal()
        try await withReceiver(receiver) { port in
            let configuration = try TestFolder.configuration(files(port))
            try await withBroker(configuration, journal: journal, end: .crash) { test in
                try await test.send([
                    Sample.admission("M1", patient: "P1"), Sample.merge("M2", into: "P2", from: "P1"),
                    Sample.admission("M3", patient: "P2"), Sample.admission("M4", patient: "P3"),
                ])
                try await test.wait(1, is: .held)
                try await test.wait(4, is: .delivered)
                try await test.eventually("entry 2 looked at") { try await journal.entry(2)?.routing == .unrouted }
            }
            try await withBroker(configuration, journal: journal) { test in
                try await test.send([
                    Sample.merge("M5", into: "P4", from: "P2"), Sample.admission("M6", patient: "P4"),
                    Sample.admission("M7", patient: "P5"),
                ])
                try await test.wait(7, is: .delivered)
                #expect(receiver.ids == ["M1", "M4", "M7"] || receiver.ids == ["M4", "M1", "M7"])
                #expect(try await journal.entry(6)?.laneKeys.count == 3)
                #expect(try await journal.delivery(6, endpoint: "clinic.inbox")?.state == .queued)
                try await test.broker.release(1, endpoint: "clinic.inbox", someone)
                try await test.waitUntilAllSettled(7)
                #expect(receiver.ids.filter { ["M1", "M3", "M6"].contains($0) } == ["M1", "M1", "M3", "M6"])
                #expect(try await test.broker.journal.events(of: 2).last?.text?.contains("one order") == true)
            }
        }
    }

    @Test func `a merge that is refused or held at intake retires nobody`() async throws {
        let receiver = TestReceiver { $0.id == "M1" ? .code("AE") : .code("AA") }
        try await withReceiver(receiver) { port in
            var files = files(port)
            files["providers/hospital.yaml"] = """
                provider: hospital
                sends:
                  - { as: { application: HIS, facility: GH }, duplicateId: hold }
                """
            try await withBroker(try TestFolder.configuration(files)) { test in
                // The control id of M1 again, so that a person must look at it.
                try await test.send([
                    Sample.admission("M1", patient: "P1"), Sample.merge("M1", into: "P2", from: "P1"),
                    Sample.admission("M3", patient: "P2"),
                ])
                try await test.wait(3, is: .delivered)
                #expect(try await test.journal.aliases(after: 0, limit: 9).isEmpty)
                try await test.wait(1, is: .held)
                try await test.broker.releaseEntry(2, someone)
                try await test.eventually("entry 2 looked at") { try await test.journal.entry(2)?.routing == .unrouted }
                try await test.send([Sample.admission("M4", patient: "P2"), Sample.admission("M5", patient: "P3")])
                try await test.wait(5, is: .delivered)
                #expect(try await test.journal.delivery(4, endpoint: "clinic.inbox")?.state == .queued)
            }
        }
    }

    @Test func `linked patients keep one order until they are unlinked`() async throws {
        let receiver = TestReceiver { $0.id == "M1" ? .code("AE") : .code("AA") }
        try await withReceiver(receiver) { port in
            try await withBroker(try TestFolder.configuration(files(port))) { test in
                try await test.send([
                    Sample.admission("M1", patient: "P1"), link("M2", "A24", "P1", "P2"),
                    Sample.admission("M3", patient: "P2"), link("M4", "A37", "P1", "P2"),
                    Sample.admission("M5", patient: "P3"),
                ])
                try await test.wait(1, is: .held)
                try await test.wait(5, is: .delivered)
                #expect(try await test.journal.delivery(3, endpoint: "clinic.inbox")?.state == .queued)
                try await test.broker.skip(3, endpoint: "clinic.inbox", someone)
                try await test.send([Sample.admission("M6", patient: "P2")])
                try await test.wait(6, is: .delivered)
                #expect(receiver.ids.contains("M6") && !receiver.ids.contains("M3"))
                #expect(try await test.journal.aliases(after: 0, limit: 9).isEmpty)
            }
        }
    }
}
