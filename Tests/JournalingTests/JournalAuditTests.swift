import Auditing
import Foundation
import Glibc
import Testing

@testable import Journaling

/// Damage done to the files themselves.
@Suite struct JournalAuditTests {
    /// A closed journal of 12 events.
    private func written(_ folder: TemporaryFolder) async throws {
        let journal = try SQLiteJournal(folder.configuration())
        for number in 1...6 { try await journal.store(.sample("M\(number)")) }
        try await journal.record((1...3).map { AuditEvent(.patientRead, at: $0, actor: "uid:0") })
        try await journal.record((4...6).map { AuditEvent(.patientRead, at: $0, actor: "uid:0") })
        await journal.close()
    }

    private func damage(_ sql: String) async throws -> AuditReport {
        try await TemporaryFolder.with { folder in
            try await written(folder)
            #expect(try JournalAudit.verify(folder: folder.path).report.isGood)
            try SQLiteConnection(path: folder.path + "/journal.sqlite").execute(sql)
            let outcome = try JournalAudit.verify(folder: folder.path, publicKey: folder.key.publicKey)
            #expect(!outcome.keyIsFromFolder)
            return outcome.report
        }
    }

    @Test(
        arguments: [
            ("UPDATE event SET bytes = CAST(replace(bytes, 'broker', 'nobody') AS BLOB) WHERE n = 4", 4),
            ("UPDATE event SET bytes = 'text' WHERE n = 5", 5),
            ("UPDATE event SET bytes = 17, leaf = 18 WHERE n = 6", 6),
            ("UPDATE event SET leaf = zeroblob(32), bytes = x'00' WHERE n = 12", 12),
            ("DELETE FROM event WHERE n = 1", 1),
            ("DELETE FROM event WHERE n = 12", 12),
            ("DELETE FROM event WHERE n > 7", 8),
            ("DELETE FROM event", 1),
            ("DELETE FROM event; DELETE FROM batch", 1),
            ("INSERT INTO event (n, bytes, leaf) SELECT 13, bytes, leaf FROM event WHERE n = 3", 13),
            ("INSERT INTO event (n, bytes, leaf) SELECT -4, bytes, leaf FROM event WHERE n = 3", -4),
            (
                "UPDATE event SET n = 100 WHERE n = 3; UPDATE event SET n = 3 WHERE n = 9; UPDATE event SET n = 9 WHERE n = 100",
                3
            ),
            ("DELETE FROM event WHERE n = 3; UPDATE event SET n = n - 1 WHERE n > 3", 3),
            ("DELETE FROM event WHERE n > 6; DELETE FROM batch WHERE size > 6; UPDATE tree SET size = 6", 7),
            ("UPDATE tree SET size = 11", 12),
            ("UPDATE tree SET size = 13", 13),
        ] as [(String, Int64)])
    func `the first bad event is named`(sql: String, first: Int64) async throws {
        let report = try await damage(sql)
        #expect(report.damage?.first == first, "\(report.lines)")
    }

    @Test(
        arguments: [
            "UPDATE batch SET root = zeroblob(32) WHERE size = 3", "UPDATE batch SET leaves = x'00' WHERE size = 3",
            "UPDATE batch SET leaves = zeroblob(96) WHERE size = 9", "UPDATE event SET leaf = zeroblob(32) WHERE n = 2",
        ])
    func `damaged tree rows are reported, and the events as proven by the signed head`(sql: String) async throws {
        let report = try await damage(sql)
        #expect(report.damage == nil)
        #expect(!report.isGood)
    }

    @Test func `a folder taken back to an earlier copy is found by a head kept elsewhere only`() async throws {
        try await TemporaryFolder.with { folder in
            try await written(folder)
            let earlier = folder.path + "-earlier"
            try FileManager.default.copyItem(atPath: folder.path, toPath: earlier)
            defer { try? FileManager.default.removeItem(atPath: earlier) }  // a leftover does no harm
            let journal = try SQLiteJournal(folder.configuration())
            try await journal.store(.sample("LATER"))
            await journal.close()
            let head = try #require(JournalAudit.head(folder: folder.path))
            let alone = try JournalAudit.verify(folder: earlier).report
            #expect(alone.isGood)
            #expect(alone.lines.contains { $0.contains("roll-back") })
            let compared = try JournalAudit.verify(folder: earlier, external: head).report
            #expect(compared.damage?.first == 13)
            #expect(try JournalAudit.verify(folder: folder.path, external: head).report.excludesRollback)
        }
    }

    @Test func `a running journal verifies, with its newest events unsigned`() async throws {
        try await TemporaryFolder.with { folder in
            let journal = try SQLiteJournal(folder.configuration())
            for number in 1...5 { try await journal.store(.sample("M\(number)")) }
            let report = try JournalAudit.verify(folder: folder.path).report
            #expect(report.isGood)
            #expect(report.unsigned == 5)
            await journal.close()
        }
    }

    @Test func `a folder that cannot be written is checked in a copy`() async throws {
        try await TemporaryFolder.with { folder in
            try await written(folder)
            chmod(folder.path, 0o500)
            defer { chmod(folder.path, 0o700) }
            guard access(folder.path, W_OK) != 0 else { return print("skipped: this user may write everywhere") }
            #expect(try JournalAudit.verify(folder: folder.path).report.isGood)
        }
    }

    @Test func `a folder without a journal is told apart from a damaged one`() async throws {
        try await TemporaryFolder.with { folder in
            let error = #expect(throws: JournalError.self) { try JournalAudit.verify(folder: folder.path) }
            #expect(error?.text.contains("there is no journal") == true)
        }
    }
}
