import GRDBSQLite

/// A connection of the writer's side: opened for writing, used by one thread at a time.
///
/// The writer binds to prepared statements directly; GRDB serves the readers. (Boxing every value for
/// `StatementArguments` costs more than the insert itself.) Errors of SQLite become ``JournalError``:
/// a broken constraint is the operation's own fault (`conflict`), everything else means that the
/// storage cannot be trusted (`storageLost`).
final class SQLiteConnection {
    let path: String
    private let handle: OpaquePointer

    /// Opens the file for reading and writing and sets what every connection needs.
    init(path: String) throws(JournalError) {
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let handle else {
            sqlite3_close_v2(handle)
            throw JournalError(.unreadable, "cannot open \(path): \(String(cString: sqlite3_errstr(code)))")
        }
        self.path = path
        self.handle = handle
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, 5_000)
    }

    deinit { sqlite3_close_v2(handle) }

    func execute(_ sql: String) throws(JournalError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code) }
    }

    /// The first column of the first row.
    func integer(_ sql: String) throws(JournalError) -> Int64 {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : 0
    }

    func prepare(_ sql: String) throws(JournalError) -> SQLiteStatement {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw error(code) }
        return SQLiteStatement(statement, of: self)
    }

    var changes: Int { Int(sqlite3_changes(handle)) }
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Copies what can be copied from the log to the database without waiting for anyone.
    func checkpointPassively() throws(JournalError) {
        let code = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
        // Busy: another connection is at it. What is left is taken next time.
        guard code == SQLITE_OK || code & 0xFF == SQLITE_BUSY else { throw error(code) }
    }

    /// Calls `size.pages` with the length of the log after each commit. `size` must outlive the connection.
    func watchLog(_ size: LogSize) {
        sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                // The context is the LogSize given below, which outlives the connection.
                if let context { Unmanaged<LogSize>.fromOpaque(context).takeUnretainedValue().pages = Int(pages) }
                return SQLITE_OK
            }, Unmanaged.passUnretained(size).toOpaque())
    }

    func error(_ code: Int32) -> JournalError {
        let text = String(cString: sqlite3_errstr(code))
        switch code & 0xFF {
        case SQLITE_CONSTRAINT: return JournalError(.conflict, "the journal has that row already (\(text))")
        case SQLITE_TOOBIG, SQLITE_MISMATCH: return JournalError(.invalid, "a value does not fit (\(text))")
        default:
            return JournalError(
                .storageLost,
                "\(path): \(text) (SQLite \(code)); check the disk, then start again: nothing acknowledged is lost")
        }
    }
}

/// Pages in the write-ahead log after the last commit; used by the writer's thread only.
final class LogSize {
    var pages = 0
}

/// A prepared statement. Parameters count from 1, columns from 0.
final class SQLiteStatement {
    private let handle: OpaquePointer
    private let connection: SQLiteConnection
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    init(_ handle: OpaquePointer, of connection: SQLiteConnection) {
        self.handle = handle
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    func bind(_ index: Int32, _ value: Int64?) {
        if let value { sqlite3_bind_int64(handle, index, value) } else { sqlite3_bind_null(handle, index) }
    }

    func bind(_ index: Int32, _ value: String?) {
        guard var value else {
            sqlite3_bind_null(handle, index)
            return
        }
        value.withUTF8 { text in
            _ = text.withMemoryRebound(to: CChar.self) {
                // An empty string may have no address, and a null pointer would bind NULL.
                $0.baseAddress.map { [count = $0.count] start in
                    sqlite3_bind_text(handle, index, start, Int32(count), Self.transient)
                } ?? sqlite3_bind_text(handle, index, "", 0, Self.transient)
            }
        }
    }

    func bind(_ index: Int32, _ value: [UInt8]?) {
        guard let value else {
            sqlite3_bind_null(handle, index)
            return
        }
        guard !value.isEmpty else {
            sqlite3_bind_zeroblob(handle, index, 0)
            return
        }
        _ = value.withUnsafeBytes {
            sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), Self.transient)
        }
    }

    /// Runs to the end and makes ready for the next use.
    func run() throws(JournalError) {
        let code = sqlite3_step(handle)
        sqlite3_reset(handle)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw connection.error(code) }
    }

    /// Whether there is a row. ``reset()`` when done.
    func step() throws(JournalError) -> Bool {
        let code = sqlite3_step(handle)
        guard code == SQLITE_DONE || code == SQLITE_ROW else {
            sqlite3_reset(handle)
            throw connection.error(code)
        }
        return code == SQLITE_ROW
    }

    func reset() { sqlite3_reset(handle) }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func blob(_ column: Int32) -> [UInt8] {
        let count = Int(sqlite3_column_bytes(handle, column))
        guard count > 0, let start = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    func text(_ column: Int32) -> String {
        sqlite3_column_text(handle, column).map { String(cString: $0) } ?? ""
    }
}
