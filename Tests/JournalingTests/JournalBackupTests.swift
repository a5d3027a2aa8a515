import Auditing
import Foundation
import Glibc
import Testing

@testable import Journaling

@Suite struct JournalBackupTests {
    /// A journal with one delivery delivered, one queued and one held.
    private func fill(_ journal: SQLiteJournal) async throws {
        for number in 1...3 { try await journal.store(.sample("M\(number)")) }
        try await journal.commit([
            .sample(1, to: ["a.in"]), .sample(2, to: ["a.in"]), .sample(3, to: ["a.in"], heldBecause: "map"),
        ])
        try await journal.settle(.sample(1, "a.in"))
    }

    /// Makes a copy of a filled, closed journal and hands over the folder and the file.
    private func withBackup(_ body: (TemporaryFolder, String) async throws -> Void) async throws {
        try await TemporaryFolder.with { folder in
            var data = folder
            data.path += "/var"
            let journal = try SQLiteJournal(data.configuration())
            try await fill(journal)
            await journal.close()
            try Data("{}".utf8).write(to: URL(filePath: data.path + "/accounts.json"))
            let file = folder.path + "/copy.backup"
            _ = try JournalBackup.make(folder: data.path, file: file, others: ["accounts.json"])
            try await body(folder, file)
        }
    }

