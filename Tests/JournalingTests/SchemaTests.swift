import Auditing
import Foundation
import Testing

@testable import Journaling

@Suite struct SchemaTests {
    /// Runs a body with a data folder that holds full queues, as an earlier version left it: 600 messages, of which 200
    /// are delivered, 100 are to be tried again, 200 are queued, 50 held and 50 not routed yet.
    private func withFolder(of version: Int, _ body: (TemporaryFolder) async throws -> Void) async throws {
        try await TemporaryFolder.with { folder in
            var data = folder
            data.path += "/var"
            let journal = try SQLiteJournal(data.configuration())
            _ = try await journal.append((1...600).map { .sample("M\($0)") })
            try await journal.commit((1...550).map { .sample($0, to: ["a.in"], heldBecause: $0 > 500 ? "map" : nil) })
            try await journal.settle((1...200).map { .sample($0, "a.in") })
            try await journal.settle(
                (201...300).map { .sample($0, "a.in", .retry(nextTry: start + hour, reason: "timeout")) })
            try await journal.control(Control(.pause(endpoint: "a.in"), at: 5, actor: "uid:0", reason: "upgrade"))
            await journal.close()
            try Self.turnBack(data.path + "/journal.sqlite", to: version)
            try await body(data)
        }
    }

    /// Writes a journal again as an earlier version would have: its tables, and of each row what they have room for.
    private static func turnBack(_ path: String, to version: Int) throws {
        let old = path + ".old"
        FileManager.default.createFile(atPath: old, contents: nil)
        do {
            let connection = try SQLiteConnection(path: old)
            try connection.execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL")
            for step in Schema.migrations.prefix(version) { try connection.execute(step) }
            try connection.execute("PRAGMA application_id = \(Schema.applicationId); PRAGMA user_version = \(version)")
            try connection.execute("ATTACH '\(path)' AS new")
            for table in try texts(connection, "SELECT name FROM sqlite_schema WHERE type = 'table'") {
                let columns = try texts(connection, "SELECT name FROM pragma_table_info('\(table)')")
                    .joined(separator: ", ")
                try connection.execute(
                    "INSERT OR REPLACE INTO main.\(table) (\(columns)) SELECT \(columns) FROM new.\(table)")
            }
            if version < 4 { try connection.execute("DELETE FROM counter WHERE name = 'textByte'") }
            try connection.execute("DETACH new; PRAGMA wal_checkpoint(TRUNCATE)")
        }
        for ending in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + ending) }
        try FileManager.default.moveItem(atPath: old, toPath: path)
    }

    private static func texts(_ connection: SQLiteConnection, _ sql: String) throws -> [String] {
        let statement = try connection.prepare(sql)
        var texts: [String] = []
        while try statement.step() { texts.append(statement.text(0)) }
        return texts
    }

    /// What must hold of the journal of ``withFolder(of:_:)``, whatever it went through, and that it can be gone on with.
    private func check(_ folder: TemporaryFolder) async throws {
        let journal = try SQLiteJournal(folder.configuration())
        #expect(try await journal.queues().map { [$0.queued, $0.held] } == [[300, 50]])
        #expect(try await journal.unrouted(after: 0, limit: 99).map(\.seq) == Array(551...600))
        let waiting = try await journal.deliveries(endpoint: "a.in", after: 0, limit: 999, states: [.queued, .held])
        #expect(waiting.map(\.seq) == Array(201...550))
        #expect(waiting.prefix(100).allSatisfy { $0.nextTry == start + hour && $0.attempts == 1 })
        #expect(try await journal.ledger(from: nil, to: nil).isBalanced)
        #expect(try await journal.pauses().map(\.until) == [nil])
        #expect(try await journal.body(200) != nil)
        let bytes = try await journal.textBytes()
        let stored = try SQLiteConnection(path: folder.path + "/journal.sqlite").integer(
            "SELECT (SELECT sum(length(bytes)) FROM body) + (SELECT sum(length(bytes)) FROM sent)")
        #expect(bytes == stored)

        // What came with a later version works.
        try await journal.control(Control(.pause(endpoint: "a.in", until: 9), at: 6, actor: "uid:0", reason: "x"))
        #expect(try await journal.pauses().map(\.until) == [9])
        var merge = Routing.sample(551, to: ["a.in"])
        merge.laneKeys = [1, 2, .max]
        merge.aliases = [LaneAlias(2, .max, .merged)]
        try await journal.commit([merge])
        #expect(try await journal.aliases(after: 0, limit: 9).map(\.alias) == merge.aliases)
        try await journal.settle((201...550).map { .sample($0, "a.in") })
        #expect(try await journal.remove(Removal(.deliveries, before: start + 1, at: start + 1)).count > 0)
        #expect(try await journal.ledger(from: nil, to: nil).isBalanced)
        #expect(try await journal.store(.sample("NEXT")) == 601)
        await journal.close()
        #expect(try JournalAudit.verify(folder: folder.path).report.isGood)
    }

    @Test(arguments: 1...Schema.migrations.count)
    func `a file of any earlier version, with full queues, becomes a current one`(version: Int) async throws {
        try await withFolder(of: version) { try await check($0) }
    }

    @Test(arguments: 1...Schema.migrations.count)
    func `a backup of any earlier version is verified and restored`(version: Int) async throws {
        try await withFolder(of: version) { folder in
            let file = folder.path + "/../copy.backup"
            let summary = try JournalBackup.make(folder: folder.path, file: file)
            #expect(summary.queued == 300 && summary.held == 50 && summary.lastSeq == 600)
            var restored = folder
            restored.path += "-restored"
            let outcome = try JournalRestore.restore(file: file, to: restored.path)
            #expect(outcome.summary.queued == 300 && outcome.summary.held == 50)
            #expect(outcome.ledger.isBalanced && outcome.ledger.deliveries == 550)
            #expect(outcome.bodies == 600)
            try await check(restored)
        }
    }
}
