import DequeModule
import HeapModule

/// Decides which delivery of one endpoint may leave next.
///
/// A delivery waits for every earlier unsettled one that shares a lane key with it, so both identities of a merge
/// stay in order without being a special case. Keys are FIFO lines; a delivery is at its turn when it is first in
/// all of its lines:
///
///     key A:  1  3  4          1 and 2 may leave at once; 3 waits for both of them (a merge of A and B),
///     key B:  2  3  5          4 and 5 wait for 3
///
/// A delivery without keys waits for nothing. A held one stays in its lines and so holds its lanes, nothing else.
/// One that is added late, such as an entry that a person released, takes its place by seq, but never before one that
/// is running.
///
/// Pure: time is passed in, in microseconds of any clock that never goes back.
package struct LaneScheduler: Sendable {
    /// The one order of all lines: the seq, or just behind a later delivery that was running when this one came.
    /// Were it not the same order in every line, deliveries could wait for each other in a circle.
    private struct Rank: Comparable {
        var seq: Int64
        var late: Int64 = 0
        static func < (left: Rank, right: Rank) -> Bool { (left.seq, left.late) < (right.seq, right.late) }
    }

    private struct Item {
        var keys: [UInt64]
        var rank: Rank
        /// In how many of its lines something is ahead of it.
        var waitsFor: Int
        /// Not before this time.
        var due: Int64
        var isHeld: Bool
        /// With a sender. It stays in its lines until the outcome is known, whatever a person does meanwhile.
        var isRunning = false
        /// Skipped, or released, by a person while it was running.
        var isSkipped = false
        var isReleased = false

        var mayLeave: Bool { waitsFor == 0 && !isHeld && !isRunning }
    }

    /// A delivery at its turn, ordered by seq.
    private struct Due: Comparable {
        var due: Int64
        var seq: Int64
        static func < (left: Due, right: Due) -> Bool { (left.due, left.seq) < (right.due, right.seq) }
    }

    private var items: [Int64: Item] = [:]
    private var lanes: [UInt64: Deque<Int64>] = [:]
    /// At their turn and due. May hold seqs that were held or removed since: ``next(now:)`` passes over them.
    private var ready = Heap<Int64>()
    /// At their turn, due later. As above.
    private var later = Heap<Due>()
    private var lateCount: Int64 = 0
    private var runningCount = 0

    package init() {}

    /// Deliveries that are not settled, held and running ones included.
    package var count: Int { items.count }

    package func contains(_ seq: Int64) -> Bool { items[seq] != nil }

    /// Whether nothing but its time keeps it from leaving.
    package func isAtTurn(_ seq: Int64) -> Bool { items[seq]?.mayLeave ?? false }

    /// Adds a delivery at its place by seq.
    ///
    /// - Parameter due: not to be tried before this time.
    package mutating func add(_ seq: Int64, keys: [UInt64], due: Int64 = 0, isHeld: Bool = false) {
        guard items[seq] == nil else { return }
        let keys = keys.count < 2 ? keys : Array(Set(keys))
        var item = Item(keys: keys, rank: rank(of: seq, keys), waitsFor: 0, due: due, isHeld: isHeld)
        for key in keys {
            var lane = lanes.removeValue(forKey: key) ?? []
            var place = lane.count
            while place > 0, let other = items[lane[place - 1]], item.rank < other.rank { place -= 1 }
            if place > 0 { item.waitsFor += 1 } else if let first = lane.first { items[first]?.waitsFor += 1 }
            lane.insert(seq, at: place)
            lanes[key] = lane
        }
        items[seq] = item
        offer(seq)
    }

    private mutating func rank(of seq: Int64, _ keys: [UInt64]) -> Rank {
        // Only the first of a line can be running.
        let running = keys.compactMap { lanes[$0]?.first }.compactMap { items[$0] }.filter(\.isRunning)
        guard let last = running.map(\.rank).max(), last > Rank(seq: seq) else { return Rank(seq: seq) }
        lateCount += 1
        return Rank(seq: last.seq, late: lateCount)
    }

    /// The earliest delivery at its turn, now running; nil if there is none.
    package mutating func next(now: Int64) -> Int64? {
        while let first = later.min, first.due <= now {
            later.removeMin()
            ready.insert(first.seq)
        }
        while let seq = ready.popMin() {
            guard let item = items[seq], item.mayLeave, item.due <= now else { continue }
            items[seq]?.isRunning = true
            runningCount += 1
            return seq
        }
        return nil
    }

    /// Whether a running delivery is still to be made: nobody has held or skipped it since.
    package func isWanted(_ seq: Int64) -> Bool {
        guard let item = items[seq] else { return false }
        return item.isRunning && !item.isHeld && !item.isSkipped
    }

    /// When something that waits only for its time is due; nil if nothing does.
    package mutating func nextDue() -> Int64? {
        while let first = later.min {
            if let item = items[first.seq], item.mayLeave, item.due == first.due { return first.due }
            later.removeMin()
        }
        return nil
    }

    /// Whether nothing runs, and nothing will leave before a person does something.
    package mutating func isStuck() -> Bool {
        while let seq = ready.min, items[seq]?.mayLeave != true { ready.removeMin() }
        return runningCount == 0 && ready.isEmpty && nextDue() == nil
    }

    /// Removes everything; nothing may be running.
    ///
    /// - Returns: the keys that were in use.
    package mutating func removeAll() -> some Sequence<UInt64> {
        defer { self = LaneScheduler() }
        return lanes.keys
    }

    /// Removes a delivery that was made; what waited for it may now leave.
    package mutating func settled(_ seq: Int64) {
        guard let item = items.removeValue(forKey: seq) else { return }
        if item.isRunning { runningCount -= 1 }
        for key in item.keys {
            guard var lane = lanes.removeValue(forKey: key) else { continue }
            let wasFirst = lane.first == seq
            if wasFirst { lane.removeFirst() } else { lane.removeAll { $0 == seq } }
            guard let first = lane.first else { continue }
            lanes[key] = lane
            guard wasFirst else { continue }
            items[first]?.waitsFor -= 1
            offer(first)
        }
    }

    /// Whether a delivery waits behind this one: its settlement should not wait for company.
    package func hasFollower(_ seq: Int64) -> Bool {
        items[seq]?.keys.contains { (lanes[$0]?.count ?? 0) > 1 } ?? false
    }

    /// What comes next behind a delivery in the first of its lines.
    package func followers(of seq: Int64, limit: Int) -> [Int64] {
        guard let key = items[seq]?.keys.first, let lane = lanes[key] else { return [] }
        return lane.drop { $0 != seq }.dropFirst().prefix(limit).map { $0 }
    }

    /// Puts a running delivery back, to be tried again at a time, or to wait for a person.
    ///
    /// What a person did meanwhile counts: skipped, it is gone; released, it is due at once.
    package mutating func putBack(_ seq: Int64, due: Int64, isHeld: Bool = false) {
        guard let item = items[seq], item.isRunning else { return }
        if item.isSkipped { return settled(seq) }
        items[seq]?.isRunning = false
        runningCount -= 1
        items[seq]?.isReleased = false
        items[seq]?.due = item.isReleased ? 0 : due
        if isHeld, !item.isReleased { items[seq]?.isHeld = true }
        offer(seq)
    }

    // MARK: What people do

    /// Takes a delivery out of turn until it is released.
    package mutating func hold(_ seq: Int64) {
        items[seq]?.isHeld = true
        items[seq]?.isReleased = false
    }

    /// Lets a held delivery go, and makes a waiting one due at once.
    package mutating func release(_ seq: Int64) {
        guard let item = items[seq] else { return }
        items[seq]?.isHeld = false
        items[seq]?.isReleased = item.isRunning
        items[seq]?.due = 0
        offer(seq)
    }

    /// Removes a delivery that is not to be made. One that is running leaves when its outcome is known.
    package mutating func skip(_ seq: Int64) {
        if items[seq]?.isRunning == true { items[seq]?.isSkipped = true } else { settled(seq) }
    }

    private mutating func offer(_ seq: Int64) {
        guard let item = items[seq], item.mayLeave else { return }
        if item.due > 0 { later.insert(Due(due: item.due, seq: seq)) } else { ready.insert(seq) }
    }
}
