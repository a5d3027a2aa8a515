import GRDB

// How readers count what is in the tables.

extension Ledger {
    /// Counts everything in one read.
    init(counting db: Database) throws {
        let range = LedgerRange(from: nil, to: nil)
        try self.init(counters: db, range)
        add(try Ledger(page: db, after: 0, through: .max, range))
    }

    /// What is counted by the hour.
    init(counters db: Database, _ range: LedgerRange) throws {
        self.init()
        let rows = try Row.fetchAll(
            db, sql: "SELECT name, sum(n) FROM counter WHERE hour >= ? AND hour < ? GROUP BY name",
            arguments: [range.hours.lowerBound, range.hours.upperBound])
        for row in rows {
            if let counter = Counter(rawValue: row[0]) { add(counter, row[1]) }
        }
    }

    /// The entries above `after` up to `through`, and their deliveries.
    init(page db: Database, after: Int64, through: Int64, _ range: LedgerRange) throws {
        self.init()
        let bounds: StatementArguments = [after, through, range.times.lowerBound, range.times.upperBound]
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT CAST(disposition AS INTEGER), CAST(routing AS INTEGER), parent IS NULL, count(*),
                        sum(deliveryCount), sum(deliveredRemoved), sum(skippedRemoved) FROM entry
                    WHERE seq > ? AND seq <= ? AND receivedAt >= ? AND receivedAt < ? GROUP BY 1, 2, 3
                    """), arguments: bounds)
        while let row = try rows.next() {
            // Values of a damaged file, which nothing else is known about, are left out: the sums then do not hold.
            guard let disposition = UInt8(exactly: row[0] as Int64).flatMap(Disposition.init),
                let routing = UInt8(exactly: row[1] as Int64).flatMap(RoutingState.init)
            else { continue }
            add(disposition, routing, isFrame: row[2], count: row[3], deliveries: row[4])
            add(.delivered, row[5])
            add(.skipped, row[6])
        }
        let states = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT CAST(d.state AS INTEGER), count(*) FROM entry e JOIN delivery d ON d.seq = e.seq
                    WHERE e.seq > ? AND e.seq <= ? AND e.receivedAt >= ? AND e.receivedAt < ? GROUP BY 1
                    """), arguments: bounds)
        while let row = try states.next() {
            if let state = UInt8(exactly: row[0] as Int64).flatMap(DeliveryState.init) { add(state, row[1]) }
        }
    }
}
