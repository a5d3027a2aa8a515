/// Why the journal did not do what it was asked. Holds no patient data.
package struct JournalError: Error, Hashable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The disk, the file or the writer failed. Nothing is written any more; the process must stop (exit code 3).
        case storageLost
        /// The waiting queue is at its limit. Nothing was stored; answer AR and let the sender come again.
        case full
        /// There is no such entry or delivery.
        case notFound
        /// The entry or delivery is not in a state that allows it.
        case conflict
        /// Another process uses the folder.
        case locked
        /// The database is newer than this program, damaged, or not a journal.
        case unreadable
        /// The journal was closed.
        case closed
        /// An operation that cannot be carried out as asked.
        case invalid
    }
    package var code: Code
    package var text: String

    package init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }
    package var description: String { text }
}
