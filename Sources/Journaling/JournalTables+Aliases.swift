extension JournalTables {
    /// Part of TRANSACTION 2.
    func change(_ aliases: [LaneAlias], by seq: Int64) throws(JournalError) {
        for alias in aliases {
            let isLink = alias.change != .merged
            if alias.change == .unlinked {
                let delete = try statement("DELETE FROM alias WHERE key = ?1 AND other = ?2 AND isLink = 1")
                delete.bind(1, Int64(bitPattern: alias.key))
                delete.bind(2, Int64(bitPattern: alias.other))
                try delete.run()
            } else {
                let insert = try statement(
                    "INSERT OR IGNORE INTO alias (key, other, isLink, seq) VALUES (?1, ?2, ?3, ?4)")
                insert.bind(1, Int64(bitPattern: alias.key))
                insert.bind(2, Int64(bitPattern: alias.other))
                insert.bind(3, isLink ? 1 : 0)
                insert.bind(4, seq)
                try insert.run()
            }
        }
        guard !aliases.isEmpty else { return }
        let old = try statement("DELETE FROM alias WHERE id <= (SELECT max(id) FROM alias) - ?1")
        old.bind(1, LaneAlias.keptMax)
        try old.run()
    }

    /// The lane keys that the router found, in the place of those of intake.
    func setLaneKeys(_ keys: [UInt64], of seq: Int64) throws(JournalError) {
        let update = try statement("UPDATE entry SET laneKeys = ?2 WHERE seq = ?1")
        update.bind(1, seq)
        update.bind(2, PackedKeys.bytes(keys))
        try update.run()
    }
}
