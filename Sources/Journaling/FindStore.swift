import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// The search index in `find.sqlite`: which entries have a key.
///
/// It is a projection of the journal: it holds no text of a message, can be deleted at any time, and knows in its own
/// transactions up to which entry it has come. The newest keys are in memory only (``RecentKeys``): written with every
/// batch, keys that lie anywhere in a tree cost the disk a page each, and the journal's fsyncs wait for them. When they
/// are many they become a sorted table that never changes again, and eight of those become one, slice by slice, so that
/// no transaction is long:
///
///     memory → keys1 keys2 … keys8 → keys9
///
/// GRDB lends its threads and snapshots; the many small values are bound without it.
package final class FindStore: Sendable {
    package struct Row: Sendable {
        package var seq: Int64
        /// Microseconds since 1970-01-01 UTC.
        package var receivedAt: Int64
        /// Without repetition.
        package var keys: [UInt64]

        package init(seq: Int64, receivedAt: Int64, keys: [UInt64]) {
            self.seq = seq
            self.receivedAt = receivedAt
            self.keys = keys
        }
    }

    /// Up to where the index has come.
    package struct Place: Hashable, Sendable {
        package var seq: Int64
        /// Of that entry.
        package var receivedAt: Int64
        /// A hash that depends on the key of the keys: another one means another journal.
        package var fingerprint: UInt64
    }

    /// What is not in the file yet.
    struct Recent {
        var place: Place
        var keys = RecentKeys()
    }

    let pool: DatabasePool
    let recent: Mutex<Recent>
    private let recentRowsMax: Int

    private static let version = 2
    /// Tables that are merged into one.
    private static let mergedAtOnce = 8
    /// A table of this level is merged no further.
    private static let levelMax = 2
    static let slices: Int64 = 256
    static let minute: Int64 = 60_000_000

    /// Opens the file, or makes it.
    ///
    /// - Parameter recentRowsMax: keys in memory; about 50,000 messages have so many, and take 8 MB.
    /// - Throws: if it cannot be used; then delete it and begin anew.
    package init(path: String, fingerprint: UInt64, recentRowsMax: Int = 500_000) throws {
        var configuration = Configuration()
        configuration.label = "find"
        configuration.maximumReaderCount = 2
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4000")
            try db.execute(sql: "PRAGMA journal_size_limit = \(64 << 20)")
        }
        self.recentRowsMax = recentRowsMax
        pool = try DatabasePool(path: path, configuration: configuration)
        let place = try pool.write { db in
            switch try Int.fetchOne(db, sql: "PRAGMA user_version") {
            case 0:
                try db.execute(sql: Self.schema)
                try db.execute(
                    sql: "INSERT INTO place VALUES (1, 0, 0, ?)", arguments: [Int64(bitPattern: fingerprint)])
                try db.execute(sql: "PRAGMA user_version = \(Self.version)")
            case Self.version: break
            default: throw JournalError(.unreadable, "\(path) is of another version")
            }
            guard let row = try GRDB.Row.fetchOne(db, sql: "SELECT seq, receivedAt, fingerprint FROM place") else {
                throw JournalError(.unreadable, "the search index does not know its place")
            }
            return Place(seq: row[0], receivedAt: row[1], fingerprint: UInt64(bitPattern: row[2]))
        }
        recent = Mutex(Recent(place: place))
    }

    private static let schema = """
        -- One row: the last entry that is in.
        CREATE TABLE place (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            seq INTEGER NOT NULL,
            receivedAt INTEGER NOT NULL,
            fingerprint INTEGER NOT NULL
        );
        -- The entries received in a minute since 1970-01-01 UTC lie between these two.
        CREATE TABLE minute (minute INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL);
        -- The tables keysID. One is complete when all slices of the key space are in it; `target` is the one into which
        -- it is being merged.
        CREATE TABLE run (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            level INTEGER NOT NULL,
            slices INTEGER NOT NULL,
            target INTEGER
        );
        """

    /// Deletes the files of an index. It must not be open.
    package static func delete(path: String) {
        // What is not there need not be deleted; what cannot be deleted is told by the next opening.
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    package func close() {
        // Fails only while somebody reads; the file then closes with the last reference.
        try? pool.close()
    }

    package var place: Place { recent.withLock { $0.place } }

    // MARK: Writing

    /// Adds the keys of entries in the order of the journal. What is added twice is found once.
    package func add(_ rows: [Row]) async throws {
        guard let last = rows.last else { return }
        let isFull = recent.withLock { recent in
            recent.keys.add(rows)
            recent.place.seq = last.seq
            recent.place.receivedAt = last.receivedAt
            return recent.keys.count >= recentRowsMax
        }
        if isFull { try await save() }
    }

    /// TRANSACTION: the keys in memory become a table, and the place stands behind them. Called by the one who adds.
    package func save() async throws {
        let saved = recent.withLock { $0 }
        guard saved.keys.count > 0 else { return }
        try await pool.write { db in
            let table = try Self.newTable(db, level: 0, slices: Self.slices)
            let insert = try db.cachedStatement(sql: "INSERT OR IGNORE INTO \(table.name) VALUES (?1, ?2)")
                .sqliteStatement
            for pair in saved.keys.sorted {
                sqlite3_bind_int64(insert, 1, pair.key)
                sqlite3_bind_int64(insert, 2, pair.seq)
                try Self.run(insert)
            }
            let note = try db.cachedStatement(
                sql: "INSERT INTO minute VALUES (?1, ?2, ?3) ON CONFLICT (minute) DO UPDATE SET last = excluded.last")
            for (minute, seqs) in saved.keys.minutes {
                try note.execute(arguments: [minute, seqs.lowerBound, seqs.upperBound])
            }
            try db.execute(
                sql: "UPDATE place SET seq = ?, receivedAt = ?", arguments: [saved.place.seq, saved.place.receivedAt])
        }
        recent.withLock { $0.keys = RecentKeys() }
    }

    private static func newTable(_ db: Database, level: Int, slices: Int64) throws -> (id: Int64, name: String) {
        try db.execute(sql: "INSERT INTO run (level, slices) VALUES (?, ?)", arguments: [level, slices])
        let id = db.lastInsertedRowID
        try db.execute(
            sql:
                "CREATE TABLE keys\(id) (key INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (key, seq)) WITHOUT ROWID"
        )
        return (id, "keys\(id)")
    }

    /// TRANSACTION: a step of making few large tables of many small ones.
    ///
    /// - Returns: false if there is nothing to be merged.
    package func merge() async throws -> Bool {
        try await pool.write { db in
            let targets = try GRDB.Row.fetchOne(
                db, sql: "SELECT id, slices FROM run WHERE slices < ?", arguments: [Self.slices])
            if let target = targets {
                try Self.mergeSlice(db, into: target[0], slice: target[1])
                return true
            }
            for level in 0..<Self.levelMax {
                let sources = try Int64.fetchAll(
                    db, sql: "SELECT id FROM run WHERE level = ? ORDER BY id LIMIT ?",
                    arguments: [level, Self.mergedAtOnce])
                guard sources.count == Self.mergedAtOnce else { continue }
                let target = try Self.newTable(db, level: level + 1, slices: 0)
                for source in sources {
                    try db.execute(sql: "UPDATE run SET target = ? WHERE id = ?", arguments: [target.id, source])
                }
                return true
            }
            return false
        }
    }

    private static func mergeSlice(_ db: Database, into target: Int64, slice: Int64) throws {
        let sources = try Int64.fetchAll(db, sql: "SELECT id FROM run WHERE target = ?", arguments: [target])
        let width = Int64(1) << 56
        // From the least key to the greatest: the product passes the end of the range half-way, as it should.
        let first = Int64.min &+ slice &* width
        let parts = sources.map { "SELECT key, seq FROM keys\($0) WHERE key BETWEEN ?1 AND ?2" }
        try db.execute(
            sql: "INSERT INTO keys\(target) \(parts.joined(separator: " UNION ALL ")) ORDER BY 1, 2",
            arguments: [first, first + (width - 1)])
        try db.execute(sql: "UPDATE run SET slices = slices + 1 WHERE id = ?", arguments: [target])
        guard slice + 1 == slices else { return }
        for source in sources {
            try db.execute(sql: "DROP TABLE keys\(source)")
            try db.execute(sql: "DELETE FROM run WHERE id = ?", arguments: [source])
        }
    }

    private static func run(_ statement: OpaquePointer) throws {
        let code = sqlite3_step(statement)
        sqlite3_reset(statement)
        guard code == SQLITE_DONE || code == SQLITE_ROW else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code))
        }
    }
}
