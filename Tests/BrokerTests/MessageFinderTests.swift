import Auditing
import Foundation
import HL7
import Journaling
import Testing

@testable import Broker

/// Searches of a running broker.
@Suite(.timeLimit(.minutes(2))) struct MessageFinderTests {
    private func withFinder(_ body: (TestBroker, MessageFinder, String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "find-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover does no harm
        try await withReceiver(TestReceiver { _ in .code("AA") }) { port in
            try await withBroker(try TestFolder.configuration(TestFolder.clinic(port: port))) { test in
                let finder = MessageFinder(broker: test.broker, folder: folder)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await finder.run() }
                    try await body(test, finder, folder)
                    group.cancelAll()
                }
            }
        }
    }

    /// Searches again until the index has everything.
    private func find(
        _ finder: MessageFinder, _ change: (inout FindQuery) -> Void = { _ in }
    ) async throws -> MessageFinder.Result {
        var query = FindQuery()
        change(&query)
        while true {
            try Task.checkCancellation()
            do {
                let result = try await finder.find(query, actor: "tester")
                if result.lag == 0 { return result }
            } catch is MessageFinder.Unavailable {}
            await Task.yield()
        }
    }

    private func message(_ id: String, _ patient: String) -> [UInt8] {
        var text = String(decoding: Sample.admission(id), as: UTF8.self)
        text = text.split(separator: "\r").map { $0.hasPrefix("PID") ? "PID|||\(patient)^^^GHH||Vale^Ada" : String($0) }
            .joined(separator: "\r")
        return Array((text + "\r").utf8)
    }

    @Test func `messages are found newest first, page by page, and searches for patients are audited`() async throws {
        try await withFinder { test, finder, _ in
            try await test.send((1...5).map { message("M\($0)", $0 == 3 ? "OTHER" : "P1") })
            #expect(try await find(finder) { $0.patient = "p1" }.messages.map(\.entry.seq) == [5, 4, 2, 1])
            let first = try await find(finder) {
                $0.patient = "p1@ghh"
                $0.limit = 2
            }
            #expect(first.messages.map(\.entry.seq) == [5, 4] && first.next == 4)
            let second = try await find(finder) {
                $0.patient = "p1@ghh"
                $0.before = first.next
            }
            #expect(second.messages.map(\.entry.seq) == [2, 1] && second.next == nil)
            #expect(try await find(finder) { $0.controlID = "M3" }.messages.map(\.entry.seq) == [3])
            #expect(try await find(finder) { $0.limit = 3 }.messages.map(\.entry.seq) == [5, 4, 3])
            #expect(
                try await find(finder) {
                    $0.text = "other"
                    $0.from = 0
                }.messages.map(\.entry.seq) == [3])
            #expect(try await find(finder) { $0.to = 1 }.messages.isEmpty)

            let events = try await test.journal.events(after: 0, limit: 1_000).filter { $0.kind == .patientSearched }
            let last = try #require(events.last)
            #expect(last.actor == "tester" && last.text == "by text: 1 found")
            let keyed = events.filter { !$0.patients.isEmpty }
            let entry = try #require(try await test.journal.entry(1))
            #expect(!keyed.isEmpty && keyed.allSatisfy { $0.patients == entry.patients })
            #expect(events.allSatisfy { $0.text?.lowercased().contains("p1") == false })
        }
    }

    @Test func `what is held and what was delivered is found by that`() async throws {
        try await withFinder { test, finder, _ in
            try await test.send([message("M1", "P1"), message("M2", "P2")])
            try await test.waitUntilAllSettled(2)
            let delivered = FindQuery.State.delivery(.delivered)
            #expect(try await find(finder) { $0.state = delivered }.messages.map(\.entry.seq) == [2, 1])
            #expect(try await find(finder) { $0.state = .delivery(.held) }.messages.isEmpty)
            #expect(
                try await find(finder) {
                    $0.state = delivered
                    $0.patient = "P2"
                }.messages.map(\.entry.seq) == [2])
        }
    }

    @Test func `a damaged index is made anew`() async throws {
        try await withFinder { test, finder, folder in
            try await test.send([message("M1", "P1")])
            #expect(try await find(finder) { $0.patient = "P1" }.messages.count == 1)
            let second = folder + "/again"
            try FileManager.default.createDirectory(atPath: second, withIntermediateDirectories: true)
            try Data(repeating: 0x41, count: 8_192).write(to: URL(filePath: second + "/find.sqlite"))
            let other = MessageFinder(broker: test.broker, folder: second)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await other.run() }
                let found = try await find(other) { $0.patient = "P1" }
                #expect(found.messages.count == 1)
                group.cancelAll()
            }
        }
    }
}
