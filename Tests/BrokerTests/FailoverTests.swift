import Testing

@testable import Broker

@Suite struct FailoverTests {
    @Test func `the first that can be reached is used until the first of all is back`() {
        var failover = Failover(count: 3, patience: .seconds(30))
        #expect(failover.order(now: 0) == [0, 1, 2])
        #expect(failover.reached(0, now: 1) == false)
        // The first is away.
        #expect(failover.reached(1, now: 2) == true)
        #expect(failover.order(now: 3) == [1, 0, 2])
        // One caller looks again, the others go on.
        let later: Int64 = 2 + 30_000_000
        #expect(failover.order(now: later) == [0, 1, 2])
        #expect(failover.order(now: later + 1) == [1, 0, 2])
        #expect(failover.reached(1, now: later + 2) == false)
        #expect(failover.order(now: 2 * later) == [0, 1, 2])
        #expect(failover.reached(0, now: 2 * later) == true)
        #expect(failover.order(now: 2 * later + 1) == [0, 1, 2])
    }

    @Test func `a single address is tried, whatever happened`() {
        var failover = Failover(count: 1, patience: .seconds(1))
        #expect(failover.order(now: 0) == [0])
        #expect(failover.reached(0, now: 5) == false)
        #expect(failover.order(now: 9) == [0])
    }
}
