package import Auditing
import Foundation
import GRDB
import Glibc

/// Checks the audit log of a data folder, with or without a broker running on it.
package enum JournalAudit {
    package struct Outcome: Sendable {
        package var report: AuditReport
        /// Whether the public key came from the folder itself, so that whoever rewrote the folder could
        /// have signed it anew with a key of their own.
        package var keyIsFromFolder: Bool
        /// The last signed head, if there is one.
        package var head: SignedHead?
    }

    /// Reads every event and compares it with the tree rows and the signed heads.
    ///
    /// A folder that cannot be written (SQLite needs that even to read) is copied to the temporary
    /// directory first.
    ///
    /// - Parameters:
    ///   - publicKey: without one, `audit/public.pem` of the folder is used.
    ///   - external: a head kept elsewhere.
    /// - Throws: `unreadable` if there is no database, no key, or the file is damaged as a database.
    package static func verify(
        folder path: String, publicKey: AuditPublicKey? = nil, external: SignedHead? = nil
    ) throws(JournalError) -> Outcome {
        guard access(path, W_OK) != 0 else {
            return try verifyInPlace(JournalFolder(path: path), publicKey: publicKey, external: external)
        }
        let copy = NSTemporaryDirectory() + "/wardline-audit-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: copy) }  // what cannot be removed is the system's to clean
        do {
            try FileManager.default.createDirectory(
                atPath: copy + "/audit", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            for name in ["journal.sqlite", "journal.sqlite-wal", "audit/heads.jsonl", "audit/public.pem"]
            where FileManager.default.fileExists(atPath: path + "/" + name) {
                try FileManager.default.copyItem(atPath: path + "/" + name, toPath: copy + "/" + name)
            }
        } catch {
            throw JournalError(.unreadable, "cannot copy \(path) to \(copy): \(error.localizedDescription)")
        }
        return try verifyInPlace(JournalFolder(path: copy), publicKey: publicKey, external: external)
    }

    private static func verifyInPlace(
        _ folder: JournalFolder, publicKey: AuditPublicKey?, external: SignedHead?
    ) throws(JournalError) -> Outcome {
        guard FileManager.default.fileExists(atPath: folder.database) else {
            throw JournalError(.unreadable, "there is no journal in \(folder.path): name the data folder with --data")
        }
        let key: AuditPublicKey
        do {
            key = try publicKey ?? AuditPublicKey(path: folder.publicKey)
        } catch {
            throw JournalError(.unreadable, "\(error): name the public key with --public-key")
        }
        // Heads first: the events of a running broker only grow after that.
        let lines = HeadFile.lines(path: folder.heads)
        do {
            var options = GRDB.Configuration()
            options.readonly = true
            let database = try DatabaseQueue(path: folder.database, configuration: options)
            let tree = try database.read(Tree.init)
            var verifier = AuditVerifier(
                headLines: lines, publicKey: key, removed: tree.removed, external: external)
            try feed(&verifier, from: database, tree)
            return Outcome(
                report: verifier.finish(size: tree.size, root: tree.root, hashes: tree.frontier),
                keyIsFromFolder: publicKey == nil, head: lines.last.flatMap { try? SignedHead(decoding: $0) })
        } catch {
            throw JournalError(.unreadable, "cannot read \(folder.database): \(error)")
        }
    }

    /// The last signed head of a folder.
    package static func head(folder path: String) -> SignedHead? {
        HeadFile.lines(path: JournalFolder(path: path).heads).last.flatMap { try? SignedHead(decoding: $0) }
    }

    /// The tree row, and the last event there was at that moment.
    private struct Tree {
        var size: Int64 = 0
        var root = MerkleFrontier().root
        var frontier: [UInt8] = []
        var lastEvent: Int64 = 0
        var removed: RemovedEvents?

        init(_ db: Database) throws {
            let sql = "SELECT CAST(size AS INTEGER), CAST(root AS BLOB), CAST(frontier AS BLOB) FROM tree"
            if let row = try Row.fetchOne(db, sql: sql) {
                size = row[0] ?? 0
                root = row.bytes(1)
                frontier = row.bytes(2)
            }
            lastEvent = try Int64.fetchOne(db, sql: "SELECT max(n) FROM event") ?? 0
            removed = try RemovedEvents(stored: db)
        }
    }

    /// Reads by pages, each a short transaction: rows once written do not change.
    private static func feed(_ verifier: inout AuditVerifier, from database: DatabaseQueue, _ tree: Tree) throws {
        var after = tree.removed?.size
        while !verifier.isDecided {
            let batches = try database.read { [after] db in try batchPage(db, after: after, through: tree.size) }
            guard let last = batches.last else { break }
            for batch in batches where !verifier.isDecided {
                let events = try database.read { [after] db in
                    try eventPage(db, after: after, through: batch.size)
                }
                verifier.check(events, of: batch)
                after = batch.size
            }
            after = last.size
        }
        while !verifier.isDecided {
            let events = try database.read { [after] db in
                try eventPage(db, after: after, through: max(tree.size, tree.lastEvent), limit: 1_000)
            }
            guard let last = events.last else { break }
            verifier.check(events)
            after = last.number
        }
    }

    private static func batchPage(_ db: Database, after: Int64?, through: Int64) throws -> [TreeBatch] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT size, CAST(root AS BLOB), CAST(leaves AS BLOB) FROM batch
                    WHERE (?1 IS NULL OR size > ?1) AND size <= ?2 ORDER BY size LIMIT 500
                    """), arguments: [after, through]
        ).map { TreeBatch(size: $0[0], root: $0.bytes(1), leaves: $0.bytes(2)) }
    }

    private static func eventPage(
        _ db: Database, after: Int64?, through: Int64, limit: Int = 1_000_000
    ) throws -> [StoredEvent] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT n, CAST(bytes AS BLOB), CAST(leaf AS BLOB) FROM event
                    WHERE n >= ?1 AND n <= ?2 ORDER BY n LIMIT ?3
                    """), arguments: [after.map { $0 + 1 } ?? Int64.min, through, limit]
        ).map { StoredEvent(number: $0[0], bytes: $0.bytes(1), leaf: $0.bytes(2)) }
    }
}
