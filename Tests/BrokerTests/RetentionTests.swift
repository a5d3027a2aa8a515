import Foundation
import Interfaces
import Journaling
import Synchronization
import Testing

@testable import Broker

@Suite(.timeLimit(.minutes(2))) struct RetentionTests {
    @Test func `the text of messages is removed for its size only after people were told, the oldest first`()
        async throws
    {
        let path = NSTemporaryDirectory() + "retention-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }  // a leftover does no harm
        let configuration = try TestFolder.configuration([
            "broker.yaml": (TestFolder.files["broker.yaml"] ?? "") + "\nretention: { bodiesSize: 1MiB }",
            "routes/all.yaml": "route: all\nwhen: MSH-10 = \"WAITS\"\nto: [clinic.inbox]",
        ])
        let journal = MemoryJournal()
        try await withBroker(configuration, journal: journal, end: .crash) { test in
            let center = AlertCenter(broker: test.broker, activity: Activity(), folder: path)
            let name = String(repeating: "E", count: 100_000)
            try await center.look()
            try await test.send(["WAITS", "M2", "M3", "M4"].map { Sample.admission($0, family: name) })
            try await test.eventually("routed") { try await journal.unrouted(after: 0, limit: 1).isEmpty }
            try await center.look()
            #expect(await center.open().isEmpty)
            #expect(!test.broker.retention.mayFollowSize.withLock { $0 })
            try await test.send((5...12).map { Sample.admission("M\($0)", family: name) })
            try await test.eventually("routed") { try await journal.unrouted(after: 0, limit: 1).isEmpty }
            try await center.look()
            #expect(await center.open().map(\.alert.id.kind).contains(.bodies))
            #expect(test.broker.retention.mayFollowSize.withLock { $0 })
            #expect(try await test.broker.retention.removeExcess().bodies == 3)
            var kept: [Int64] = []
            for seq: Int64 in 1...12 where try await journal.body(seq) != nil { kept.append(seq) }
            #expect(kept == [1] + Array(5...12))
            #expect(try await test.broker.retention.removeExcess() == Retention.Report())
        }
    }
}
