/// An event as the journal stores it.
package struct StoredEvent: Hashable, Sendable {
    package var number: Int64
    package var bytes: [UInt8]
    package var leaf: [UInt8]

    package init(number: Int64, bytes: [UInt8], leaf: [UInt8]) {
        self.number = number
        self.bytes = bytes
        self.leaf = leaf
    }
}

/// The tree as it was after one group commit: a second record of the leaf hashes, and the root.
package struct TreeBatch: Hashable, Sendable {
    /// Number of events after the commit.
    package var size: Int64
    package var root: [UInt8]
    /// Leaf hashes of the events of this commit, one after the other.
    package var leaves: [UInt8]

    package init(size: Int64, root: [UInt8], leaves: [UInt8]) {
        self.size = size
        self.root = root
        self.leaves = leaves
    }
}

/// Events that are no longer kept: all up to ``size``. A head was signed for that size, and the hashes of the subtrees
/// below it stay, so that what follows can be proven without them.
package struct RemovedEvents: Hashable, Sendable {
    package var size: Int64
    package var root: [UInt8]
    /// ``MerkleFrontier/hashes``.
    package var frontier: [UInt8]

    package init(size: Int64, root: [UInt8], frontier: [UInt8]) {
        self.size = size
        self.root = root
        self.frontier = frontier
    }
}

