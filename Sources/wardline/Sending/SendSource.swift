internal import Synchronization

/// Hands out the numbers of a plan's messages to its connections.
final class SendSource: Sendable {
    let plan: SendPlan
    /// A message's connection is fixed by its number: with patients for their order, with a rate for evenness.
    private let isPartitioned: Bool
    private let shared = Atomic(0)
    /// How many messages may be sent by now.
    private let released: Atomic<Int>

    init(_ plan: SendPlan, isPaced: Bool) {
        self.plan = plan
        isPartitioned = plan.hasPatients || isPaced
        released = Atomic(isPaced ? 0 : plan.count)
    }

    /// Allows the first `count` messages to be sent.
    func release(_ count: Int) { released.store(min(count, plan.count), ordering: .releasing) }

    /// The next message for a connection, or nil if there is none by now.
    ///
    /// - Parameter cursor: the connection's own place in the plan; starts at 0.
    func next(for connection: Int, cursor: inout Int) -> SendPlan.Outgoing? {
        let end = released.load(ordering: .acquiring)
        guard isPartitioned else {
            let index = shared.load(ordering: .relaxed) < end ? shared.add(1, ordering: .relaxed).oldValue : end
            return index < end ? plan.message(index) : nil
        }
        while cursor < end {
            defer { cursor += 1 }
            if plan.connection(of: cursor) == connection { return plan.message(cursor) }
        }
        return nil
    }

    /// Whether nothing will come any more for a connection.
    func isExhausted(for connection: Int, cursor: Int) -> Bool {
        guard isPartitioned else { return shared.load(ordering: .relaxed) >= plan.count }
        return !(cursor..<max(cursor, plan.count)).contains { plan.connection(of: $0) == connection }
    }
}