    @Test func `a copy made while the journal is written restores to a folder that goes on`() async throws {
        try await TemporaryFolder.with { folder in
            var data = folder
            data.path += "/var"
            let journal = try SQLiteJournal(data.configuration())
            try await fill(journal)
            let file = folder.path + "/copy.backup"
            let summary = try JournalBackup.make(folder: data.path, file: file)
            #expect(JournalBackup.isInUse(folder: data.path))
            try await journal.store(.sample("LATER"))
            await journal.close()
            #expect(!JournalBackup.isInUse(folder: data.path))
            #expect(summary.lastSeq == 3)
            #expect(summary.queued == 1)
            #expect(summary.held == 1)
            let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int64
            #expect(summary.bytes == size)
            #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
            #expect(!FileManager.default.fileExists(atPath: file + ".partial"))

            data.path = folder.path + "/restored"
            let outcome = try JournalRestore.restore(file: file, to: data.path, publicKey: folder.key.publicKey)
            #expect(outcome.summary.lastSeq == 3)
            #expect(outcome.summary.queued == 1)
            #expect(outcome.bodies == 3)
            #expect(outcome.ledger.isBalanced)
            #expect(outcome.ledger.deliveries == 3)
            #expect(outcome.audit.report.isGood)
            #expect(outcome.audit.report.events == summary.lastEvent)

            let restored = try SQLiteJournal(data.configuration())
            #expect(restored.laneSecret == journal.laneSecret)
            #expect(
                try await restored.deliveries(endpoint: "a.in", after: 0, limit: 9, states: [.queued]).map(\.seq) == [2]
            )
            try await restored.settle(.sample(2, "a.in"))
            #expect(try await restored.store(.sample("NEXT")) == 4)
            #expect(try await restored.ledger(from: nil, to: nil).isBalanced)
            await restored.close()
            #expect(try JournalAudit.verify(folder: data.path, publicKey: folder.key.publicKey).report.isGood)
            let connection = try SQLiteConnection(path: data.path + "/journal.sqlite")
            #expect(try connection.integer("PRAGMA auto_vacuum") == 2)
            #expect(try connection.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'backup'") == 0)
        }
    }

    @Test func `other files of the folder come with it, and all are for their owner alone`() async throws {
        try await withBackup { folder, file in
            let target = folder.path + "/restored"
            _ = try JournalRestore.restore(file: file, to: target)
            #expect(FileManager.default.contents(atPath: target + "/accounts.json") == Data("{}".utf8))
            for name in ["journal.sqlite", "accounts.json", "audit/heads.jsonl", "audit/public.pem"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: target + "/" + name)
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
            }
            #expect(!FileManager.default.fileExists(atPath: target + "/.restoring"))
        }
    }

    @Test func `a copy replaces no file, and needs a journal`() async throws {
        try await withBackup { folder, file in
            #expect(throws: JournalError.self) { try JournalBackup.make(folder: folder.path + "/var", file: file) }
            #expect(throws: JournalError.self) {
                try JournalBackup.make(folder: folder.path, file: folder.path + "/other")
            }
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/other.partial"))
        }
    }

    // MARK: What is refused

    @Test(
        arguments: [
            ("UPDATE event SET bytes = CAST(replace(bytes, 'broker', 'nobody') AS BLOB) WHERE n = 5", "audit log"),
            ("DELETE FROM event WHERE n = 2", "audit log"),
            ("DELETE FROM delivery WHERE seq = 2", "ledger"),
            ("UPDATE delivery SET state = 9 WHERE seq = 2", "ledger"),
            (
                "DELETE FROM entry WHERE seq = 2; DELETE FROM delivery WHERE seq = 2; DELETE FROM body WHERE seq = 2",
                "ledger"
            ),
            ("UPDATE body SET bytes = x'4D' WHERE seq = 3", "message 3"),
            ("DROP TABLE backup", "no backup"),
            ("PRAGMA application_id = 7", "no backup"),
            ("PRAGMA user_version = 99", "newer"),
            ("UPDATE backup SET name = '../../x' WHERE name = 'accounts.json'", "../../x"),
            ("DELETE FROM backup WHERE name LIKE 'audit/%'", "public"),
        ] as [(String, String)])
    func `a copy that was changed is refused with the reason`(sql: String, reason: String) async throws {
        try await withBackup { folder, file in
            try SQLiteConnection(path: file).execute(sql)
            try expectRefusal(file, in: folder, reason)
        }
    }

    @Test func `one damaged byte in an event is found`() async throws {
        try await withBackup { folder, file in
            var bytes = try Data(contentsOf: URL(filePath: file))
            let place = try #require(bytes.range(of: Data("message.routed".utf8)))
            bytes[place.lowerBound] ^= 1
            try bytes.write(to: URL(filePath: file))
            try expectRefusal(file, in: folder, "first bad event: ")
        }
    }

    @Test(arguments: [0, 50, 4_096, 20_000])
    func `a file that is cut off is refused`(length: Int) async throws {
        try await withBackup { folder, file in
            #expect(truncate(file, length) == 0)
            try expectRefusal(file, in: folder, length < 100 ? "no backup" : "incomplete")
        }
    }

    @Test func `a foreign file and a missing one are refused`() async throws {
        try await withBackup { folder, file in
            try Data(repeating: 0x41, count: 5_000).write(to: URL(filePath: file))
            try expectRefusal(file, in: folder, "no backup")
            try FileManager.default.removeItem(atPath: file)
            try expectRefusal(file, in: folder, "cannot be read")
        }
    }

    @Test func `another key than the one that signed is found`() async throws {
        try await withBackup { folder, file in
            #expect(throws: JournalError.self) {
                try JournalRestore.restore(
                    file: file, to: folder.path + "/restored", publicKey: AuditKey().publicKey)
            }
        }
    }

    private func expectRefusal(_ file: String, in folder: TemporaryFolder, _ reason: String) throws {
        let target = folder.path + "/restored"
        let error = #expect(throws: JournalError.self) { try JournalRestore.restore(file: file, to: target) }
        #expect(error?.text.contains(reason) == true, "\(error?.text ?? "")")
        #expect(!FileManager.default.fileExists(atPath: target))
        // An empty folder stays an empty folder.
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: false)
        #expect(throws: JournalError.self) { try JournalRestore.restore(file: file, to: target) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: target) == [])
        try FileManager.default.removeItem(atPath: target)
    }

    @Test func `a folder that is in use or not empty is left alone`() async throws {
        try await withBackup { folder, file in
            var data = folder
            data.path += "/other"
            let journal = try SQLiteJournal(data.configuration())
            var error = #expect(throws: JournalError.self) { try JournalRestore.restore(file: file, to: data.path) }
            #expect(error?.code == .locked)
            try await journal.store(.sample())
            await journal.close()
            error = #expect(throws: JournalError.self) { try JournalRestore.restore(file: file, to: data.path) }
            #expect(error?.code == .conflict)
            #expect(try JournalAudit.verify(folder: data.path).report.isGood)
        }
    }
}
