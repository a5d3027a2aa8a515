import Auditing
import Testing

@testable import Journaling

@Suite struct JournalQueueTests {
    private let millisecond: UInt64 = 1_000_000

    private func append(at time: UInt64, body: Int = 10) -> JournalQueue.Job {
        var entry = NewEntry.sample()
        entry.body = [UInt8](repeating: 0, count: body)
        return JournalQueue.Job(.append([entry]), enqueued: time) { _ in }
    }

    private func commit(at time: UInt64) -> JournalQueue.Job {
        JournalQueue.Job(.commit([.sample(1, to: ["a.in"])]), enqueued: time) { _ in }
    }

    private func settle(at time: UInt64, urgent: Bool = false) -> JournalQueue.Job {
        var settlement = Settlement.sample(1, "a.in")
        settlement.isUrgent = urgent
        return JournalQueue.Job(.settle([settlement]), enqueued: time) { _ in }
    }

    private func names(_ jobs: [JournalQueue.Job]) -> String {
        jobs.map { job in
            switch job.operation {
            case .append: "a"
            case .commit: "c"
            case .settle: "s"
            case .control, .record, .configuration, .seal: "o"
            case .remove: "r"
            }
        }.joined()
    }

    @Test func `an append is due at once and takes everything that waits`() {
        var queue = JournalQueue()
        #expect(queue.due == nil)
        queue.add(commit(at: 0))
        queue.add(append(at: 0))
        queue.add(settle(at: 0))
        #expect(queue.due == 0)
        #expect(names(queue.takeBatch(now: 0)) == "acs")
        #expect(queue.isEmpty)
    }

    @Test func `a commit waits two milliseconds for company, an urgent settlement does not`() {
        var queue = JournalQueue()
        queue.add(commit(at: 10))
        #expect(queue.due == 10 + 2 * millisecond)
        queue.add(settle(at: 20, urgent: true))
        #expect(queue.due == 0)
        #expect(names(queue.takeBatch(now: 20)) == "cs")
        queue.add(settle(at: 30))
        #expect(queue.due == 30 + 2 * millisecond)
    }

    @Test func `a removal goes alone, when nothing else waits or after a second`() {
        var queue = JournalQueue()
        let removal = JournalQueue.Job(.remove(Removal(.bodies, at: 0), RemovalResult()), enqueued: 0) { _ in }
        queue.add(removal)
        #expect(queue.due == 0)
        queue.add(commit(at: 0))
        #expect(queue.due == 2 * millisecond)
        queue.add(append(at: 0))
        #expect(names(queue.takeBatch(now: 10)) == "ac")
        queue.add(append(at: 0))
        #expect(names(queue.takeBatch(now: 1_000 * millisecond)) == "r")
        #expect(names(queue.takeBatch(now: 1_000 * millisecond)) == "a")
        #expect(queue.isEmpty)
        queue.add(removal)
        #expect(names(queue.takeBatch(now: 0)) == "r")
    }

    @Test func `a batch has at most 256 operations, and nothing older than 5 ms is left out for appends`() {
        var queue = JournalQueue()
        for _ in 0..<300 { queue.add(append(at: 9 * millisecond)) }
        queue.add(settle(at: 4 * millisecond))
        queue.add(settle(at: 8 * millisecond))
        #expect(names(queue.takeBatch(now: 9 * millisecond)) == "s" + String(repeating: "a", count: 255))
        #expect(names(queue.takeBatch(now: 9 * millisecond)) == String(repeating: "a", count: 45) + "s")
    }

    @Test func `a batch has at most 4 MiB, but a larger operation goes alone`() {
        var queue = JournalQueue()
        for size in [3 << 20, 3 << 20, 9 << 20, 1] { queue.add(append(at: 0, body: size)) }
        #expect((0..<5).map { _ in queue.takeBatch(now: 0).count } == [1, 1, 1, 1, 0])
    }

    @Test func `what is being written still counts until it is finished`() {
        var queue = JournalQueue()
        queue.add(append(at: 0))
        queue.add(commit(at: 0))
        let batch = queue.takeBatch(now: 0)
        #expect(queue.operations == 2)
        #expect(queue.bytes > 0)
        queue.finished(batch)
        #expect(queue.operations == 0)
        #expect(queue.bytes == 0)
    }
}
