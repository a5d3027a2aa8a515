import Auditing
import Foundation
import Testing

@testable import Journaling

/// The audit log gets shorter, and is proven all the same.
@Suite struct SealingTests {
    /// A closed journal with two signed heads, at 3 events (signed at `start`) and at the end (a day later).
    private func written(_ folder: TemporaryFolder, events: Int = 3_000) async throws {
        for (time, count) in [(start, 3), (start + 24 * hour, events)] {
            let journal = try SQLiteJournal(folder.configuration { $0.now = { time } })
            for number in 0..<count / 3 { try await journal.store(.sample("M\(number)", at: time)) }
            try await journal.record((0..<count - count / 3).map { _ in AuditEvent(.patientRead, at: time) })
            await journal.close()
        }
    }

    private func removeEvents(_ journal: SQLiteJournal, before: Int64) async throws -> Int {
        var count = 0
        var next: Int64? = 0
        while let after = next {
            let removed = try await journal.remove(Removal(.events, before: before, after: after, at: before))
            count += removed.count
            next = removed.next
        }
        return count
    }

    private func report(_ folder: TemporaryFolder, external: SignedHead? = nil) throws -> AuditReport {
        try JournalAudit.verify(folder: folder.path, publicKey: folder.key.publicKey, external: external).report
    }

    @Test func `old events go up to a signed head, by steps, and verify proves the rest`() async throws {
        try await TemporaryFolder.with { folder in
            try await written(folder)
            let before = try #require(JournalAudit.head(folder: folder.path))
            #expect(before.size == 3_003)
            let journal = try SQLiteJournal(folder.configuration())
            // Younger than the first head: nothing is removed.
            #expect(try await removeEvents(journal, before: start) == 0)
            #expect(try await removeEvents(journal, before: start + 1) == 3)
            #expect(try report(folder).isGood)
            #expect(try report(folder).removed == 3)
            // Between two steps, as a crash would leave it.
            let step = try await journal.remove(
                Removal(.events, before: start + 25 * hour, after: 0, at: start + 25 * hour))
            #expect(step.count == 500)
            #expect(try report(folder).isGood)
            #expect(try report(folder, external: before).excludesRollback)
            #expect(try await removeEvents(journal, before: start + 25 * hour) == 2_500)
            #expect(try await journal.events(after: 0, limit: 9).map(\.kind) == [.retentionRemoved, .retentionRemoved])
            #expect(try await removeEvents(journal, before: start + 25 * hour) == 0)
            try await journal.store(.sample("NEXT"))
            #expect(try await journal.events(of: 1).isEmpty)
            #expect(try await journal.ledger(from: nil, to: nil).isBalanced)
            await journal.close()
            let report = try report(folder, external: before)
            #expect(report.isGood, "\(report.lines)")
            #expect(report.excludesRollback)
            #expect(report.removed == 3_003 && report.events == 3_006)
            #expect(report.lines.contains("removed: events 1 to 3003, under a signed head"))

            // A copy proves the same.
            let file = folder.path + "/copy.backup"
            _ = try JournalBackup.make(folder: folder.path, file: file)
            let restored = try JournalRestore.restore(
                file: file, to: folder.path + "/restored", publicKey: folder.key.publicKey)
            #expect(restored.audit.report.removed == 3_003)
        }
    }

    @Test(
        arguments: [
            ("UPDATE sealed SET root = zeroblob(32)", 1),
            ("UPDATE sealed SET frontier = zeroblob(length(frontier))", 1),
            ("UPDATE sealed SET size = size - 1", 1), ("UPDATE sealed SET size = size + 1", 1),
            ("DELETE FROM sealed", 1),
            ("UPDATE event SET bytes = CAST(replace(bytes, 'retention', 'attention') AS BLOB)", 3_004),
        ] as [(String, Int64)])
    func `a removal that was not made by the journal is found`(sql: String, first: Int64) async throws {
        try await TemporaryFolder.with { folder in
            try await written(folder)
            let journal = try SQLiteJournal(folder.configuration())
            #expect(try await removeEvents(journal, before: start + 25 * hour) == 3_003)
            await journal.close()
            try SQLiteConnection(path: folder.path + "/journal.sqlite").execute(sql)
            #expect(try report(folder).damage?.first == first)
        }
    }

    @Test func `events that were changed are not removed`() async throws {
        try await TemporaryFolder.with { folder in
            try await written(folder)
            try SQLiteConnection(path: folder.path + "/journal.sqlite").execute(
                "UPDATE event SET bytes = CAST(replace(bytes, 'patient', 'nobodys') AS BLOB) WHERE n = 2003")
            let journal = try SQLiteJournal(folder.configuration())
            let error = await #expect(throws: JournalError.self) {
                try await removeEvents(journal, before: start + 25 * hour)
            }
            #expect(error?.code == .conflict)
            #expect(try await journal.events(after: 0, limit: 1).first?.number == 1)
            await journal.close()
            #expect(try report(folder).damage?.first == 2_003)
        }
    }

    @Test func `a removal that no event tells of is found`() async throws {
        try await TemporaryFolder.with { folder in
            try await written(folder)
            var frontier = MerkleFrontier()
            let lines = HeadFile.lines(path: folder.path + "/audit/heads.jsonl")
            let head = try SignedHead(decoding: try #require(lines.first { try SignedHead(decoding: $0).size == 3 }))
            let connection = try SQLiteConnection(path: folder.path + "/journal.sqlite")
            let leaves = try connection.prepare("SELECT leaf FROM event WHERE n <= 3 ORDER BY n")
            while try leaves.step() { frontier.append(leaf: leaves.blob(0)) }
            #expect(frontier.root == head.root)
            let insert = try connection.prepare(
                "INSERT INTO sealed (size, at, root, frontier, head) VALUES (3, 0, ?1, ?2, x'')")
            insert.bind(1, frontier.root)
            insert.bind(2, frontier.hashes)
            try insert.run()
            try connection.execute("DELETE FROM event WHERE n <= 3; DELETE FROM batch WHERE size <= 3")
            let report = try report(folder)
            #expect(report.damage?.what == "removed, and no event says so", "\(report.lines)")
        }
    }
}
