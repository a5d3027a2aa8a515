/// Two identities that stand for one person from now on, or no longer: lanes of later messages have both.
///
/// It comes from a merge, a link or its end, and is journaled with the routing of that message.
package struct LaneAlias: Hashable, Sendable {
    package enum Change: UInt8, Hashable, Sendable {
        /// The one was retired in favour of the other. For good.
        case merged = 0
        /// Both go on, and mean the same person.
        case linked = 1
        /// The end of a link.
        case unlinked = 2
    }

    /// Keyed hashes (``LaneKey``), the smaller one first.
    package let key: UInt64
    package let other: UInt64
    package let change: Change

    package init(_ key: UInt64, _ other: UInt64, _ change: Change) {
        self.key = min(key, other)
        self.other = max(key, other)
        self.change = change
    }

    /// Pairs kept, the newest ones: what was retired longer ago than so many merges orders nothing any more.
    package static let keptMax: Int64 = 250_000
}

/// An alias that holds.
package struct StoredAlias: Hashable, Sendable {
    /// Ascending: the order in which they were made.
    package var id: Int64
    package var alias: LaneAlias
}
