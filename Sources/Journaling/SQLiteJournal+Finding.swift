import GRDB

extension SQLiteJournal {
    package func stored(after seq: Int64, limit: Int) async throws(JournalError) -> [StoredEntry] {
        try await read { db in
            let rows = try Row.fetchCursor(
                db.cachedStatement(sql: JournalEntry.select + "WHERE seq > ? ORDER BY seq LIMIT ?"),
                arguments: [seq, limit])
            var stored: [StoredEntry] = []
            var bytes = 0
            while bytes < storedBytesMax, let row = try rows.next() {
                let entry = try JournalEntry(row: row)
                let body = try db.body(of: entry.seq)
                bytes += body?.count ?? 0
                stored.append(StoredEntry(entry: entry, body: body))
            }
            return stored
        }
    }

    package func waiting(
        _ state: DeliveryState, before seq: Int64, limit: Int
    ) async throws(JournalError) -> [Int64] {
        guard !state.isSettled else {
            throw JournalError(.invalid, "settled deliveries are found by their entry")
        }
        return try await read { db in
            var seqs: Set<Int64> = []
            for endpoint in try String.fetchAll(db, sql: "SELECT DISTINCT endpoint FROM delivery WHERE state < 2") {
                seqs.formUnion(
                    try Int64.fetchAll(
                        db.cachedStatement(
                            sql: """
                                SELECT seq FROM delivery WHERE state < 2 AND endpoint = ? AND seq < ? AND state = ?
                                ORDER BY seq DESC LIMIT ?
                                """), arguments: [endpoint, seq, state.rawValue, limit]))
            }
            return Array(seqs.sorted(by: >).prefix(limit))
        }
    }
}
