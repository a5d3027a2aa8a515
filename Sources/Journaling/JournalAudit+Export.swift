import Foundation
import GRDB

extension JournalAudit {
    /// Hands over the stored bytes of every event behind a number, in order, page by page.
    ///
    /// - Throws: `unreadable` if there is no journal in the folder or it cannot be read.
    package static func forEachEvent(
        folder path: String, after number: Int64 = 0, _ body: ([UInt8]) -> Void
    ) throws(JournalError) {
        let file = JournalFolder(path: path).database
        guard FileManager.default.fileExists(atPath: file) else {
            throw JournalError(.unreadable, "there is no journal in \(path): name the data folder with --data")
        }
        do {
            var options = GRDB.Configuration()
            options.readonly = true
            let database = try DatabaseQueue(path: file, configuration: options)
            var last = number
            while true {
                let page = try database.read { [last] db in
                    try Row.fetchAll(
                        db, sql: "SELECT n, CAST(bytes AS BLOB) FROM event WHERE n > ? ORDER BY n LIMIT 1000",
                        arguments: [last]
                    ).map { row in (number: row[0] as Int64, bytes: row.bytes(1)) }
                }
                guard let end = page.last?.number else { return }
                for event in page { body(event.bytes) }
                last = end
            }
        } catch {
            throw JournalError(.unreadable, "cannot read \(file): \(error)")
        }
    }
}
