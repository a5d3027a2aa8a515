import GRDB
import GRDBSQLite
import Synchronization

extension FindStore {
    /// What a search found.
    package struct Found: Hashable, Sendable {
        /// Newest first.
        package var seqs: [Int64] = []
        /// Where to go on; nil: there is nothing older.
        package var next: Int64?

        package init(seqs: [Int64] = [], next: Int64? = nil) {
            self.seqs = seqs
            self.next = next
        }
    }

    /// Steps of one search, at about a microsecond each. Only lists that are long and share next to nothing need so many.
    private static let stepsMax = 500_000

    /// The newest entries that have all of the keys and are in all of the lists.
    ///
    /// - Parameters:
    ///   - lists: seqs in ascending order.
    ///   - limit: the search may end before, with ``Found/next`` to go on from.
    package func newest(
        keys: [UInt64], lists: [[Int64]] = [], in range: ClosedRange<Int64>, limit: Int
    ) async throws -> Found {
        // Memory first: what is saved meanwhile is then seen twice, not never.
        let recent = recent.withLock { $0.keys }
        return try await pool.read { db in
            let tables = try Int64.fetchAll(
                db, sql: "SELECT id FROM run WHERE slices = ? ORDER BY id DESC", arguments: [Self.slices])
            let names = tables.map { "keys\($0)" }
            var sources: [any FindSource] = lists.map { FindList(seqs: $0) }
            for key in keys {
                sources.append(
                    FindPostings(
                        recent: recent,
                        tables: try names.map { name in
                            FindPostings.Table(
                                statement: try db.cachedStatement(
                                    sql: """
                                        SELECT seq FROM \(name) WHERE key = ?1 AND seq <= ?2
                                        ORDER BY seq DESC LIMIT 1
                                        """))
                        }, key: Int64(bitPattern: key)))
            }
            return try Self.intersect(&sources, range, limit)
        }
    }

    private static func intersect(
        _ sources: inout [any FindSource], _ range: ClosedRange<Int64>, _ limit: Int
    ) throws -> Found {
        guard !sources.isEmpty else { return Found() }
        var found = Found()
        var candidate = range.upperBound
        var (index, agreeing) = (0, 0)
        for _ in 0..<stepsMax {
            guard let seq = try sources[index].newest(atMost: candidate), seq >= range.lowerBound else { return found }
            agreeing = seq == candidate ? agreeing + 1 : 1
            candidate = seq
            index = (index + 1) % sources.count
            guard agreeing == sources.count else { continue }
            found.seqs.append(candidate)
            candidate -= 1
            agreeing = 0
            if found.seqs.count == limit { break }
        }
        found.next = candidate
        return found
    }

    /// The entries received between two times lie in this range; nil if there are none.
    ///
    /// - Parameters: microseconds since 1970-01-01 UTC; nil is open.
    package func seqs(from: Int64?, to: Int64?) async throws -> ClosedRange<Int64>? {
        let (first, last) = ((from ?? 0) / Self.minute, (to ?? .max) / Self.minute)
        guard first <= last else { return nil }
        let wanted = first...last
        let recent = recent.withLock { $0.keys.minutes }.filter { wanted.contains($0.key) }.map(\.value)
        let saved = try await pool.read { db -> ClosedRange<Int64>? in
            let row = try GRDB.Row.fetchOne(
                db, sql: "SELECT min(first), max(last) FROM minute WHERE minute BETWEEN ? AND ?",
                arguments: [wanted.lowerBound, wanted.upperBound])
            guard let first = row?[0] as Int64?, let last = row?[1] as Int64? else { return nil }
            return first...last
        }
        let all = recent + (saved.map { [$0] } ?? [])
        guard let first = all.map(\.lowerBound).min(), let last = all.map(\.upperBound).max() else { return nil }
        return first...last
    }
}

/// Seqs in order, asked from the newest to the oldest.
private protocol FindSource {
    /// - Parameter bound: never larger than the one before.
    mutating func newest(atMost bound: Int64) throws -> Int64?
}

private struct FindList: FindSource {
    /// Ascending.
    var seqs: [Int64]

    mutating func newest(atMost bound: Int64) -> Int64? {
        while let last = seqs.last, last > bound { seqs.removeLast() }
        return seqs.last
    }
}

/// The entries of one key in all tables.
private struct FindPostings: FindSource {
    struct Table {
        let statement: Statement
        /// What it answered last. It stands as long as the bound does not go below.
        var answer: Int64? = .max
    }

    let recent: RecentKeys
    var tables: [Table]
    let key: Int64

    mutating func newest(atMost bound: Int64) throws -> Int64? {
        var newest = recent.newest(key: key, atMost: bound)
        for index in tables.indices {
            if let answer = tables[index].answer, answer > bound {
                tables[index].answer = try seek(tables[index].statement.sqliteStatement, bound)
            }
            if let answer = tables[index].answer { newest = max(newest ?? answer, answer) }
        }
        return newest
    }

    private func seek(_ statement: OpaquePointer, _ bound: Int64) throws -> Int64? {
        sqlite3_bind_int64(statement, 1, key)
        sqlite3_bind_int64(statement, 2, bound)
        defer { sqlite3_reset(statement) }
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return sqlite3_column_int64(statement, 0)
        case SQLITE_DONE: return nil
        case let code: throw DatabaseError(resultCode: ResultCode(rawValue: code))
        }
    }
}