/// Checks a stored audit log against its tree rows and its signed heads, event by event.
///
/// Three records speak about an event: its own row (bytes and leaf), the tree row of its commit (leaf
/// again, and the root), and every later signed head. Where the event disagrees with either of the first
/// two, it is named exactly. Where all unsigned records were changed alike, the first signed head that
/// does not match bounds it: the first bad event lies after the last head that matches. Where unsigned
/// records disagree but a later signed head proves the events, the records are reported, not the events.
package struct AuditVerifier {
    private let heads: [SignedHead]
    private let external: SignedHead?
    private var nextHead = 0
    private var frontier = MerkleFrontier()
    /// Size of the last signed head that matched.
    private var proven: Int64 = 0
    /// The first disagreement that is not decided yet.
    private var suspect: AuditReport.Damage?
    private var report = AuditReport()
    /// What the event says by which events were removed, until it is found. Every removal has one behind it.
    private var removalText: [UInt8]?

    /// - Parameters:
    ///   - headLines: the lines of `audit/heads.jsonl`, read before the events.
    ///   - removed: the events that are no longer kept.
    ///   - external: a head kept elsewhere, which alone can show a roll-back of events and heads together.
    package init(
        headLines: [[UInt8]], publicKey: AuditPublicKey, removed: RemovedEvents? = nil, external: SignedHead? = nil
    ) {
        var heads: [SignedHead] = []
        var problems: [String] = []
        for (index, line) in headLines.enumerated() {
            guard let head = try? SignedHead(decoding: line), head.isSigned(by: publicKey) else {
                // A line cut short by a crash is damage too: heads are written with one write call.
                problems.append("signed heads, line \(index + 1): not a head signed by this key")
                continue
            }
            if let last = heads.last, head.size < last.size {
                problems.append("signed heads, line \(index + 1): smaller than the head before it")
            } else {
                heads.append(head)
            }
        }
        if let external, !external.isSigned(by: publicKey) {
            problems.append("the head given is not signed by this key")
        }
        self.heads = heads
        self.external = external
        report.problems = problems
        report.heads = heads.count
        report.excludesRollback = external?.isSigned(by: publicKey) ?? false
        if let removed { begin(behind: removed) }
        checkHeads()
    }

    /// Begins with the tree as it was at the removed size, which a signed head must confirm.
    private mutating func begin(behind removed: RemovedEvents) {
        guard removed.size > 0, let frontier = MerkleFrontier(size: removed.size, hashes: removed.frontier),
            frontier.root == removed.root
        else { return damage(1, max(1, removed.size), "removed, and what was kept of them was changed") }
        self.frontier = frontier
        report.removed = removed.size
        nextHead = heads.firstIndex { $0.size >= removed.size } ?? heads.count
        guard nextHead < heads.count, heads[nextHead].size == removed.size else {
            return damage(1, removed.size, "removed, and no signed head proves them")
        }
        // One for a smaller size cannot be compared any more.
        if let external, external.size < removed.size { report.excludesRollback = false }
        removalText = Array("\"\(Self.removalText(through: removed.size))\"".utf8)
    }

    /// What an event says by which those up to a number were removed.
    package static func removalText(through size: Int64) -> String { "audit events 1 to \(size)" }

    /// Whether looking at more events cannot change the result.
    package var isDecided: Bool { report.damage != nil }

    /// Number of the last event seen.
    package var count: Int64 { frontier.size }

    /// Checks the stored events of one commit, which are all those up to `batch.size`.
    package mutating func check(_ events: [StoredEvent], of batch: TreeBatch) {
        guard !isDecided else { return }
        let first = frontier.size + 1
        let (count, overflow) = batch.size.subtractingReportingOverflow(frontier.size)
        let leavesAreComplete =
            !overflow && batch.leaves.count.isMultiple(of: 32) && Int64(batch.leaves.count / 32) == count
        if !leavesAreComplete { suspect(first, batch.size, "do not match the number of leaves in their tree row") }
        for event in events where !isDecided {
            var known: [UInt8]?
            if leavesAreComplete, event.number >= first, event.number <= batch.size {
                known = Array(batch.leaves.dropFirst(Int(event.number - first) * 32).prefix(32))
            }
            check(event, knownLeaf: known)
        }
        guard !isDecided else { return }
        guard frontier.size == batch.size else {
            return damage(frontier.size + 1, batch.size, "missing")
        }
        if frontier.root != batch.root { suspect(first, batch.size, "do not give the root of their tree row") }
    }

    /// Checks events for which there is no tree row of a commit.
    package mutating func check(_ events: [StoredEvent]) {
        for event in events where !isDecided { check(event, knownLeaf: nil) }
    }

    /// Ends the check. `size`, `root` and `hashes` are the tree row as it stands.
    package consuming func finish(size: Int64, root: [UInt8], hashes: [UInt8]) -> AuditReport {
        report.events = frontier.size
        report.signed = heads.last?.size ?? 0
        if !isDecided {
            if frontier.size < size {
                damage(frontier.size + 1, size, "missing: the log ends before its tree does")
            } else if frontier.size > size {
                damage(size + 1, frontier.size, "not part of the tree")
            } else if nextHead < heads.count {
                damage(frontier.size + 1, heads[nextHead].size, "missing: a signed head covers them")
            } else if let external, report.excludesRollback, external.size > frontier.size {
                damage(frontier.size + 1, external.size, "missing: the head kept elsewhere covers them (roll-back)")
            } else if let suspect {
                report.damage = suspect
            } else if removalText != nil {
                damage(1, report.removed, "removed, and no event says so")
            } else if frontier.root != root || frontier.hashes != hashes {
                damage(proven + 1, size, "not those of the tree row")
            }
        }
        if let damage = report.damage, let suspect, suspect.first <= damage.first { report.damage = suspect }
        return report
    }

    private mutating func check(_ event: StoredEvent, knownLeaf: [UInt8]?) {
        let expected = frontier.size + 1
        guard event.number == expected else {
            return event.number > expected
                ? damage(expected, event.number - 1, "missing")
                : damage(event.number, event.number, "not part of the log")
        }
        let leaf = MerkleHash.leaf(event.bytes)
        let matchesOwn = leaf == event.leaf
        let matchesTree = knownLeaf.map { $0 == leaf }
        if !matchesOwn, matchesTree != true {
            return damage(expected, expected, "changed")
        }
        if !matchesOwn || matchesTree == false {
            suspect(expected, expected, "changed, or one of its two stored hashes")
        }
        if !event.bytes.starts(with: Array("{\"n\":\(expected),".utf8)) {
            suspect(expected, expected, "stored under a number that is not its own")
        }
        frontier.append(leaf: leaf)
        if let text = removalText, event.bytes.contains(text), event.bytes.contains(Self.removalKind) {
            removalText = nil
        }
        checkHeads()
    }

    private static let removalKind = Array("\"\(AuditEvent.Kind.retentionRemoved.rawValue)\"".utf8)

    /// Compares every head for the size reached.
    private mutating func checkHeads() {
        while nextHead < heads.count, heads[nextHead].size == frontier.size {
            compare(heads[nextHead], "a signed head")
            nextHead += 1
        }
        if let external, report.excludesRollback, external.size == frontier.size {
            compare(external, "the head kept elsewhere")
        }
    }

    private mutating func compare(_ head: SignedHead, _ name: String) {
        guard !isDecided else { return }
        guard head.root == frontier.root else {
            if let suspect {
                report.damage = suspect
            } else {
                damage(proven + 1, max(head.size, proven + 1), "not those that \(name) was signed for")
            }
            return
        }
        if let suspect {
            report.problems.append(
                "tree rows or stored hashes of \(suspect.span) were changed; the events are proven by \(name)")
            self.suspect = nil
        }
        proven = head.size
    }

    private mutating func suspect(_ first: Int64, _ last: Int64, _ what: String) {
        if suspect == nil { suspect = AuditReport.Damage(first: first, last: last, what: what) }
    }

    private mutating func damage(_ first: Int64, _ last: Int64, _ what: String) {
        report.damage = AuditReport.Damage(first: first, last: last, what: what)
    }
}
