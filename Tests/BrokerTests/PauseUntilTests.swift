import Auditing
import HL7
import Interfaces
import Journaling
import MLLP
import Testing

@testable import Broker

/// Pauses that end at a time, and listeners that take nothing meanwhile.
@Suite(.timeLimit(.minutes(2))) struct PauseUntilTests {
    private let someone = ChangeRequest(actor: "uid:1000", reason: "asked for")

    private func soon(_ milliseconds: Int64) -> Int64 { Clock.system.now() + milliseconds * 1_000 }

    @Test func `a pause ends by itself at its time, also one of an earlier run, with an event`() async throws {
        let receiver = TestReceiver()
        let journal = MemoryJournal()
        try await withReceiver(receiver) { port in
            let configuration = try TestFolder.configuration(TestFolder.clinic(port: port))
            let until = soon(15_000)
            try await withBroker(configuration, journal: journal, end: .crash) { test in
                try await test.broker.pause("clinic.inbox", until: until, someone)
                try await test.send([Sample.admission("M1")])
                #expect(try await journal.pauses().map(\.until) == [until])
            }
            try await withBroker(configuration, journal: journal) { test in
                try await test.wait(1, is: .delivered)
                #expect(Clock.system.now() >= until)
                #expect(try await journal.pauses().isEmpty)
                let events = try await journal.events(after: 0, limit: 99)
                let resumed = try #require(events.first { $0.kind == .endpointResumed })
                #expect(resumed.actor == "broker" && resumed.endpoint == "clinic.inbox" && resumed.at >= until)
                await #expect(throws: JournalError.self) {
                    try await test.broker.pause("clinic.inbox", until: Clock.system.now() - 1, someone)
                }
            }
        }
    }

    @Test func `a person may resume before the time, and a longer pause takes the place of a shorter`() async throws {
        let receiver = TestReceiver()
        try await withReceiver(receiver) { port in
            let configuration = try TestFolder.configuration(TestFolder.clinic(port: port))
            try await withBroker(configuration) { test in
                try await test.broker.pause("clinic.inbox", until: soon(3_600_000), someone)
                try await test.send([Sample.admission("M1")])
                try await test.broker.resume("clinic.inbox", someone)
                try await test.wait(1, is: .delivered)
                try await test.broker.pause("clinic.inbox", until: soon(10_000), someone)
                try await test.broker.pause("clinic.inbox", someone)
                try await test.broker.pause("listener:lab", until: soon(10_000), someone)
                try await test.eventually("the listener's pause to end") { try await test.journal.pauses().count == 1 }
                #expect(try await test.journal.pauses().map(\.endpoint) == ["clinic.inbox"])
                try await test.broker.resume("clinic.inbox", someone)
            }
        }
    }

    @Test func `a paused listener takes nothing, from nobody, until it is resumed`() async throws {
        let configuration = try TestFolder.configuration(TestFolder.clinic(port: 1))
        try await withBroker(configuration) { test in
            let port = try #require(test.addresses["lab"].flatMap { $0.split(separator: ":").last }.flatMap { Int($0) })
            let open = MLLPClient(host: "127.0.0.1", port: port)
            let fresh = MLLPClient(host: "127.0.0.1", port: port)
            defer {
                open.close()
                fresh.close()
            }
            _ = try await open.exchange(Sample.admission("M1"), timeout: .seconds(30))
            try await test.broker.pause("listener:lab", someone)
            async let second = open.exchange(Sample.admission("M2"), timeout: .seconds(60))
            async let third = fresh.exchange(Sample.admission("M3", patient: "P2"), timeout: .seconds(60))
            // The other listener goes on meanwhile.
            for number in 4...20 {
                try await test.send([Sample.admission("M\(number)", patient: "P3")], to: "bench")
            }
            #expect(try await test.journal.lastSeq() == 18)
            #expect(test.broker.allServers["lab"]?.isPaused == true)
            try await test.broker.resume("listener:lab", someone)
            let answers = try await [second, third].map { try Message(parsing: $0)["MSA-2"] }
            #expect(answers == ["M2", "M3"])
            #expect(try await test.journal.lastSeq() == 20)
            let kinds = try await test.journal.events(after: 0, limit: 999).map(\.kind)
            #expect(kinds.contains(.listenerPaused) && kinds.contains(.listenerResumed))
            await #expect(throws: JournalError.self) { try await test.broker.resume("listener:lab", someone) }
            await #expect(throws: JournalError.self) { try await test.broker.pause("listener:other", someone) }
        }
    }

    @Test func `a listener that was paused before a crash starts paused`() async throws {
        let journal = MemoryJournal()
        let configuration = try TestFolder.configuration(TestFolder.clinic(port: 1))
        try await withBroker(configuration, journal: journal, end: .crash) {
            try await $0.broker.pause("listener:lab", someone)
        }
        try await withBroker(configuration, journal: journal) { test in
            async let codes = test.send([Sample.admission("M1")])
            try await test.send([Sample.admission("M2", patient: "P2")], to: "bench")
            #expect(try await journal.lastSeq() == 1)
            try await test.broker.resume("listener:lab", someone)
            let answered = try await codes
            #expect(answered == ["AA"])
        }
    }
}
