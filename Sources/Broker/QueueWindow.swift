import Interfaces
import Journaling

/// The part of an endpoint's queue that is in memory: always its oldest part, so that order is kept however long the
/// queue is.
///
///     journal   … settled | 1 2 3 … in the lanes … loadedThrough | … waiting in the journal … routedThrough | unrouted
///
/// What the router makes goes straight in while nothing waits between; otherwise it is read page by page. Messages just
/// accepted come along as long as there is room for them; the others are read when they are at their turn.
///
/// When there is no room and everything here waits for a person, only the lanes of it are remembered, and the rest of the
/// queue gets the room: it is parked. What shares a lane with something parked is parked too. As soon as a person does
/// something about any of it, the queue is read from its beginning.
struct QueueWindow {
    private(set) var lanes = LaneScheduler()
    private let order: Endpoint.Order
    /// Everything up to here is in `lanes` or settled.
    private var loadedThrough: Int64 = 0
    /// The router is through with everything up to here, so nothing of it can still come in between. What the journal
    /// holds beyond (a message sent again) must wait for what the router has not seen.
    private var routedThrough: Int64
    /// Nothing unsettled lies between `loadedThrough` and `routedThrough`.
    private var isLoaded = false
    private var isLoading = false
    /// What arrived during a read that may not have seen it.
    private var arrivedMeanwhile: [Arrival] = []
    /// What people held, released or skipped before it was here, since what comes may be older than what they did.
    private var decided: [Int64: DeliveryState] = [:]
    /// The lanes of what is parked. What is parked has no lane in a queue without order.
    private var parkedLanes: Set<UInt64> = []
    private var hasParked = false
    /// Counts how often the queue was begun anew.
    private var round = 0
    /// What left during a read that may still have seen it.
    private var leftMeanwhile: Set<Int64> = []
    private var jobs: [Int64: DeliveryJob] = [:]
    private var jobsCost = 0
    private let jobsCostMax: Int
    /// The broker ended without a stop when the journal held everything up to here; 0 if it was stopped.
    private let cutOffThrough: Int64
    /// At their turn at that moment, so that a try may have been under way.
    private var cutOff: Set<Int64> = []

    /// Deliveries that are read from the queue at a time.
    let pageSize: Int
    /// Deliveries in memory at most. More are read when none of these can leave.
    private let windowMax: Int
    /// Deliveries whose messages are read together when they are at their turn.
    private static let readMax = 32

    /// - Parameters:
    ///   - jobsCostMax: bytes of messages kept at most.
    ///   - windowMax: in a strict queue only the first can leave, so that much of it in memory is of no use.
    init(
        order: Endpoint.Order, routedThrough: Int64, cutOffThrough: Int64 = 0, jobsCostMax: Int,
        pageSize: Int = 1_000, windowMax: Int = 100_000
    ) {
        self.order = order
        self.cutOffThrough = cutOffThrough
        self.routedThrough = routedThrough
        self.jobsCostMax = jobsCostMax
        self.pageSize = pageSize
        self.windowMax = order == .strict ? 2 * pageSize : windowMax
    }

    private func keys(_ keys: [UInt64]) -> [UInt64] {
        switch order {
        case .patient: keys
        case .strict: [0]
        case .none: []
        }
    }

    // MARK: Coming in

    /// Deliveries that the router made, in seq order.
    mutating func arrived(_ arrivals: [Arrival]) {
        if isLoading { arrivedMeanwhile += arrivals }
        for arrival in arrivals {
            if arrival.seq <= loadedThrough || isLoaded && lanes.count < windowMax {
                // It comes before what is parked, and must not wait for it.
                if arrival.seq <= loadedThrough, isParked(keys(arrival.laneKeys)) {
                    unpark()
                    continue
                }
                add(arrival)
                loadedThrough = max(loadedThrough, arrival.seq)
            } else {
                isLoaded = false
            }
            routedThrough = max(routedThrough, arrival.seq)
        }
    }

    private mutating func add(_ arrival: Arrival) {
        guard add(arrival.seq, arrival.laneKeys, due: 0, isHeld: false), let job = arrival.job else { return }
        keep(job)
    }

    /// Keeps the message of a delivery until its turn, if there is room.
    mutating func keep(_ job: DeliveryJob) {
        let cost = job.entry.cost
        guard jobsCost + cost <= jobsCostMax, lanes.contains(job.seq), jobs[job.seq] == nil else { return }
        jobs[job.seq] = job
        jobsCost += cost
    }

    private func isParked(_ keys: [UInt64]) -> Bool { hasParked && keys.contains(where: parkedLanes.contains) }

    /// Makes room for the rest of the queue if it needs some and nothing that is here can leave.
    ///
    /// - Returns: whether there is room now.
    mutating func park() -> Bool {
        // In a strict queue nothing passes anything.
        guard order != .strict, !isLoaded, !isLoading, lanes.count + pageSize > windowMax, lanes.isStuck() else {
            return false
        }
        parkedLanes.formUnion(lanes.removeAll())
        hasParked = true
        jobs = [:]
        jobsCost = 0
        return true
    }

    /// Begins the queue anew, so that what was parked comes back in order.
    private mutating func unpark() {
        guard hasParked else { return }
        hasParked = false
        parkedLanes = []
        loadedThrough = 0
        isLoaded = false
        round += 1
    }

    /// - Returns: false if it is here already, is parked, or a person decided that it is not to be made.
    private mutating func add(_ seq: Int64, _ laneKeys: [UInt64], due: Int64, isHeld: Bool) -> Bool {
        guard !lanes.contains(seq) else { return false }
        let decision = decided.removeValue(forKey: seq)
        guard decision != .skipped else { return false }
        let keys = keys(laneKeys)
        if isParked(keys) {
            parkedLanes.formUnion(keys)
            return false
        }
        lanes.add(seq, keys: keys, due: due, isHeld: decision.map { $0 == .held } ?? isHeld)
        return true
    }

