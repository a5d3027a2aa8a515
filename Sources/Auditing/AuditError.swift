/// Why the audit log's files could not be read or written.
package struct AuditError: Error, Hashable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// An event, a head or a key is not in its format.
        case unreadable
        /// The file system refused.
        case file
        /// A signature does not match its head.
        case signature
    }
    package var code: Code
    package var text: String

    package init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }
    package var description: String { text }
}
