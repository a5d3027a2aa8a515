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
/// Pure: time is passed in, in microseconds of any clock that never goes back.
package struct LaneScheduler: Sendable {
    private struct Item {
        var keys: [UInt64]
        /// In how many of its lines something is ahead of it.
        var waitsFor: Int
        /// Not before this time.
        var due: Int64
        var isHeld: Bool
        /// With a sender. It stays in its lines until the outcome is known, whatever a person does meanwhile.
        var isRunning = false
        /// Skipped by a person while it was running.
        var isSkipped = false

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
    private(set) package var heldCount = 0

    package init() {}

    /// Deliveries that are not settled, held and running ones included.
    package var count: Int { items.count }

    package func contains(_ seq: Int64) -> Bool { items[seq] != nil }

    /// Adds a delivery behind all that were added before. Seqs must rise.
    ///
    /// - Parameter due: not to be tried before this time.
    package mutating func add(_ seq: Int64, keys: [UInt64], due: Int64 = 0, isHeld: Bool = false) {
        guard items[seq] == nil else { return }
        var item = Item(keys: Array(Set(keys)), waitsFor: 0, due: due, isHeld: isHeld)
        for key in item.keys {
            if lanes[key]?.isEmpty == false { item.waitsFor += 1 }
            lanes[key, default: []].append(seq)
        }
        if isHeld { heldCount += 1 }
        items[seq] = item
        offer(seq)
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
            return seq
        }
        return nil
    }

    /// When something that waits only for its time is due; nil if nothing does.
    package mutating func nextDue() -> Int64? {
        while let first = later.min {
            if let item = items[first.seq], item.mayLeave, item.due == first.due { return first.due }
            later.removeMin()
        }
        return nil
    }

    /// Removes a delivery that was made; what waited for it may now leave.
    package mutating func settled(_ seq: Int64) {
        guard let item = items.removeValue(forKey: seq) else { return }
        if item.isHeld { heldCount -= 1 }
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

    /// Puts a running delivery back, to be tried again at a time, or to wait for a person.
    package mutating func putBack(_ seq: Int64, due: Int64, isHeld: Bool = false) {
        guard let item = items[seq], item.isRunning else { return }
        if item.isSkipped { return settled(seq) }
        items[seq]?.isRunning = false
        items[seq]?.due = due
        if isHeld { hold(seq) }
        offer(seq)
    }

    // MARK: What people do

    /// Takes a delivery out of turn until it is released.
    package mutating func hold(_ seq: Int64) {
        guard let item = items[seq], !item.isHeld else { return }
        items[seq]?.isHeld = true
        heldCount += 1
    }

    /// Lets a held delivery go, and makes a waiting one due at once.
    package mutating func release(_ seq: Int64) {
        guard let item = items[seq] else { return }
        if item.isHeld { heldCount -= 1 }
        items[seq]?.isHeld = false
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
