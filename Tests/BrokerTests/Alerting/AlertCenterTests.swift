import Auditing
import Foundation
import HL7
import Interfaces
import Journaling
import Synchronization
import Testing

@testable import Broker

/// Alerts of a running broker: what opens them, who is told, and what a restart leaves of them.
@Suite(.timeLimit(.minutes(2))) struct AlertCenterTests {
    /// A broker of which the only receiver is away, so that messages wait, and a folder for what alerts keep.
    private func withAlerts(
        _ alerts: String, journal: MemoryJournal = MemoryJournal(), folder: String? = nil,
        _ body: (TestBroker, AlertCenter, Activity, String) async throws -> Void
    ) async throws {
        let path = folder ?? NSTemporaryDirectory() + "alerts-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { if folder == nil { try? FileManager.default.removeItem(atPath: path) } }  // a leftover does no harm
        let configuration = try TestFolder.configuration([
            "broker.yaml": (TestFolder.files["broker.yaml"] ?? "") + "\nalerts: { \(alerts) }"
        ])
        // Ended as if it was killed, so that the journal can be used again.
        try await withBroker(configuration, journal: journal, end: .crash) { test in
            let activity = Activity()
            let center = AlertCenter(broker: test.broker, activity: activity, folder: path, retry: .milliseconds(5))
            try await body(test, center, activity, path)
        }
    }

    private static let quiet = AlertKind.allCases.filter { $0 != .queueDepth }.map { "\($0.rawValue): off" }
        .joined(separator: ", ")
    /// One message that waits is one too many.
    private static let deep = "queueDepth: 1, every: 10ms, " + quiet
    private static let id = "queueDepth:clinic.inbox"

    private func verbs(_ journal: MemoryJournal) async throws -> [String] {
        try await journal.events(after: 0, limit: 100_000).filter { $0.kind.rawValue.hasPrefix("alert.") }
            .map { "\($0.kind.rawValue.dropFirst(6)) \($0.actor)" }
    }

    private let why = ChangeRequest(actor: "ada", reason: "a test")

    @Test func `an alert opens once and closes once, across restarts and lost files`() async throws {
        let journal = MemoryJournal()
        let folder = NSTemporaryDirectory() + "alerts-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover does no harm
        try await withAlerts(Self.deep, journal: journal, folder: folder) { test, center, _, _ in
            try await center.look()
            #expect(await center.open().isEmpty)
            try await test.send([Sample.admission("M1")])
            try await test.eventually("routed") { try await journal.delivery(1, endpoint: "clinic.inbox") != nil }
            try await center.look()
            try await center.look()
            #expect(await center.open().map(\.alert.id.description) == [Self.id])
            try await center.acknowledge(try #require(AlertID(Self.id)), why)
        }
        // As it was left; as if the broker was killed before it wrote the file; as if the file was lost.
        let kept = try Data(contentsOf: URL(filePath: folder + "/alerts.json"))
        for file in [
            kept, Data(#"{"position":0,"book":{"open":[],"silences":[]},"outboxes":{},"lastBackup":0}"#.utf8), nil,
        ] {
            try? FileManager.default.removeItem(atPath: folder + "/alerts.json")
            if let file { try file.write(to: URL(filePath: folder + "/alerts.json")) }
            try await withAlerts(Self.deep, journal: journal, folder: folder) { _, center, _, _ in
                try await center.look()
                let open = await center.open()
                #expect(open.map(\.alert.id.description) == [Self.id])
                #expect(open.first?.alert.acknowledged?.actor == "ada")
                #expect(open.first?.alert.acknowledged?.reason == "a test")
            }
        }
        try await withAlerts(Self.deep, journal: journal, folder: folder) { test, center, _, _ in
            try await test.broker.skip(1, endpoint: "clinic.inbox", why)
            try await center.look()
            try await center.look()
            #expect(await center.open().isEmpty)
        }
        #expect(try await verbs(journal) == ["opened broker", "acknowledged ada", "closed broker"])
    }

    @Test func `many who look at once open an alert once`() async throws {
        try await withAlerts(Self.deep) { test, center, _, _ in
            try await test.send([Sample.admission("M1")])
            try await test.eventually("routed") { try await test.journal.delivery(1, endpoint: "clinic.inbox") != nil }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { try await center.look() } }
                try await group.waitForAll()
            }
            #expect(try await verbs(test.journal) == ["opened broker"])
        }
    }

    @Test func `a file of another journal is not believed`() async throws {
        try await withAlerts(Self.deep) { test, center, _, folder in
            let other = AlertFile(
                position: 1_000_000, book: AlertBook(), outboxes: ["webhook": []], lastBackup: 0, lastAudit: nil)
            try AlertFile.write(other, to: folder + "/alerts.json")
            try await center.look()
            let read = try #require(AlertFile.read(folder + "/alerts.json", as: AlertFile.self))
            #expect(read.position <= (try await test.journal.lastEventNumber()))
        }
    }

    @Test func `a webhook that is away is told once it is back, each change once`() async throws {
        let signal = Signal()
        // The first two tries find it broken.
        let server = TestFHIRServer { _, number in
            signal.fire()
            return TestFHIRServer.Response(status: number <= 2 ? 503 : 204)
        }
        try await server.run { port in
            let alerts = Self.deep + ", webhook: { url: \"http://127.0.0.1:\(port)/hook\" }"
            try await withAlerts(alerts) { test, center, _, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await center.run() }
                    try await test.send([Sample.admission("M1", family: "SECRETNAME")])
                    try await holds("told that it is open", on: signal) { server.requests.count >= 3 }
                    try await test.broker.skip(1, endpoint: "clinic.inbox", why)
                    try await holds("told that it is over", on: signal) { server.requests.count >= 4 }
                    group.cancelAll()
                }
            }
        }
        let told = try server.requests.map { request in
            try #require(try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: String])
        }
        #expect(told.map { $0["state"] } == ["opened", "opened", "opened", "closed"])
        let first = try #require(told.first)
        #expect(first["id"] == Self.id)
        #expect(first["kind"] == "queueDepth" && first["subject"] == "clinic.inbox")
        #expect(first["broker"] == "riverside" && first["severity"] == "warning")
        #expect(first["text"] == "1 deliveries wait (limit 1)")
        for request in server.requests { #expect(!Sample.text(request.body).contains("SECRETNAME")) }
    }

    @Test func `what was not told before a stop is told after the start`() async throws {
        let journal = MemoryJournal()
        let folder = NSTemporaryDirectory() + "alerts-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover does no harm
        let signal = Signal()
        let server = TestFHIRServer { _, _ in
            signal.fire()
            return TestFHIRServer.Response(status: 200)
        }
        try await server.run { port in
            let alerts = Self.deep + ", webhook: { url: \"http://127.0.0.1:\(port)/hook\" }"
            // Only looks: nobody is told.
            try await withAlerts(alerts, journal: journal, folder: folder) { test, center, _, _ in
                try await test.send([Sample.admission("M1")])
                try await test.eventually("routed") { try await journal.delivery(1, endpoint: "clinic.inbox") != nil }
                try await center.look()
            }
            #expect(server.requests.isEmpty)
            try await withAlerts(alerts, journal: journal, folder: folder) { _, center, _, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await center.run() }
                    try await holds("told", on: signal) { !server.requests.isEmpty }
                    group.cancelAll()
                }
            }
        }
        #expect(server.requests.count == 1)
    }

    @Test func `a command gets the alert on its standard input, and is run again if it fails`() async throws {
        try await withAlerts(Self.deep) { _, _, _, folder in
            // Fails the first time; the second time what it reads is kept.
            let script = "cat > \(folder)/told; test -e \(folder)/again || { touch \(folder)/again; exit 3; }"
            let alert = ToldAlert(
                AlertNotice(
                    .opened,
                    Alert(id: AlertID(.disk), level: 0, severity: .warning, text: "full in 3 days", openedAt: 0), at: 0),
                broker: "riverside")
            let command = AlertCommand(["/bin/sh", "-c", script])
            await #expect(throws: TellingError.self) { try await command.send(alert) }
            try await command.send(alert)
            let told = try Data(contentsOf: URL(filePath: folder + "/told"))
            #expect(Array(told) == alert.json)
            // One that does not read its input is none the worse for it.
            try await AlertCommand(["/bin/true"]).send(alert)
            await #expect(throws: (any Error).self) { try await AlertCommand(["/nowhere/to/be/found"]).send(alert) }
        }
    }

    @Test func `a receiver that is away, unrouted messages, refusals and a wrong clock are found`() async throws {
        let alerts = "disconnected: 1ms, certificates: off, disk: off, queueDepth: off, oldestAge: off"
        try await withAlerts(alerts) { test, center, activity, _ in
            // Its MSH-7 is of March; whatever the day is, that is long ago or far ahead.
            try await center.look()
            try await test.send((1...5).map { Sample.admission("M\($0)", patient: "P\($0)") })
            for _ in 0..<6 { activity.failed("hospital", at: test.broker.clock.now()) }
            activity.unrouted("hospital", at: test.broker.clock.now())
            try await holds("the receiver is seen to be away", on: test.broker.events) {
                try await center.look()
                return await center.counts[.disconnected] == 1
            }
            let open = Set(await center.open().map(\.alert.id.description))
            #expect(
                open == [
                    "disconnected:clinic.inbox", "refusalRate:hospital", "unrouted:hospital", "clockSkew:hospital",
                ])
        }
    }

    @Test func `a damaged audit log is an alert until it verifies, also after a restart`() async throws {
        let journal = MemoryJournal()
        let folder = NSTemporaryDirectory() + "alerts-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover does no harm
        try await withAlerts("disk: off", journal: journal, folder: folder) { _, center, _, _ in
            try await center.noteAudit(damage: "event 7 is damaged")
            #expect(await center.open().map(\.alert.severity) == [.critical])
        }
        try await withAlerts("disk: off", journal: journal, folder: folder) { _, center, _, _ in
            try await center.look()
            #expect(await center.counts == [.audit: 1])
            try await center.noteAudit(damage: nil)
            #expect(await center.open().isEmpty)
        }
    }

    @Test func `acknowledging what is not open is an error, silencing it is not`() async throws {
        try await withAlerts(Self.deep) { test, center, _, _ in
            let id = AlertID(.queueDepth, "clinic.inbox")
            await #expect(throws: JournalError.self) { try await center.acknowledge(id, why) }
            let until = test.broker.clock.now() + 3_600_000_000
            try await center.silence(id, until: until, why)
            try await test.send([Sample.admission("M1")])
            try await test.eventually("routed") { try await test.journal.delivery(1, endpoint: "clinic.inbox") != nil }
            try await center.look()
            let open = try #require(await center.open().first)
            #expect(open.silencedUntil == until / 1_000_000 * 1_000_000)
            #expect(open.alert.toldLevel == nil)
        }
    }
}
