/// Entries that the router has not seen, kept to know the seq below which it has seen everything.
///
/// Follows committed transactions only, so the mark that a transaction stores is never too high.
final class PendingEntries {
    private var order = FIFO<Int64>()
    private var open: Set<Int64> = []

    init(_ connection: SQLiteConnection, after mark: Int64) throws(JournalError) {
        let select = try connection.prepare("SELECT seq FROM entry WHERE seq > ?1 AND routing = 0 ORDER BY seq")
        select.bind(1, mark)
        while try select.step() { add(select.integer(0)) }
    }

    private func add(_ seq: Int64) {
        order.append(seq)
        open.insert(seq)
    }

    /// Takes in what a committed group did.
    func update(_ jobs: [JournalQueue.Job], _ results: [Result<[Appended], JournalError>]) {
        for (job, result) in zip(jobs, results) {
            guard case .success(let appended) = result else { continue }
            switch job.operation {
            case .append(let entries):
                for (entry, one) in zip(entries, appended) {
                    if entry.disposition == .accepted, case .stored(let seq, _) = one { add(seq) }
                }
            case .commit(let routings): for routing in routings { open.remove(routing.seq) }
            case .settle, .control, .record, .configuration, .remove, .seal: break
            }
        }
        while let first = order.first, !open.contains(first) { _ = order.popFirst() }
    }

    /// Every entry up to this one is routed (entries released by a person apart).
    func routedMark(lastSeq: Int64) -> Int64 { order.first.map { $0 - 1 } ?? lastSeq }
}
