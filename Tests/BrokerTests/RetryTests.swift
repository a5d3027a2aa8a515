import Interfaces
import Testing

@testable import Broker

@Suite struct RetryTests {
    @Test(arguments: [(1, 1), (2, 2), (3, 4), (4, 8), (9, 256), (10, 300), (11, 300), (1_000_000, 300)])
    func `the wait doubles up to the longest`(attempt: Int, seconds: Int) {
        #expect(RetryPolicy().delay(after: attempt, jitter: 0.5) == .seconds(seconds))
    }

    @Test(arguments: [(0.0, 3.2), (0.5, 4.0), (0.75, 4.4)])
    func `the wait is spread by a fifth to either side`(jitter: Double, seconds: Double) {
        let delay = RetryPolicy().delay(after: 3, jitter: jitter)
        #expect(abs(Double(delay.microseconds) / 1e6 - seconds) < 0.000_01)
    }

    @Test func `first, factor and longest are those of the policy`() {
        var policy = RetryPolicy()
        policy.first = .milliseconds(10)
        policy.factor = 3
        policy.longest = .milliseconds(100)
        #expect(
            (1...5).map { policy.delay(after: $0, jitter: 0.5).microseconds } == [
                10_000, 30_000, 90_000, 100_000, 100_000,
            ])
    }
}
