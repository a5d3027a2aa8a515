import Auditing
import GRDB

/// Audit events that are removed: all up to a size that a head was signed for.
struct SealedEvents: Sendable {
    var size: Int64
    /// Microseconds since 1970-01-01 UTC.
    var at: Int64
    var root: [UInt8]
    /// ``MerkleFrontier/hashes`` of that size: with them the tree goes on.
    var frontier: [UInt8]
    /// The line of the signed head.
    var head: [UInt8]
}

extension SQLiteJournal {
    /// Events read at a time.
    private static let page = 1_000

    /// Says that the events under the last head that was signed before a time are removed from now on, if they are those
    /// that it was signed for.
    ///
    /// - Throws: `conflict` if they are not: nothing is removed then, and `wardline audit verify` names the damage.
    func seal(before: Int64, at now: Int64) async throws(JournalError) {
        let key = configuration.key.publicKey
        let removed = try await read { try RemovedEvents(stored: $0) }
        var last = removed?.size ?? 0
        guard var frontier = MerkleFrontier(size: last, hashes: removed?.frontier ?? []) else {
            throw Self.damaged(last)
        }
        let heads = HeadFile.lines(path: JournalFolder(path: configuration.folder).heads).compactMap { line in
            // A line that cannot be read or is not ours proves nothing.
            (try? SignedHead(decoding: line)).map { (head: $0, line: line) }
        }
        guard let (head, line) = heads.last(where: { $0.head.at < before && $0.head.isSigned(by: key) }) else { return }
        guard head.size > last else { return }
        while last < head.size {
            let leaves = try await leaves(after: last, through: head.size)
            guard let end = leaves.last else { break }
            for (number, leaf) in leaves {
                guard number == frontier.size + 1 else { throw Self.damaged(number) }
                frontier.append(leaf: leaf)
            }
            last = end.number
        }
        guard frontier.size == head.size, frontier.root == head.root else { throw Self.damaged(head.size) }
        try await submit(
            .seal(
                SealedEvents(
                    size: head.size, at: now, root: head.root, frontier: frontier.hashes, head: line)))
    }

    private static func damaged(_ number: Int64) -> JournalError {
        JournalError(
            .conflict,
            "the audit log up to event \(number) is not what its head was signed for, so nothing of it is removed: "
                + "run `wardline audit verify`")
    }

    private func leaves(after: Int64, through: Int64) async throws(JournalError) -> [(number: Int64, leaf: [UInt8])] {
        try await read { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: "SELECT n, CAST(bytes AS BLOB) FROM event WHERE n > ? AND n <= ? ORDER BY n LIMIT ?"),
                arguments: [after, through, Self.page]
            ).map { (number: $0[0] as Int64, leaf: MerkleHash.leaf($0.bytes(1))) }
        }
    }
}

extension RemovedEvents {
    /// The last ones that were sealed; nil if there are none.
    init?(stored db: Database) throws {
        // Files of earlier versions have no such table.
        guard try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema WHERE name = 'sealed'") == 1,
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT size, CAST(root AS BLOB), CAST(frontier AS BLOB) FROM sealed ORDER BY size DESC LIMIT 1
                    """)
        else { return nil }
        self.init(size: row[0], root: row.bytes(1), frontier: row.bytes(2))
    }
}
