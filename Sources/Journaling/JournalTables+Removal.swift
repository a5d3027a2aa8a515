import Auditing
import Foundation

// Retention: one step, inside the writer's transaction.

extension JournalTables {
    func remove(_ removal: Removal) throws(JournalError) -> Removed {
        switch removal.kind {
        case .bodies: try removeBodies(removal)
        case .deliveries: try removeDeliveries(removal)
        case .events: try removeEvents()
        case .pages: try removePages()
        }
    }

    // MARK: Bodies

    private func removeBodies(_ removal: Removal) throws(JournalError) -> Removed {
        var page = Page()
        var seqs: [Int64] = []
        var bytes: Int64 = 0
        let bytesMax = min(Removal.stepBytesMax, removal.bytesMax)
        // An entry that is sent again (disposition 6) has no body of its own: it needs that of its parent.
        let select = try statement(
            """
            SELECT b.seq, e.receivedAt < ?3, e.bodyCount, e.routing <> 0 AND NOT (e.disposition = 5 AND e.routing = 4)
                AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.seq = e.seq AND d.state < 2)
                AND NOT EXISTS (
                    SELECT 1 FROM entry r INDEXED BY entryResent CROSS JOIN delivery d ON d.seq = r.seq
                    WHERE r.parent = e.seq AND r.disposition = 6 AND d.state < 2), e.provider
            FROM body b CROSS JOIN entry e ON e.seq = b.seq WHERE b.seq > ?1 ORDER BY b.seq LIMIT ?2
            """)
        select.bind(1, removal.after)
        select.bind(2, Int64(Removal.rowsMax))
        select.bind(3, removal.before)
        while bytes < bytesMax, try select.step() {
            let isOld = select.integer(1) == 1
            page.look(at: select.integer(0), isOld: isOld)
            guard isOld, select.integer(3) == 1, !removal.legalHold.covers(select.text(4)) else { continue }
            seqs.append(select.integer(0))
            bytes += select.integer(2)
        }
        select.reset()
        for seq in seqs { bytes += try sentBytes(of: seq) }
        count(.textByte, -Int(bytes), at: removal.at)
        for seq in seqs {
            for sql: StaticString in [
                "DELETE FROM body WHERE seq = ?1", "DELETE FROM sent WHERE seq = ?1",
                """
                DELETE FROM sent WHERE seq IN (
                    SELECT seq FROM entry INDEXED BY entryResent WHERE parent = ?1 AND disposition = 6)
                """,
            ] {
                let delete = try statement(sql)
                delete.bind(1, seq)
                try delete.run()
            }
        }
        if let first = seqs.first, let last = seqs.last {
            try addEvent(removal, "the text of \(seqs.count) messages, \(first) to \(last), received")
        }
        return Removed(count: seqs.count, bytes: bytes, next: page.next(isCut: bytes >= bytesMax))
    }

    /// Of an entry and of those by which it was sent again.
    private func sentBytes(of seq: Int64) throws(JournalError) -> Int64 {
        let select = try statement(
            """
            SELECT coalesce(sum(length(bytes)), 0) FROM sent WHERE seq = ?1 OR seq IN (
                SELECT seq FROM entry INDEXED BY entryResent WHERE parent = ?1 AND disposition = 6)
            """)
        select.bind(1, seq)
        defer { select.reset() }
        return try select.step() ? select.integer(0) : 0
    }

    // MARK: Deliveries

    private func removeDeliveries(_ removal: Removal) throws(JournalError) -> Removed {
        var page = Page()
        var found: [(seq: Int64, endpoint: String, isSkipped: Bool)] = []
        let select = try statement(
            """
            SELECT d.seq, e.receivedAt < ?3, d.endpoint, d.state,
                d.state >= 2 AND coalesce(d.settledAt, e.receivedAt) < ?3, e.provider
            FROM delivery d CROSS JOIN entry e ON e.seq = d.seq
            WHERE d.seq > ?1 ORDER BY d.seq, d.endpoint LIMIT ?2
            """)
        select.bind(1, removal.after)
        select.bind(2, Int64(Removal.rowsMax))
        select.bind(3, removal.before)
        while try select.step() {
            page.look(at: select.integer(0), isOld: select.integer(1) == 1)
            guard select.integer(4) == 1, !removal.legalHold.covers(select.text(5)) else { continue }
            found.append((select.integer(0), select.text(2), select.integer(3) == 3))
        }
        select.reset()
        for (seq, endpoint, isSkipped) in found {
            let sent = try statement("SELECT length(bytes) FROM sent WHERE seq = ?1 AND endpoint = ?2")
            sent.bind(1, seq)
            sent.bind(2, endpoint)
            if try sent.step() { self.count(.textByte, -Int(sent.integer(0)), at: removal.at) }
            sent.reset()
            for sql: StaticString in [
                "DELETE FROM delivery WHERE seq = ?1 AND endpoint = ?2",
                "DELETE FROM attempt WHERE seq = ?1 AND endpoint = ?2",
                "DELETE FROM sent WHERE seq = ?1 AND endpoint = ?2",
            ] {
                let delete = try statement(sql)
                delete.bind(1, seq)
                delete.bind(2, endpoint)
                try delete.run()
            }
            // The ledger counts what is gone as well.
            let count = try statement(
                """
                UPDATE entry SET deliveredRemoved = deliveredRemoved + ?2, skippedRemoved = skippedRemoved + ?3
                WHERE seq = ?1
                """)
            count.bind(1, seq)
            count.bind(2, isSkipped ? 0 : 1)
            count.bind(3, isSkipped ? 1 : 0)
            try count.run()
        }
        if let first = found.first, let last = found.last {
            try addEvent(removal, "\(found.count) deliveries of messages \(first.seq) to \(last.seq), settled")
        }
        // The last entry of a full page may have more deliveries than the page shows: it begins the next one.
        let next = page.next(isCut: false).map { $0 > page.first ? $0 - 1 : $0 }
        return Removed(count: found.count, next: next)
    }

