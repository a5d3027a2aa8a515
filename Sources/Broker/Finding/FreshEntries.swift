import DequeModule
import HL7
import Journaling
import Synchronization

/// What intake stored last, so that the search index need neither fetch it from the journal nor parse it once more.
///
/// Only while somebody follows. Bounded: beyond its limit it forgets everything, and what is not here is in the journal.
final class FreshEntries: Sendable {
    struct Item: Sendable {
        var seq: Int64
        /// Microseconds since 1970-01-01 UTC.
        var receivedAt: Int64
        var provider: String?
        var type: String
        var disposition: Disposition
        var message: Message?
    }

    /// What comes after an entry.
    enum Next {
        case items([Item])
        /// The journal knows; the first entry that is here, if any.
        case elsewhere(until: Int64?)
    }

    private struct State {
        var items: Deque<Item> = []
        var bytes = 0
        var isFollowed = false

        mutating func clear() {
            items.removeAll()
            bytes = 0
        }
    }

    private let state = Mutex(State())
    private let bytesMax: Int

    init(bytesMax: Int = 8 << 20) { self.bytesMax = bytesMax }

    func follow(_ isFollowed: Bool) {
        state.withLock { state in
            state.isFollowed = isFollowed
            state.clear()
        }
    }

    /// In seq order.
    func push(_ item: Item) {
        state.withLock { state in
            guard state.isFollowed else { return }
            state.items.append(item)
            state.bytes += Self.cost(item)
            if state.bytes > bytesMax { state.clear() }
        }
    }

    /// At most `limit` entries that follow `seq` without a gap. What is given out, and what is older, is forgotten.
    func next(after seq: Int64, limit: Int) -> Next {
        state.withLock { state in
            while let first = state.items.first, first.seq <= seq {
                state.bytes -= Self.cost(first)
                state.items.removeFirst()
            }
            guard let first = state.items.first, first.seq == seq + 1 else {
                return .elsewhere(until: state.items.first?.seq)
            }
            var items: [Item] = []
            while items.count < limit, let next = state.items.first, next.seq == seq + 1 + Int64(items.count) {
                state.bytes -= Self.cost(next)
                items.append(state.items.removeFirst())
            }
            return .items(items)
        }
    }

    /// About what it takes in memory: a message has an index beside its bytes.
    private static func cost(_ item: Item) -> Int { 512 + 3 * (item.message?.bytes.count ?? 0) }
}
