/// An entry with its bytes, for whoever reads the journal from one end to the other.
package struct StoredEntry: Hashable, Sendable {
    package var entry: JournalEntry
    /// The bytes as received (of the original, for a resend). Nil if no longer kept.
    package var body: [UInt8]?

    package init(entry: JournalEntry, body: [UInt8]?) {
        self.entry = entry
        self.body = body
    }
}

/// A page of entries with their bytes ends after so many bytes, so that it fits into memory whatever was received.
let storedBytesMax = 8 << 20