    // MARK: Events

    /// Says which events are removed from now on. The steps that follow remove them.
    func seal(_ sealed: SealedEvents) throws(JournalError) {
        guard let frontier = MerkleFrontier(size: sealed.size, hashes: sealed.frontier), frontier.root == sealed.root,
            sealed.size <= state.frontier.size
        else { throw JournalError(.conflict, "events 1 to \(sealed.size) are not those of their signed head") }
        let insert = try statement(
            "INSERT INTO sealed (size, at, root, frontier, head) VALUES (?1, ?2, ?3, ?4, ?5)")
        insert.bind(1, sealed.size)
        insert.bind(2, sealed.at)
        insert.bind(3, sealed.root)
        insert.bind(4, sealed.frontier)
        insert.bind(5, sealed.head)
        try insert.run()
        try add(AuditEvent(.retentionRemoved, at: sealed.at, text: AuditVerifier.removalText(through: sealed.size)))
    }

    /// No event says so again: the one of ``seal(_:)`` does.
    private func removeEvents() throws(JournalError) -> Removed {
        var found: [(number: Int64, seq: Int64)] = []
        let select = try statement(
            "SELECT n, seq FROM event WHERE n <= (SELECT max(size) FROM sealed) ORDER BY n LIMIT ?1")
        select.bind(1, Int64(Removal.rowsMax))
        while try select.step() { found.append((select.integer(0), select.integer(1))) }
        select.reset()
        guard let last = found.last?.number else { return Removed() }
        for (number, seq) in found where seq > 0 {
            let delete = try statement("DELETE FROM trail WHERE seq = ?1 AND n = ?2")
            delete.bind(1, seq)
            delete.bind(2, number)
            try delete.run()
        }
        for sql: StaticString in ["DELETE FROM event WHERE n <= ?1", "DELETE FROM batch WHERE size <= ?1"] {
            let delete = try statement(sql)
            delete.bind(1, last)
            try delete.run()
        }
        return Removed(count: found.count, next: found.count == Removal.rowsMax ? last : nil)
    }

    // MARK: Pages

    private func removePages() throws(JournalError) -> Removed {
        let free = Int(try connection.integer("PRAGMA freelist_count"))
        guard free > Removal.freePagesKept else { return Removed() }
        try connection.execute("PRAGMA incremental_vacuum(\(min(Removal.pagesMax, free - Removal.freePagesKept)))")
        let left = Int(try connection.integer("PRAGMA freelist_count"))
        return Removed(count: free - left, next: left > Removal.freePagesKept && left < free ? 0 : nil)
    }

    private func addEvent(_ removal: Removal, _ what: String) throws(JournalError) {
        let before = Date(timeIntervalSince1970: Double(removal.before / 1_000_000)).formatted(.iso8601)
        try add(AuditEvent(.retentionRemoved, at: removal.at, text: "\(what) before \(before)"))
    }

    /// What a step has looked at.
    private struct Page {
        var first: Int64 = 0
        private var last: Int64 = 0
        private var rows = 0
        private var hasOld = false

        mutating func look(at seq: Int64, isOld: Bool) {
            if rows == 0 { first = seq }
            last = seq
            rows += 1
            hasOld = hasOld || isOld
        }

        /// Where the next step begins; nil if this one came to the end, or to where nothing is old any more. (Clocks can be
        /// set back, so that one young entry is not the end.)
        func next(isCut: Bool) -> Int64? { hasOld && (isCut || rows == Removal.rowsMax) ? last : nil }
    }
}
