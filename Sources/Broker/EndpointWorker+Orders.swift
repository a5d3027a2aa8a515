import Interfaces
import Journaling

// What the router brings and what people do.

extension EndpointWorker {
    /// Deliveries that the router made, in seq order.
    func arrived(_ arrivals: [Arrival]) {
        queue.arrived(arrivals)
        idle.wake(arrivals.count)
    }

    /// The router is through with everything up to here.
    func routed(through seq: Int64) {
        queue.routed(through: seq)
        idle.wakeAll()
    }

    /// Lets nothing be made of a delivery that a person is about to change. ``look(at:)`` follows, whatever came of it.
    func freeze(_ seq: Int64) { queue.hold(seq) }

    /// Looks what a person made of a delivery.
    func look(at seq: Int64) async throws(JournalError) {
        lookCount += 1
        let look = lookCount
        lastLook[seq] = look
        let delivery = try await journal.delivery(seq, endpoint: endpoint.name)
        guard lastLook[seq] == look else { return }
        lastLook[seq] = nil
        switch delivery?.state {
        case .queued:
            queue.release(seq)
            reachability.wake()
        case .held: queue.hold(seq)
        case .skipped: queue.skip(seq)
        case .delivered, nil: queue.forget(seq)
        }
        idle.wakeAll()
    }

    /// Looks whether a person paused or resumed the endpoint.
    func lookForPause() async throws(JournalError) {
        lookCount += 1
        let look = lookCount
        lastPauseLook = look
        let pauses = try await journal.pauses()
        guard lastPauseLook == look else { return }
        isPaused = pauses.contains { $0.endpoint == endpoint.name }
        idle.wakeAll()
    }
}
