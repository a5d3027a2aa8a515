import Interfaces
import Testing

@testable import Broker
@testable import Journaling

/// What is in memory of a long queue.
@Suite struct QueueWindowTests {
    private static func delivery(_ seq: Int64, _ key: UInt64, _ state: DeliveryState = .queued) -> Delivery {
        Delivery(
            seq: seq, endpoint: "", route: "", state: state, attempts: 0, nextTry: nil, configuration: [],
            receivedAt: 0, laneKeys: [key])
    }

    /// A queue of ten: the first four are held, each of a patient of its own; 5 and 6 are of the first patient, the
    /// others of patients that nothing is held of.
    private static let queue =
        (1...4).map { delivery($0, UInt64($0), .held) } + [delivery(5, 1), delivery(6, 1)]
        + (7...10).map { delivery($0, UInt64($0)) }

    private static func window(_ order: Endpoint.Order = .patient) -> QueueWindow {
        QueueWindow(order: order, routedThrough: 10, jobsCostMax: 0, pageSize: 2, windowMax: 4)
    }

    /// Reads and takes until nothing moves any more, and settles at once.
    ///
    /// - Returns: what was taken, in order.
    private static func drain(_ window: inout QueueWindow, _ queue: [Delivery]) -> [Int64] {
        var taken: [Int64] = []
        while true {
            let seqs = window.take(1, now: 0).unread
            taken += seqs
            for seq in seqs { window.settled(seq) }
            if !seqs.isEmpty { continue }
            if let page = window.beginPage() {
                let rows = queue.filter { $0.seq > page.after && !taken.contains($0.seq) }.prefix(window.pageSize)
                window.endPage(page, Array(rows), wall: 0, monotonic: 0)
            } else if !window.park() {
                return taken
            }
        }
    }

    @Test func `many that are held stop nobody else`() {
        var window = Self.window()
        #expect(Set(Self.drain(&window, Self.queue)) == [7, 8, 9, 10])
    }

    @Test func `what was parked comes back in order when a person lets it go`() {
        var window = Self.window()
        var queue = Self.queue
        let first = Self.drain(&window, queue)
        queue.removeAll { first.contains($0.seq) }
        queue[0].state = .queued
        window.release(1)
        #expect(Self.drain(&window, queue) == [1, 5, 6])
    }

    @Test func `what was parked comes back in order when a person skips what held it`() {
        var window = Self.window()
        var queue = Self.queue
        let first = Self.drain(&window, queue)
        queue.removeAll { first.contains($0.seq) || $0.seq == 1 }
        window.skip(1)
        #expect(Self.drain(&window, queue) == [5, 6])
    }

    @Test func `what arrives for a parked patient waits, and for others goes`() {
        var window = Self.window()
        let first = Self.drain(&window, Self.queue)
        window.arrived([Arrival(seq: 11, laneKeys: [2]), Arrival(seq: 12, laneKeys: [12])])
        let rest = Self.queue.filter { !first.contains($0.seq) }
        #expect(Self.drain(&window, rest + [Self.delivery(11, 2), Self.delivery(12, 12)]) == [12])
    }

    @Test func `in a strict queue nothing passes what is held`() {
        var window = Self.window(.strict)
        #expect(Self.drain(&window, Self.queue).isEmpty)
    }

    @Test func `what was settled during a read that still saw it is not made again`() {
        var window = Self.window()
        // A person releases an entry that is older than what is in memory, while a page is read.
        guard let page = window.beginPage() else {
            Issue.record("there is a queue to read")
            return
        }
        window.endPage(page, Array(Self.queue.suffix(4).prefix(2)), wall: 0, monotonic: 0)
        guard let next = window.beginPage() else {
            Issue.record("there is more to read")
            return
        }
        window.arrived([Arrival(seq: 3, laneKeys: [3])])
        let taken = window.take(1, now: 0).unread
        for seq in taken { window.settled(seq) }
        #expect(taken.contains(3))
        window.endPage(next, Array(Self.queue.suffix(2)), wall: 0, monotonic: 0)
        #expect(!window.take(1, now: 0).unread.contains(3))
    }
}
