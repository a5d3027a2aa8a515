/// The newest part of the search index, in memory: sorted runs, of which a new one is merged with those before it as long
/// as they are not twice as long. So there are few runs to look into, and each pair is moved a few times only.
///
/// What is lost with the process is read from the journal again.
struct RecentKeys: Sendable {
    struct Pair: Hashable, Comparable {
        var key: Int64
        var seq: Int64

        static func < (one: Pair, other: Pair) -> Bool {
            one.key != other.key ? one.key < other.key : one.seq < other.seq
        }
    }

    /// Each in ascending order, the longest first.
    private var runs: [[Pair]] = []
    private(set) var count = 0
    /// The entries received in a minute since 1970-01-01 UTC lie in this range.
    private(set) var minutes: [Int64: ClosedRange<Int64>] = [:]

    /// Adds entries in the order of the journal.
    mutating func add(_ rows: [FindStore.Row]) {
        var run: [Pair] = []
        run.reserveCapacity(rows.reduce(0) { $0 + $1.keys.count })
        for row in rows {
            for key in row.keys { run.append(Pair(key: Int64(bitPattern: key), seq: row.seq)) }
            let minute = row.receivedAt / FindStore.minute
            minutes[minute] = min(minutes[minute]?.lowerBound ?? row.seq, row.seq)...row.seq
        }
        count += run.count
        run.sort()
        while let last = runs.last, last.count < 2 * run.count {
            run = Self.merged(last, run)
            runs.removeLast()
        }
        if !run.isEmpty { runs.append(run) }
    }

    /// All pairs in ascending order.
    var sorted: [Pair] { runs.reversed().reduce([]) { Self.merged($1, $0) } }

    /// The newest entry of a key that is not above a bound.
    func newest(key: Int64, atMost bound: Int64) -> Int64? {
        var newest: Int64?
        let wanted = Pair(key: key, seq: bound)
        for run in runs {
            var (low, high) = (0, run.count)
            while low < high {
                let middle = (low + high) / 2
                if run[middle] <= wanted { low = middle + 1 } else { high = middle }
            }
            if low > 0, run[low - 1].key == key { newest = max(newest ?? 0, run[low - 1].seq) }
        }
        return newest
    }

    private static func merged(_ one: [Pair], _ other: [Pair]) -> [Pair] {
        if one.isEmpty { return other }
        var result: [Pair] = []
        result.reserveCapacity(one.count + other.count)
        var (left, right) = (0, 0)
        while left < one.count, right < other.count {
            if other[right] < one[left] {
                result.append(other[right])
                right += 1
            } else {
                result.append(one[left])
                left += 1
            }
        }
        result.append(contentsOf: one[left...])
        result.append(contentsOf: other[right...])
        return result
    }
}
