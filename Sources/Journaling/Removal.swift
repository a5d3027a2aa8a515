import Synchronization

/// What is kept however old it is, for a court or an authority.
package enum LegalHold: Hashable, Sendable {
    case nothing
    case everything
    /// What these providers sent.
    case providers(Set<String>)

    /// - Parameter provider: nil: a sender that no provider claims.
    package func covers(_ provider: String?) -> Bool {
        switch self {
        case .nothing: false
        case .everything: true
        case .providers(let names): provider.map(names.contains) ?? false
        }
    }
}

/// One step of removing what is no longer to be kept. It is one transaction, which carries its audit event.
///
/// What a delivery that is queued or held needs, and what waits for the router or for a person, is never removed,
/// however old. Entries stay.
package struct Removal: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The bytes of messages received before ``before``, as they came in and as they were sent.
        case bodies
        /// Deliveries settled before ``before``, and their attempts.
        case deliveries
        /// Audit events under a head that was signed before ``before``. What proves the later ones stays.
        case events
        /// Free pages at the end of the file: the file gets shorter.
        case pages
    }
    package var kind: Kind
    /// Microseconds since 1970-01-01 UTC.
    package var before: Int64
    /// Only entries above this seq are looked at.
    package var after: Int64
    /// When it is done, microseconds since 1970-01-01 UTC.
    package var at: Int64
    /// Of bodies: a step that has removed so many bytes removes no more.
    package var bytesMax: Int64
    /// Messages and deliveries that stay.
    package var legalHold: LegalHold

    package init(
        _ kind: Kind, before: Int64 = 0, after: Int64 = 0, at: Int64, bytesMax: Int64 = .max,
        legalHold: LegalHold = .nothing
    ) {
        self.bytesMax = bytesMax
        self.legalHold = legalHold
        self.kind = kind
        self.before = before
        self.after = after
        self.at = at
    }

    /// Rows that a step looks at, at most.
    static let rowsMax = 500
    /// A step that has found this many bytes to remove looks no further.
    static let stepBytesMax: Int64 = 4 << 20
    /// Pages that a step gives back, at most.
    static let pagesMax = 64
    /// Free pages that stay in the file, for what comes next: 1 MiB.
    static let freePagesKept = 256
}

/// What a step of removing did.
package struct Removed: Hashable, Sendable {
    /// Messages, deliveries, events or pages.
    package var count = 0
    /// Bytes of messages.
    package var bytes: Int64 = 0
    /// ``Removal/after`` of the next step; nil when nothing more is to be removed now.
    package var next: Int64?

    package init(count: Int = 0, bytes: Int64 = 0, next: Int64? = nil) {
        self.bytes = bytes
        self.count = count
        self.next = next
    }
}

/// Where the writer leaves what a step did. Read once the step is on disk.
final class RemovalResult: Sendable {
    private let state = Mutex(Removed())

    var removed: Removed {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
