package import Auditing
import Foundation
import GRDB
import Glibc

/// The journal in `journal.sqlite`: one writing thread, readers on connections of their own.
package final class SQLiteJournal: Journal, Sendable {
    package struct Configuration: Sendable {
        /// The data folder; made if it is not there.
        package var folder: String
        /// Name of the broker, in signed heads.
        package var broker: String
        /// Signs the heads.
        package var key: AuditKey
        /// Microseconds since 1970-01-01 UTC.
        package var now: @Sendable () -> Int64
        /// How often a head is signed.
        package var headSeconds: Int
        /// Appends fail with `full` when this many operations wait…
        package var backlogOperationsMax: Int
        /// …or this many bytes.
        package var backlogBytesMax: Int
        /// Appends fail with `full` when the disk has less room than this, or less than a tenth of its size.
        package var reserveBytes: Int64
        /// Told about every transaction, on the writer's thread after its results were given; must not block.
        package var onCommit: (@Sendable (CommitTime) -> Void)?

        package init(
            folder: String, broker: String, key: AuditKey,
            now: @escaping @Sendable () -> Int64 = { SQLiteJournal.wallClock() }, headSeconds: Int = 60,
            backlogOperationsMax: Int = 16_384, backlogBytesMax: Int = 64 << 20, reserveBytes: Int64 = 256 << 20
        ) {
            self.reserveBytes = reserveBytes
            self.folder = folder
            self.broker = broker
            self.key = key
            self.now = now
            self.headSeconds = headSeconds
            self.backlogOperationsMax = backlogOperationsMax
            self.backlogBytesMax = backlogBytesMax
        }
    }

    let configuration: Configuration
    private let writer: JournalWriter
    let readers: DatabasePool
    package let laneSecret: [UInt8]

    /// Takes the folder's lock, brings the database up to date, signs a first head and starts the writer.
    ///
    /// - Throws: `locked` if another broker uses the folder; `unreadable` if the database is newer,
    ///   damaged, or does not keep its promises (`synchronous`, `journal_mode`).
    package init(_ configuration: Configuration) throws(JournalError) {
        self.configuration = configuration
        let folder = JournalFolder(path: configuration.folder)
        try folder.prepare()
        let lock = try folder.takeLock()
        let connection = try Self.openForWriting(folder.database)
        laneSecret = try Self.secret(connection)
        do {
            try configuration.key.publicKey.write(to: folder.publicKey)
        } catch {
            throw JournalError(.unreadable, error.text)
        }
        let checkpoints = Checkpointer(path: folder.database)
        writer = try JournalWriter(
            configuration, connection: connection, heads: try HeadFile(path: folder.heads),
            checkpoints: checkpoints, lock: lock)
        readers = try Self.openForReading(folder.database)
        checkpoints.start()
        writer.start()
    }

    deinit { writer.requestClose() }

    /// A connection that keeps the promise behind AA: a commit returns when it is on disk.
    private static func openForWriting(_ path: String) throws(JournalError) -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path)
        if try connection.integer("SELECT count(*) FROM sqlite_schema") == 0 {
            try connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        }
        try connection.execute("PRAGMA journal_mode = WAL")
        try connection.execute(
            """
            PRAGMA wal_autocheckpoint = 0;
            PRAGMA journal_size_limit = \(64 << 20);
            PRAGMA cache_size = -32768;
            PRAGMA temp_store = MEMORY;
            """)
        try Schema.migrate(connection)
        // Last, so that nothing before can have set it back.
        try connection.execute("PRAGMA synchronous = FULL")
        guard try connection.integer("PRAGMA synchronous") == 2,
            try connection.integer("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'") == 1
        else {
            throw JournalError(
                .unreadable,
                "\(path): this SQLite does not run with journal_mode=WAL and synchronous=FULL; "
                    + "the data folder must be on a local file system")
        }
        try connection.execute("DELETE FROM released WHERE seq IN (SELECT seq FROM entry WHERE routing != 0)")
        return connection
    }

    /// The key of lane keys, made at first start.
    private static func secret(_ connection: SQLiteConnection) throws(JournalError) -> [UInt8] {
        let select = try connection.prepare("SELECT bytes FROM secret WHERE name = 'lane'")
        if try select.step() { return select.blob(0) }
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let insert = try connection.prepare("INSERT INTO secret (name, bytes) VALUES ('lane', ?1)")
        insert.bind(1, bytes)
        try insert.run()
        return bytes
    }

    private static func openForReading(_ path: String) throws(JournalError) -> DatabasePool {
        var options = GRDB.Configuration()
        options.readonly = true
        options.maximumReaderCount = 4
        options.label = "journal"
        do {
            return try DatabasePool(path: path, configuration: options)
        } catch {
            throw JournalError(.unreadable, "cannot open \(path) for reading: \(error)")
        }
    }

    /// Microseconds since 1970-01-01 UTC.
    package static func wallClock() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    // MARK: Writing

    package func append(
        _ entries: [NewEntry], completion: @escaping @Sendable (Result<[Appended], JournalError>) -> Void
    ) {
        writer.submit(.append(entries), completion: completion)
    }

    package func commit(_ routings: [Routing]) async throws(JournalError) { try await submit(.commit(routings)) }

    package func settle(_ settlements: [Settlement]) async throws(JournalError) {
        try await submit(.settle(settlements))
    }

    package func control(_ control: Control) async throws(JournalError) { try await submit(.control(control)) }

    package func record(_ events: [AuditEvent]) async throws(JournalError) { try await submit(.record(events)) }

    package func count(_ counter: Counter, by amount: Int) {
        writer.count(counter, by: amount, at: configuration.now())
    }

    package func storeConfiguration(hash: [UInt8], bytes: [UInt8]) async throws(JournalError) {
        try await submit(.configuration(hash: hash, bytes: bytes))
    }

    package func remove(_ removal: Removal) async throws(JournalError) -> Removed {
        if removal.kind == .events, removal.after == 0 { try await seal(before: removal.before, at: removal.at) }
        let result = RemovalResult()
        try await submit(.remove(removal, result))
        return result.removed
    }

    func submit(_ operation: JournalQueue.Operation) async throws(JournalError) {
        let result: Result<[Appended], JournalError> = await withCheckedContinuation { continuation in
            writer.submit(operation) { continuation.resume(returning: $0) }
        }
        _ = try result.get()
    }

    // MARK: State

    package var backlog: Backlog { writer.backlog }
    package var failure: JournalError? { writer.failure }
    package func waitForFailure() async -> JournalError? { await writer.failures.wait() }

    package func close() async {
        await writer.close()
        // Fails only while a read is going on; the connection then closes with the last reference.
        try? readers.close()
    }
}
