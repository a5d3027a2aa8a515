package import Auditing
import Crypto
import Foundation
import GRDB
import Glibc

/// Makes a data folder of a file that ``JournalBackup`` wrote, once everything in it has been found right.
package struct JournalRestore {
    /// What was verified.
    package struct Outcome: Sendable {
        package var summary: JournalBackup.Summary
        /// When the copy was made, microseconds since 1970-01-01 UTC.
        package var madeAt: Int64
        package var audit: JournalAudit.Outcome
        package var ledger: Ledger
        /// Messages whose bytes are those that came in, by their SHA-256.
        package var bodies: Int
    }

    private let file: String
    private let target: JournalFolder
    /// The copy that is verified, and then moved to its place: inside the target, so on the same file system.
    private let staging: JournalFolder

    private init(file: String, folder: String) {
        self.file = file
        target = JournalFolder(path: folder)
        staging = JournalFolder(path: folder + "/.restoring")
    }

    /// - Parameters:
    ///   - file: made by ``JournalBackup``.
    ///   - folder: the new data folder; it must be empty, or not there.
    ///   - publicKey: without one, that inside the copy is used.
    ///   - external: a signed head kept elsewhere.
    /// - Throws: `conflict` or `locked` if the folder is not empty; `unreadable` with the reason if anything in the copy is
    ///   wrong. The folder is then as it was.
    package static func restore(
        file: String, to folder: String, publicKey: AuditPublicKey? = nil, external: SignedHead? = nil
    ) throws(JournalError) -> Outcome {
        let restore = JournalRestore(file: file, folder: folder)
        try restore.requireFile()
        let isNew = !FileManager.default.fileExists(atPath: folder)
        try restore.requireEmptyTarget()
        do {
            return try restore.run(publicKey, external)
        } catch {
            // What cannot be removed makes the next try say that the folder is not empty.
            if isNew {
                try? FileManager.default.removeItem(atPath: folder)
            } else {
                try? FileManager.default.removeItem(atPath: restore.staging.path)
                unlink(restore.target.lock)
            }
            throw error
        }
    }

    private func run(_ publicKey: AuditPublicKey?, _ external: SignedHead?) throws(JournalError) -> Outcome {
        try makeFolder(target.path)
        let lock = try target.takeLock()
        defer { lock.release() }
        try makeFolder(staging.path)
        try makeFolder(staging.path + "/audit")
        do {
            try FileManager.default.copyItem(atPath: file, toPath: staging.database)
        } catch {
            throw JournalError(.unreadable, "cannot copy \(file) to \(target.path): \(error.localizedDescription)")
        }
        guard chmod(staging.database, 0o600) == 0 else {
            throw JournalFolder.failure("cannot set the permissions of \(staging.database)")
        }
        var (outcome, parts) = try verifyDatabase()
        for (name, bytes) in parts { try write(bytes, to: name) }
        outcome.audit = try JournalAudit.verify(folder: staging.path, publicKey: publicKey, external: external)
        guard outcome.audit.report.isGood else {
            let lines = outcome.audit.report.lines.joined(separator: "; ")
            throw JournalError(.unreadable, "\(file): the audit log in it is not as it was written: \(lines)")
        }
        try moveIntoPlace(parts.map(\.name))
        return outcome
    }

    // MARK: Before

    /// The header of SQLite's files: https://www.sqlite.org/fileformat.html#the_database_header
    private func requireFile() throws(JournalError) {
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw JournalError(.unreadable, "\(file) cannot be read: is it there?")
        }
        defer { try? handle.close() }  // only read
        let header = (try? handle.read(upToCount: 100)).map(Array.init) ?? []
        guard header.count == 100, header.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw JournalError(.unreadable, "\(file) is no backup made by `wardline backup`")
        }
        let page = Int64(header[16]) << 8 | Int64(header[17])
        let pages = header[28..<32].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let expected = (page == 1 ? 65_536 : page) * pages
        let size = (try? handle.seekToEnd()).map { Int64($0) } ?? 0
        guard size == expected else {
            throw JournalError(
                .unreadable, "\(file) is incomplete: \(size) bytes instead of \(expected); fetch the copy again")
        }
    }

    private func requireEmptyTarget() throws(JournalError) {
        let path = target.path
        guard FileManager.default.fileExists(atPath: path) else { return }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw JournalError(.conflict, "\(path) is no folder, or cannot be read")
        }
        guard names.isEmpty else {
            if target.isLocked {
                throw JournalError(.locked, "a broker runs on \(path): restore to another folder, with --data")
            }
            throw JournalError(
                .conflict, "\(path) is not empty: restore to a new folder with --data, or move this one away first")
        }
    }

    private func makeFolder(_ path: String) throws(JournalError) {
        try JournalFolder.make(path)
        guard chmod(path, 0o700) == 0 else { throw JournalFolder.failure("cannot set the permissions of \(path)") }
    }

    // MARK: The copy

    /// Checks the database of the copy and takes the other files out of it.
    private func verifyDatabase() throws(JournalError) -> (Outcome, parts: [(name: String, bytes: [UInt8])]) {
        do {
            let database = try DatabaseQueue(path: staging.database)
            try database.inDatabase { db in
                try requireKind(db)
                let problems = try String.fetchAll(db, sql: "PRAGMA integrity_check(3)")
                guard problems == ["ok"] else {
                    throw JournalError(.unreadable, "\(file) is damaged: \(problems.joined(separator: "; "))")
                }
            }
            // What follows reads it as the current version has it.
            try Schema.migrate(SQLiteConnection(path: staging.database))
            let result = try database.inDatabase { db in
                var parts = try GRDB.Row.fetchAll(db, sql: "SELECT CAST(name AS TEXT), CAST(bytes AS BLOB) FROM backup")
                    .map { row in
                        (name: row[0] as String, bytes: row.bytes(1))
                    }
                let madeAt = parts.first { $0.name == JournalBackup.Row.madeAt }?.bytes ?? []
                parts.removeAll { $0.name == JournalBackup.Row.format || $0.name == JournalBackup.Row.madeAt }
                try db.execute(sql: "DROP TABLE backup")
                let ledger = try Ledger(counting: db)
                guard ledger.isBalanced else {
                    throw JournalError(
                        .unreadable,
                        "\(file) is damaged: its ledger does not balance, so messages or deliveries are missing")
                }
                var summary = try JournalBackup.Summary(db)
                summary.bytes =
                    try Int64.fetchOne(
                        db, sql: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size") ?? 0
                let outcome = Outcome(
                    summary: summary, madeAt: Int64(String(decoding: madeAt, as: UTF8.self)) ?? 0,
                    audit: JournalAudit.Outcome(report: AuditReport(), keyIsFromFolder: true, head: nil),
                    ledger: ledger, bodies: try verifyBodies(db))
                return (outcome, parts: parts)
            }
            try database.close()
            return result
        } catch let error as JournalError {
            throw error
        } catch {
            throw JournalError(.unreadable, "\(file) is damaged: \(error)")
        }
    }

    private func requireKind(_ db: Database) throws {
        let table = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'backup'"
        guard try Int64.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationId,
            try Int.fetchOne(db, sql: table) == 1,
            let format = try String.fetchOne(
                db, sql: "SELECT CAST(bytes AS TEXT) FROM backup WHERE name = ?", arguments: [JournalBackup.Row.format])
        else { throw JournalError(.unreadable, "\(file) is no backup made by `wardline backup`") }
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard format == JournalBackup.Row.formatValue, version <= Schema.migrations.count else {
            throw JournalError(.unreadable, "\(file) was made by a newer version of this program: restore it with that")
        }
    }

    /// Compares every message that is kept with the hash that was stored when it came in.
    private func verifyBodies(_ db: Database) throws -> Int {
        var count = 0
        let rows = try GRDB.Row.fetchCursor(
            db,
            sql: """
                SELECT b.seq, CAST(b.bytes AS BLOB), CAST(e.sha256 AS BLOB) FROM body b LEFT JOIN entry e ON e.seq = b.seq
                WHERE b.keyId = 0 AND b.format = 0 ORDER BY b.seq
                """)
        while let row = try rows.next() {
            guard Array(SHA256.hash(data: row[1] as Data? ?? Data())) == row.bytes(2) else {
                throw JournalError(
                    .unreadable,
                    "\(file) is damaged: the bytes of message \(row[0] as Int64) are not those that came in")
            }
            count += 1
        }
        return count
    }

    // MARK: The folder

    private func write(_ bytes: [UInt8], to name: String) throws(JournalError) {
        // A name leads to a file of the folder, or of its folder `audit`, never out of it.
        let steps = name.split(separator: "/", omittingEmptySubsequences: false)
        guard steps.count == 1 || steps.count == 2 && steps[0] == "audit",
            let last = steps.last, !last.isEmpty, !last.hasPrefix(".")
        else { throw JournalError(.unreadable, "\(file) is damaged: it holds a file named \(name)") }
        let path = staging.path + "/" + name
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JournalFolder.failure("cannot create \(path)") }
        defer { close(descriptor) }
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw JournalFolder.failure("cannot write \(path)")
        }
    }

    /// The database last: a folder without it is not yet a restored one.
    private func moveIntoPlace(_ names: [String]) throws(JournalError) {
        let descriptor = open(staging.database, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw JournalFolder.failure("cannot open \(staging.database)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw JournalFolder.failure("cannot write \(staging.database)") }
        try JournalFolder.syncFolder(staging.path + "/audit")
        let database = (staging.database as NSString).lastPathComponent
        for name in ["audit"] + names.filter({ !$0.contains("/") }) + [database] {
            guard rename(staging.path + "/" + name, target.path + "/" + name) == 0 else {
                throw JournalFolder.failure("cannot move \(name) to \(target.path)")
            }
            try JournalFolder.syncFolder(target.path)
        }
        // Nothing is left in it but what SQLite may have made beside the database.
        try? FileManager.default.removeItem(atPath: staging.path)
        try JournalFolder.syncFolder(target.path)
    }
}
