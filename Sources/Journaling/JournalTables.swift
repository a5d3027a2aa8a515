import Auditing

/// The writer's statements and what each operation does to the tables. Runs inside the writer's
/// transaction, on the writer's thread; decides nothing about batches.
final class JournalTables {
    let connection: SQLiteConnection
    /// What the `tree` row will say. Restored by the writer after a roll-back.
    var state: State
    /// Leaves of the events of this transaction.
    private var leaves: [UInt8] = []
    private var eventCount = 0
    /// Counts of this transaction, by hour and name.
    var counts: [CounterKey: Int] = [:]
    /// How long the disk took for the last commit, in nanoseconds.
    private(set) var syncTime: UInt64 = 0
    private var statements: [StaticStringKey: SQLiteStatement] = [:]

    struct State {
        var seq: Int64
        var routedMark: Int64
        var frontier: MerkleFrontier
    }
    struct CounterKey: Hashable {
        var hour: Int64
        var name: Counter
    }
    /// A statement's text, told apart by its address: the same literal is always the same statement.
    private struct StaticStringKey: Hashable {
        var address: UInt
        init(_ text: StaticString) { address = UInt(bitPattern: text.utf8Start) }
    }

    init(_ connection: SQLiteConnection) throws(JournalError) {
        self.connection = connection
        let row = try connection.prepare("SELECT size, frontier, seq, routedMark FROM tree")
        if try row.step() {
            guard let frontier = MerkleFrontier(size: row.integer(0), hashes: row.blob(1)) else {
                throw JournalError(
                    .unreadable, "\(connection.path): the tree row is damaged; run `wardline audit verify`")
            }
            state = State(seq: row.integer(2), routedMark: row.integer(3), frontier: frontier)
        } else {
            state = State(seq: 0, routedMark: 0, frontier: MerkleFrontier())
        }
    }

    /// A statement, prepared at its first use and kept.
    func statement(_ sql: StaticString) throws(JournalError) -> SQLiteStatement {
        let key = StaticStringKey(sql)
        if let known = statements[key] { return known }
        let made = try connection.prepare("\(sql)")
        statements[key] = made
        return made
    }

    // MARK: Events

    /// Gives the event its number and stores it. Returns the number.
    @discardableResult
    func add(_ event: AuditEvent, isFirstOfEntry: Bool = false) throws(JournalError) -> Int64 {
        var event = event
        event.number = state.frontier.size + 1
        let bytes = event.encoded()
        let leaf = MerkleHash.leaf(bytes)
        let insert = try statement("INSERT INTO event (n, seq, bytes, leaf) VALUES (?1, ?2, ?3, ?4)")
        insert.bind(1, event.number)
        insert.bind(2, event.seq)
        insert.bind(3, bytes)
        insert.bind(4, leaf)
        try insert.run()
        if let seq = event.seq, !isFirstOfEntry {
            let trail = try statement("INSERT INTO trail (seq, n) VALUES (?1, ?2)")
            trail.bind(1, seq)
            trail.bind(2, event.number)
            try trail.run()
        }
        state.frontier.append(leaf: leaf)
        leaves += leaf
        eventCount += 1
        return event.number
    }

    // MARK: The transaction's frame

    func begin() throws(JournalError) {
        discard()
        try statement("BEGIN IMMEDIATE").run()
    }

    /// Writes the batch row, the tree row and the counters, and commits.
    func commit(at now: Int64) throws(JournalError) {
        for (key, amount) in counts {
            let upsert = try statement(
                """
                INSERT INTO counter (hour, name, n) VALUES (?1, ?2, ?3)
                ON CONFLICT (hour, name) DO UPDATE SET n = n + excluded.n
                """)
            upsert.bind(1, key.hour)
            upsert.bind(2, key.name.rawValue)
            upsert.bind(3, Int64(amount))
            try upsert.run()
        }
        let root = state.frontier.root
        if eventCount > 0 {
            let batch = try statement("INSERT INTO batch (size, at, root, leaves) VALUES (?1, ?2, ?3, ?4)")
            batch.bind(1, state.frontier.size)
            batch.bind(2, now)
            batch.bind(3, root)
            batch.bind(4, leaves)
            try batch.run()
        }
        let tree = try statement(
            """
            INSERT INTO tree (id, size, root, frontier, seq, routedMark) VALUES (1, ?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (id) DO UPDATE SET size = excluded.size, root = excluded.root,
                frontier = excluded.frontier, seq = excluded.seq, routedMark = excluded.routedMark
            """)
        tree.bind(1, state.frontier.size)
        tree.bind(2, root)
        tree.bind(3, state.frontier.hashes)
        tree.bind(4, state.seq)
        tree.bind(5, state.routedMark)
        try tree.run()
        let began = MonotonicCondition.now
        try statement("COMMIT").run()
        syncTime = MonotonicCondition.now - began
        discard()
    }

    /// Rolls back, if SQLite has not done so itself.
    func rollback(to saved: State) throws(JournalError) {
        if connection.isInTransaction { try statement("ROLLBACK").run() }
        state = saved
        discard()
    }

    private func discard() {
        leaves.removeAll(keepingCapacity: true)
        eventCount = 0
        counts.removeAll(keepingCapacity: true)
    }

    /// Runs `body` so that its failure leaves the rest of the transaction as it was.
    func isolated<Value>(_ body: () throws(JournalError) -> Value) throws(JournalError) -> Value {
        let saved = (state, leaves, eventCount, counts)
        try statement("SAVEPOINT operation").run()
        do {
            let value = try body()
            try statement("RELEASE operation").run()
            return value
        } catch {
            guard error.code != .storageLost else { throw error }
            try statement("ROLLBACK TO operation").run()
            try statement("RELEASE operation").run()
            (state, leaves, eventCount, counts) = saved
            throw error
        }
    }

    func count(_ counter: Counter, _ amount: Int, at time: Int64) {
        counts[CounterKey(hour: time.hour, name: counter), default: 0] += amount
    }
}

extension Int64 {
    /// Hours since 1970-01-01 UTC, of microseconds.
    var hour: Int64 { self >= 0 ? self / 3_600_000_000 : (self - 3_599_999_999) / 3_600_000_000 }
}