    /// The router is through with everything up to here.
    mutating func routed(through seq: Int64) { routedThrough = max(routedThrough, seq) }

    /// A page of the queue that is to be read: ``Journal/deliveries(endpoint:after:limit:states:)``.
    struct Page {
        var after: Int64
        /// What lies beyond is not for now.
        var through: Int64
        fileprivate var round: Int
    }

    /// The next page; nil if there is no more, or no room for it, or one is being read.
    mutating func beginPage() -> Page? {
        guard !isLoaded, !isLoading, loadedThrough < routedThrough, lanes.count + pageSize <= windowMax else {
            return nil
        }
        isLoading = true
        return Page(after: loadedThrough, through: routedThrough, round: round)
    }

    /// A page that could not be read.
    mutating func abandonPage() {
        isLoading = false
        arrivedMeanwhile = []
        leftMeanwhile = []
    }

    /// - Parameters:
    ///   - deliveries: as many as ``pageSize``, or all there are.
    ///   - wall: the time of day, in which their next tries are.
    ///   - monotonic: the same moment on the clock of due times.
    mutating func endPage(_ page: Page, _ deliveries: [Delivery], wall: Int64, monotonic: Int64) {
        defer { abandonPage() }
        guard page.round == round else { return }
        for delivery in deliveries where delivery.seq <= page.through && !leftMeanwhile.contains(delivery.seq) {
            let wait = max(0, (delivery.nextTry ?? 0) - wall)
            let isNew = add(
                delivery.seq, delivery.laneKeys, due: wait > 0 ? monotonic + wait : 0, isHeld: delivery.state == .held)
            if isNew, wait == 0, delivery.seq <= cutOffThrough, lanes.isAtTurn(delivery.seq) {
                cutOff.insert(delivery.seq)
            }
        }
        let last = deliveries.count < pageSize ? page.through : deliveries.last?.seq ?? page.through
        loadedThrough = max(loadedThrough, min(last, page.through))
        // What came with a lower seq than the page was put in at once.
        for arrival in arrivedMeanwhile where page.after < arrival.seq && arrival.seq <= loadedThrough {
            if !leftMeanwhile.contains(arrival.seq) { add(arrival) }
        }
        // What people decided of the rest was about deliveries that are no longer waiting.
        if !decided.isEmpty { decided = decided.filter { $0.key > loadedThrough } }
        isLoaded = loadedThrough >= routedThrough
    }

    // MARK: Going out

    /// Deliveries at their turn, now running: those whose messages are here, and those to be read first.
    mutating func take(_ limit: Int, now: Int64) -> (jobs: [DeliveryJob], unread: [Int64]) {
        var found: [DeliveryJob] = []
        var unread: [Int64] = []
        while found.count + unread.count < (unread.isEmpty ? limit : max(limit, Self.readMax)),
            let seq = lanes.next(now: now)
        {
            if let job = removeJob(seq) { found.append(job) } else { unread.append(seq) }
        }
        return (found, unread)
    }

    /// Deliveries that come after these in their lanes, whose messages may as well be read with them.
    func ahead(of seqs: [Int64]) -> [Int64] {
        var ahead: [Int64] = []
        for seq in seqs where seqs.count + ahead.count < Self.readMax {
            let room = Self.readMax - seqs.count - ahead.count
            for next in lanes.followers(of: seq, limit: room) where jobs[next] == nil && !ahead.contains(next) {
                ahead.append(next)
            }
        }
        return ahead
    }

    /// Whether a delivery that was taken may still be made: nobody has held or skipped it since. If not it is put back.
    mutating func confirm(_ seq: Int64) -> Bool {
        if lanes.isWanted(seq) { return true }
        lanes.putBack(seq, due: 0)
        return false
    }

    /// Whether a try of this delivery may have been cut off by the end of the broker; so once.
    mutating func takeCutOff(_ seq: Int64) -> Bool { cutOff.remove(seq) != nil }

    private mutating func removeJob(_ seq: Int64) -> DeliveryJob? {
        guard let job = jobs.removeValue(forKey: seq) else { return nil }
        jobsCost -= job.entry.cost
        return job
    }

    mutating func settled(_ seq: Int64) {
        if isLoading { leftMeanwhile.insert(seq) }
        lanes.settled(seq)
    }

    mutating func putBack(_ seq: Int64, due: Int64, isHeld: Bool = false) {
        lanes.putBack(seq, due: due, isHeld: isHeld)
    }

    mutating func nextDue() -> Int64? { lanes.nextDue() }

    // MARK: What people do

    /// Takes a delivery out of turn, whether it is here yet or not.
    mutating func hold(_ seq: Int64) {
        if lanes.contains(seq) { lanes.hold(seq) } else { decided[seq] = .held }
    }

    mutating func release(_ seq: Int64) {
        // The page being read may still have it held.
        decided[seq] = isLoading ? .queued : nil
        if lanes.contains(seq) { lanes.release(seq) } else if seq <= loadedThrough { unpark() }
    }

    mutating func skip(_ seq: Int64) {
        if lanes.contains(seq) {
            if isLoading { leftMeanwhile.insert(seq) }
            lanes.skip(seq)
            _ = removeJob(seq)
        } else {
            decided[seq] = .skipped
            if seq <= loadedThrough { unpark() }
        }
    }

    /// It is settled, so that nothing has to be remembered of it.
    mutating func forget(_ seq: Int64) { decided[seq] = nil }
}
