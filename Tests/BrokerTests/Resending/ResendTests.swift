import Auditing
import Foundation
import HL7
import Interfaces
import Journaling
import Testing

@testable import Broker

/// Sending again: by which configuration, with changes, and many.
@Suite(.timeLimit(.minutes(2))) struct ResendTests {
    private let someone = ChangeRequest(actor: "uid:1000", reason: "asked for")

    @Test func `a message goes again by the configuration in use, or by that of its day`() async throws {
        let receiver = TestReceiver()
        try await withReceiver(receiver) { port in
            let first = try TestFolder.configuration(
                TestFolder.clinic(port: port, "edit: [ { set: { MSH-5: OLD } } ]"))
            try await withBroker(first) { test in
                try await test.send([Sample.admission("M1")])
                try await test.wait(1, is: .delivered)
                try await test.broker.reload(
                    try TestFolder.configuration(TestFolder.clinic(port: port, "edit: [ { set: { MSH-5: NEW } } ]")))
                let now = try await test.broker.resend(1, Resend(as: .now), someone)
                try await test.wait(now, is: .delivered)
                let then = try await test.broker.resend(1, Resend(as: .then), someone)
                try await test.wait(then, is: .delivered)
                #expect(try receiver.received.map { try Message(parsing: $0.bytes)["MSH-5"] } == ["OLD", "NEW", "OLD"])
            }
        }
    }

    @Test func `a changed copy is an entry of its own, and the original stays`() async throws {
        let receiver = TestReceiver()
        try await withReceiver(receiver) { port in
            let configuration = try TestFolder.configuration(TestFolder.clinic(port: port, "ackMode: asSent"))
            try await withBroker(configuration) { test in
                let original = Sample.admission("M1")
                try await test.send([original])
                try await test.wait(1, is: .delivered)
                let copy = try Message(parsing: original).editing { (editor: inout MessageEditor) throws(EditError) in
                    try editor.set("M", at: Path(segment: "PID", field: 8))
                }.bytes
                let seq = try await test.broker.resend(1, edited: copy, changed: ["PID-8"], Resend(), someone)
                try await test.wait(seq, is: .delivered)
                #expect(receiver.received.map(\.bytes) == [original, copy])
                let entry = try #require(try await test.journal.entry(seq))
                #expect(entry.disposition == .edited && entry.parent == 1)
                #expect(try await test.journal.body(1) == original)
                #expect(try await test.journal.body(seq) == copy)
                let event = try #require(try await test.journal.events(of: seq).first)
                #expect(event.actor == "uid:1000" && event.text?.contains("1 places changed (PID-8)") == true)
                let again = try await test.broker.resend(seq, Resend(), someone)
                try await test.wait(again, is: .delivered)
                #expect(receiver.received.last?.bytes == copy)
                #expect(try await test.journal.ledger(from: nil, to: nil).isBalanced)
                await #expect(throws: JournalError.self) {
                    try await test.broker.resend(1, edited: [1, 2, 3], changed: [], Resend(), someone)
                }
            }
        }
    }

    // MARK: Many

    private func folder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "resends-\(UUID())").path(
            percentEncoded: false)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Runs the resends of a broker around a body.
    private func withRuns(
        _ broker: Broker, _ folder: String, _ body: (ResendRuns) async throws -> Void
    ) async throws {
        let runs = ResendRuns(broker: broker, folder: folder)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await runs.work() }
            try await body(runs)
            group.cancelAll()
        }
    }

    /// What was sent again, in order: the entries that the new ones came from.
    private func resent(_ journal: MemoryJournal) async throws -> [Int64] {
        try await journal.entries(after: 0, limit: 999).filter { $0.disposition == .resent }.compactMap(\.parent)
    }

    @Test func `many go again in order, each once, whatever crash comes between`() async throws {
        let folder = try folder()
        let all = (Int64(1)...20).map { $0 }
        let journal = MemoryJournal()
        let configuration = try TestFolder.configuration(TestFolder.clinic(port: 1))
        try await withBroker(configuration, journal: journal, end: .crash) { test in
            try await test.send((1...20).map { Sample.admission("M\($0)") })
            try await test.eventually("all routed") { try await journal.unrouted(after: 0, limit: 1).isEmpty }
            try await withRuns(test.broker, folder) { runs in
                _ = try await runs.begin(all, Resend(), rate: 100, someone)
                try await test.eventually("some sent") { try await resent(journal).count >= 3 }
            }
        }
        try await withBroker(configuration, journal: journal) { test in
            try await withRuns(test.broker, folder) { runs in
                try await test.eventually("the run to end") { await runs.all.first?.state == .finished }
                #expect(await runs.all.map(\.done) == [20])
            }
            #expect(try await resent(journal) == all)
        }
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test func `a run that is stopped goes on where it was, and what cannot be sent is left with an event`()
        async throws
    {
        let folder = try folder()
        try await withBroker(try TestFolder.configuration(TestFolder.clinic(port: 1))) { test in
            try await test.send([Sample.admission("M1"), Sample.admission("M2")])
            try await test.eventually("all routed") { try await test.journal.entry(2)?.routing == .routed }
            try await withRuns(test.broker, folder) { runs in
                let run = try await runs.begin([1, 99, 2], Resend(), rate: 0.01, someone)
                try await test.eventually("the first") { await runs.all.first?.done == 1 }
                _ = try await runs.stop(run.id, someone)
                await #expect(throws: JournalError.self) { try await runs.stop(run.id, someone) }
                await #expect(throws: JournalError.self) { try await runs.stop("r0", someone) }
                #expect(try await resent(test.journal) == [1])
            }
            // As after a restart, and faster.
            let file = try #require(try FileManager.default.contentsOfDirectory(atPath: folder + "/resends").first)
            let path = "\(folder)/resends/\(file)"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try text.replacing("\"rate\":0.01", with: "\"rate\":1000").write(
                toFile: path, atomically: true, encoding: .utf8)
            try await withRuns(test.broker, folder) { runs in
                try await test.eventually("it to be read") { await !runs.all.isEmpty }
                let run = try #require(await runs.all.first)
                #expect(run.state == .stopped && run.done == 1)
                _ = try await runs.go(run.id, someone)
                try await test.eventually("the end") { await runs.all.first?.state == .finished }
                #expect(await runs.all.first?.left == 1)
            }
            #expect(try await resent(test.journal) == [1, 2])
            let left = try await test.journal.events(of: 99).map(\.kind)
            #expect(left == [.resendLeft])
        }
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test(arguments: [
        ([Int64](), 10.0, "clinic.inbox"), ([Int64(1)], 0.0, "clinic.inbox"), ([Int64(1)], 10.0, "clinic.x"),
    ])
    func `a run of nothing, without a rate or to nowhere is refused`(
        seqs: [Int64], rate: Double, endpoint: String
    ) async throws {
        let folder = try folder()
        try await withBroker(try TestFolder.configuration()) { test in
            let runs = ResendRuns(broker: test.broker, folder: folder)
            await #expect(throws: JournalError.self) {
                try await runs.begin(seqs, Resend(to: [endpoint]), rate: rate, someone)
            }
        }
        try FileManager.default.removeItem(atPath: folder)
    }
}
