import DequeModule
package import Journaling

/// Which identities stand for one person, by the merges and links that were routed so far.
///
/// A message about one of them gets the keys of all, so that it waits for earlier messages under any of its names:
///
///     1  A01  A        keys A
///     2  A40  B ← A    keys B A          from here on A and B are one
///     3  A08  A        keys A B          waits for 1 and 2
///     4  A08  B        keys B A          waits for 3
///
/// Pure. What it says depends on nothing but the changes it was given, in their order.
package struct LaneAliases: Sendable {
    private struct Tie: Equatable {
        var key: UInt64
        var isLink: Bool
    }

    private var ties: [UInt64: [Tie]] = [:]
    /// In the order in which they were made; may hold links that ended since.
    private var made: Deque<LaneAlias> = []
    private let pairsMax: Int

    /// Keys that a message gets besides its own. Nobody has as many names; those beyond are left out.
    package static let addedMax = 64

    package init(pairsMax: Int = Int(LaneAlias.keptMax)) { self.pairsMax = pairsMax }

    package mutating func apply(_ alias: LaneAlias) {
        guard alias.key != alias.other else { return }
        switch alias.change {
        case .merged, .linked:
            let tie = Tie(key: alias.other, isLink: alias.change == .linked)
            guard ties[alias.key]?.contains(tie) != true else { return }
            ties[alias.key, default: []].append(tie)
            ties[alias.other, default: []].append(Tie(key: alias.key, isLink: tie.isLink))
            made.append(alias)
            if made.count > pairsMax { remove(made.removeFirst()) }
        case .unlinked: remove(LaneAlias(alias.key, alias.other, .linked))
        }
    }

    private mutating func remove(_ alias: LaneAlias) {
        for (key, other) in [(alias.key, alias.other), (alias.other, alias.key)] {
            ties[key]?.removeAll { $0 == Tie(key: other, isLink: alias.change == .linked) }
            if ties[key]?.isEmpty == true { ties[key] = nil }
        }
    }

    /// The keys, and those of every other name of the same people.
    package func resolved(_ keys: [UInt64]) -> [UInt64] {
        guard keys.contains(where: { ties[$0] != nil }) else { return keys }
        var found = keys
        var known = Set(keys)
        var next = 0
        while next < found.count {
            for tie in ties[found[next]] ?? [] where known.insert(tie.key).inserted {
                guard found.count < keys.count + Self.addedMax else { return found }
                found.append(tie.key)
            }
            next += 1
        }
        return found
    }

    /// Takes in what a message says about identities.
    ///
    /// - Returns: the message's own keys: of all that were one before it, and of all that are one after it.
    package mutating func laneKeys(_ keys: [UInt64], changing aliases: [LaneAlias]) -> [UInt64] {
        let before = resolved(keys)
        guard !aliases.isEmpty else { return before }
        for alias in aliases { apply(alias) }
        return resolved(before)
    }
}
