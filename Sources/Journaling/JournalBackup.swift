import Auditing
import Foundation
import GRDB
import Glibc

/// Copies a data folder into one file, whether a broker runs on it or not.
///
/// The file is the journal as of one moment, with the other files of the folder in a table of its own,
/// `backup(name, bytes)`. It is made by a reader on a connection of its own, so the writer never waits for it.
package enum JournalBackup {
    /// What a copy holds.
    package struct Summary: Sendable, Hashable {
        /// Size of the file.
        package var bytes: Int64
        package var lastSeq: Int64
        package var lastEvent: Int64
        /// Deliveries that wait for their turn, or for their next try.
        package var queued: Int
        /// Deliveries that wait for a person.
        package var held: Int
    }

    /// Names in the table `backup`. The other rows are files of the data folder.
    enum Row {
        static let format = "format"
        static let madeAt = "madeAt"
        static let formatValue = "1"
    }

    /// - Parameters:
    ///   - folder: the data folder.
    ///   - others: files of the data folder that are copied as they are, if they are there.
    ///   - now: microseconds since 1970-01-01 UTC.
    /// - Throws: `conflict` if `file` exists, `unreadable` if there is no journal or a file cannot be read or written.
    package static func make(
        folder path: String, file: String, others: [String] = [], now: Int64 = SQLiteJournal.wallClock()
    ) throws(JournalError) -> Summary {
        let folder = JournalFolder(path: path)
        guard FileManager.default.fileExists(atPath: folder.database) else {
            throw JournalError(.unreadable, "there is no journal in \(path): name the data folder with --data")
        }
        guard !FileManager.default.fileExists(atPath: file) else {
            throw JournalError(.conflict, "\(file) is there already: a backup replaces nothing, so name another file")
        }
        let partial = file + ".partial"
        let descriptor = open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            guard errno == EEXIST else { throw JournalFolder.failure("cannot create \(partial)") }
            throw JournalError(
                .conflict, "\(partial) is there: another backup is being made, or one was broken off; then remove it")
        }
        defer {
            close(descriptor)
            unlink(partial)
        }
        // Heads first: what they sign is then in the copy, whatever the broker writes meanwhile.
        var parts: [(name: String, bytes: [UInt8])] = [
            (Row.format, Array(Row.formatValue.utf8)), (Row.madeAt, Array("\(now)".utf8)),
        ]
        for name in [JournalFolder.headsName, JournalFolder.publicKeyName] + others {
            guard let bytes = FileManager.default.contents(atPath: path + "/" + name) else { continue }
            let isHeads = name == JournalFolder.headsName
            parts.append((name, isHeads ? finishedLines(bytes) : Array(bytes)))
        }
        var summary: Summary
        do {
            try copy(folder.database, to: partial)
            summary = try add(parts, to: partial)
        } catch {
            throw JournalError(.unreadable, "cannot copy \(folder.database) to \(partial): \(error)")
        }
        var status = stat()
        guard fsync(descriptor) == 0, fstat(descriptor, &status) == 0 else {
            throw JournalFolder.failure("cannot write \(partial)")
        }
        summary.bytes = Int64(status.st_size)
        // Unlike a renaming, a link replaces nothing.
        guard link(partial, file) == 0 else { throw JournalFolder.failure("cannot give \(partial) the name \(file)") }
        try JournalFolder.syncFolder((file as NSString).deletingLastPathComponent.nonEmpty ?? ".")
        return summary
    }

    /// Whether a broker runs on a data folder.
    package static func isInUse(folder path: String) -> Bool { JournalFolder(path: path).isLocked }

    private static func copy(_ database: String, to partial: String) throws {
        var options = GRDB.Configuration()
        options.readonly = true
        options.busyMode = .timeout(10)
        let source = try DatabaseQueue(path: database, configuration: options)
        try source.inDatabase { db in
            guard try Int64.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationId else {
                throw JournalError(.unreadable, "it is not a journal of this program")
            }
            // One statement, one read transaction: everything as of one moment.
            try db.execute(sql: "VACUUM INTO ?", arguments: [partial])
        }
        try source.close()
    }

    private static func add(_ parts: [(name: String, bytes: [UInt8])], to partial: String) throws -> Summary {
        let copy = try DatabaseQueue(path: partial)
        let summary = try copy.write { db in
            try db.execute(sql: "CREATE TABLE backup (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID")
            for part in parts {
                try db.execute(
                    sql: "INSERT INTO backup (name, bytes) VALUES (?, ?)", arguments: [part.name, Data(part.bytes)])
            }
            return try Summary(db)
        }
        try copy.close()
        return summary
    }

    private static func finishedLines(_ bytes: Data) -> [UInt8] {
        bytes.lastIndex(of: 0x0A).map { Array(bytes[...$0]) } ?? []
    }
}

extension JournalBackup.Summary {
    /// Counts what a journal holds. ``bytes`` is left 0.
    init(_ db: Database) throws {
        let tree = try GRDB.Row.fetchOne(db, sql: "SELECT CAST(seq AS INTEGER), CAST(size AS INTEGER) FROM tree")
        self.init(
            bytes: 0, lastSeq: tree?[0] ?? 0, lastEvent: tree?[1] ?? 0,
            queued: try Int.fetchOne(db, sql: "SELECT count(*) FROM delivery WHERE state = 0") ?? 0,
            held: try Int.fetchOne(db, sql: "SELECT count(*) FROM delivery WHERE state = 1") ?? 0)
    }
}

extension String {
    var nonEmpty: String? { isEmpty ? nil : self }
}
