package import Auditing
import Foundation
import GRDB

/// Pages are cut to this many rows, so that no read transaction lasts long.
private let pageMax = 10_000

extension SQLiteJournal {
    /// One short read transaction on a reader's connection and thread.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(JournalError) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            readers.asyncRead { access in
                continuation.resume(returning: Result { try body(access.get()) })
            }
        }
        do {
            return try result.get()
        } catch let error as DatabaseError {
            let code: JournalError.Code = error.resultCode == .SQLITE_MISUSE ? .closed : .unreadable
            throw JournalError(
                code, "cannot read the journal: \(error.message ?? "") (SQLite \(error.extendedResultCode.rawValue))")
        } catch {
            throw JournalError(.unreadable, "cannot read the journal: \(error)")
        }
    }

    // MARK: Entries

    package func entry(_ seq: Int64) async throws(JournalError) -> JournalEntry? {
        try await read { db in try db.entry(seq) }
    }

    package func body(_ seq: Int64) async throws(JournalError) -> [UInt8]? {
        try await read { db in try db.body(of: seq) }
    }

    package func outgoing(_ seqs: [Int64], endpoint: String) async throws(JournalError) -> [OutgoingEntry] {
        try await read { db in
            var bytes = 0
            return try seqs.compactMap { seq in
                guard let delivery = try db.delivery(seq, endpoint), let entry = try db.entry(seq) else { return nil }
                guard bytes < storedBytesMax else {
                    return OutgoingEntry(delivery: delivery, entry: entry, body: nil, isLeftOut: true)
                }
                let body = try db.body(of: seq)
                bytes += body?.count ?? 0
                return OutgoingEntry(delivery: delivery, entry: entry, body: body)
            }
        }
    }

    package func entries(after seq: Int64, limit: Int) async throws(JournalError) -> [JournalEntry] {
        try await read { db in
            try Row.fetchAll(
                db.cachedStatement(sql: JournalEntry.select + "WHERE seq > ? ORDER BY seq LIMIT ?"),
                arguments: [seq, min(limit, pageMax)]
            ).map(JournalEntry.init(row:))
        }
    }

    package func unrouted(after seq: Int64, limit: Int) async throws(JournalError) -> [JournalEntry] {
        try await read { db in
            let mark = try Int64.fetchOne(db, sql: "SELECT routedMark FROM tree") ?? 0
            var found = try Row.fetchAll(
                db.cachedStatement(sql: JournalEntry.select + "WHERE seq > ? AND routing = 0 ORDER BY seq LIMIT ?"),
                arguments: [max(seq, mark), min(limit, pageMax)]
            ).map(JournalEntry.init(row:))
            if seq < mark {
                let released = try Row.fetchAll(
                    db.cachedStatement(
                        sql: JournalEntry.select
                            + """
                            WHERE seq IN (SELECT seq FROM released WHERE seq > ? AND seq <= ?) AND routing = 0
                            ORDER BY seq LIMIT ?
                            """),
                    arguments: [seq, mark, min(limit, pageMax)]
                ).map(JournalEntry.init(row:))
                found = Array((released + found).prefix(limit))
            }
            return found
        }
    }

    package func entries(controlId: String, limit: Int) async throws(JournalError) -> [JournalEntry] {
        try await read { db in
            try Row.fetchAll(
                db.cachedStatement(sql: JournalEntry.select + "WHERE controlId = ? ORDER BY seq DESC LIMIT ?"),
                arguments: [controlId, min(limit, pageMax)]
            ).map(JournalEntry.init(row:))
        }
    }

    package func textBytes() async throws(JournalError) -> Int64 {
        try await read { try Int64.fetchOne($0, sql: "SELECT sum(n) FROM counter WHERE name = 'textByte'") ?? 0 }
    }

    package func lastSeq() async throws(JournalError) -> Int64 {
        try await read { try Int64.fetchOne($0, sql: "SELECT seq FROM tree") ?? 0 }
    }

    // MARK: Deliveries

    package func delivery(_ seq: Int64, endpoint: String) async throws(JournalError) -> Delivery? {
        try await read { db in try db.delivery(seq, endpoint) }
    }

    package func deliveries(of seq: Int64) async throws(JournalError) -> [Delivery] {
        try await read { db in
            try Row.fetchAll(
                db.cachedStatement(sql: Delivery.select + "WHERE d.seq = ? ORDER BY d.endpoint"), arguments: [seq]
            ).map(Delivery.init(row:))
        }
    }

    package func deliveries(
        endpoint: String, after seq: Int64, limit: Int, states: Set<DeliveryState>
    ) async throws(JournalError) -> [Delivery] {
        guard states.isSubset(of: [.queued, .held]) else {
            throw JournalError(.invalid, "settled deliveries are found by their entry")
        }
        let first: DeliveryState = states.contains(.queued) ? .queued : .held
        let second: DeliveryState = states.contains(.held) ? .held : .queued
        guard !states.isEmpty else { return [] }
        return try await read { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: Delivery.select
                        + """
                        WHERE d.state < 2 AND d.endpoint = ? AND d.seq > ? AND d.state IN (?, ?)
                        ORDER BY d.seq LIMIT ?
                        """),
                arguments: [endpoint, seq, first.rawValue, second.rawValue, min(limit, pageMax)]
            ).map(Delivery.init(row:))
        }
    }

    package func attempts(of seq: Int64) async throws(JournalError) -> [Attempt] {
        try await read { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT seq, endpoint, attempt, at, ms, result, text FROM attempt
                        WHERE seq = ? ORDER BY at, endpoint, attempt
                        """), arguments: [seq]
            ).map {
                Attempt(
                    seq: $0[0], endpoint: $0[1], number: $0[2], at: $0[3], milliseconds: $0[4], result: $0[5],
                    text: $0[6])
            }
        }
    }

    package func queues() async throws(JournalError) -> [QueueSummary] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT q.endpoint, q.queued, q.held, e.receivedAt, q.head, d.reason, d.nextTry
                    FROM (
                        SELECT endpoint, sum(state = 0) AS queued, sum(state = 1) AS held, min(seq) AS head
                        FROM delivery WHERE state < 2 GROUP BY endpoint
                    ) q
                    JOIN delivery d ON d.seq = q.head AND d.endpoint = q.endpoint
                    JOIN entry e ON e.seq = q.head
                    ORDER BY q.endpoint
                    """
            ).map {
                QueueSummary(
                    endpoint: $0[0], queued: $0[1], held: $0[2], oldestReceivedAt: $0[3], head: $0[4],
                    headReason: $0[5], headNextTry: $0[6])
            }
        }
    }

    package func pauses() async throws(JournalError) -> [Pause] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT endpoint, at, actor, reason, until FROM pause ORDER BY endpoint").map {
                Pause(endpoint: $0[0], at: $0[1], actor: $0[2], reason: $0[3], until: $0[4])
            }
        }
    }

    package func aliases(after id: Int64, limit: Int) async throws(JournalError) -> [StoredAlias] {
        try await read { db in
            try Row.fetchAll(
                db.cachedStatement(sql: "SELECT id, key, other, isLink FROM alias WHERE id > ? ORDER BY id LIMIT ?"),
                arguments: [id, min(limit, pageMax)]
            ).map { row in
                let (key, other, isLink): (Int64, Int64, Bool) = (row[1], row[2], row[3])
                return StoredAlias(
                    id: row[0],
                    alias: LaneAlias(UInt64(bitPattern: key), UInt64(bitPattern: other), isLink ? .linked : .merged))
            }
        }
    }

    // MARK: Events

    package func events(after number: Int64, limit: Int) async throws(JournalError) -> [AuditEvent] {
        try await read { db in
            try Row.fetchAll(
                db.cachedStatement(sql: "SELECT bytes FROM event WHERE n > ? ORDER BY n LIMIT ?"),
                arguments: [number, min(limit, pageMax)]
            ).map { try AuditEvent(decoding: $0.bytes(0)) }
        }
    }

    package func events(of seq: Int64) async throws(JournalError) -> [AuditEvent] {
        try await read { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT bytes FROM event WHERE n IN (
                            SELECT event FROM entry WHERE seq = ?1 UNION ALL SELECT n FROM trail WHERE seq = ?1
                        ) ORDER BY n LIMIT ?2
                        """), arguments: [seq, pageMax]
            ).map { try AuditEvent(decoding: $0.bytes(0)) }
        }
    }

    package func lastEventNumber() async throws(JournalError) -> Int64 {
        try await read { try Int64.fetchOne($0, sql: "SELECT size FROM tree") ?? 0 }
    }

    // MARK: Configurations and counts

    package func configuration(hash: [UInt8]) async throws(JournalError) -> [UInt8]? {
        try await read { db in
            try Row.fetchOne(
                db, sql: "SELECT bytes FROM configuration WHERE hash = ?", arguments: [Data(hash)]
            ).map { $0.bytes(0) }
        }
    }

    package func ledger(from: Int64?, to: Int64?) async throws(JournalError) -> Ledger {
        let range = LedgerRange(from: from, to: to)
        // Counters first: the entries of a later frame are then beyond `last`, and both are left out.
        var (ledger, last) = try await read { db in
            (try Ledger(counters: db, range), try Int64.fetchOne(db, sql: "SELECT seq FROM tree") ?? 0)
        }
        var seq: Int64 = 0
        while seq < last {
            let page = seq
            seq = min(last, seq + 20_000)
            let end = seq
            let part = try await read { db in try Ledger(page: db, after: page, through: end, range) }
            ledger.add(part)
        }
        return ledger
    }
}

extension Database {
    fileprivate func entry(_ seq: Int64) throws -> JournalEntry? {
        try Row.fetchOne(cachedStatement(sql: JournalEntry.select + "WHERE seq = ?"), arguments: [seq])
            .map(JournalEntry.init(row:))
    }

    func body(of seq: Int64) throws -> [UInt8]? {
        try Row.fetchOne(
            cachedStatement(
                sql: """
                    SELECT bytes FROM body WHERE seq =
                        (SELECT CASE disposition WHEN 6 THEN parent ELSE seq END FROM entry WHERE seq = ?)
                    """), arguments: [seq]
        ).map { $0.bytes(0) }
    }

    fileprivate func delivery(_ seq: Int64, _ endpoint: String) throws -> Delivery? {
        try Row.fetchOne(
            cachedStatement(sql: Delivery.select + "WHERE d.seq = ? AND d.endpoint = ?"), arguments: [seq, endpoint]
        ).map(Delivery.init(row:))
    }
}
