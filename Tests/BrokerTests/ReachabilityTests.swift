import Interfaces
import Testing

@testable import Broker

@Suite struct ReachabilityTests {
    private let away = SendOutcome(.retry(after: nil), result: "not connected", isUnreached: true)
    private let answered = SendOutcome(.done, result: "AA")
    private let faulty = SendOutcome(.retry(after: nil), result: "no answer")

    private func reachability(_ failuresMax: Int = 3) -> Reachability {
        var retry = RetryPolicy()
        retry.first = .microseconds(100)
        retry.longest = .microseconds(1_000)
        return Reachability(retry: retry, failuresMax: failuresMax)
    }

    @Test func `after so many failures one delivery at a time tries, which is said once`() {
        var reachability = reachability()
        var news: [Reachability.News] = []
        var now: Int64 = 0
        for _ in 0..<50 {
            now = max(now + 1, reachability.restsUntil)
            if let one = reachability.note([away], now: now, jitter: 0.5) { news.append(one) }
        }
        #expect(news == [.opened(failures: 3)])
        #expect(reachability.isOpen && !reachability.isClosedToOthers)
        reachability.beginProbe()
        #expect(reachability.isClosedToOthers)
        reachability.endProbe()
        #expect(reachability.note([answered], now: now + 1, jitter: 0.5) == .closed)
        #expect(!reachability.isOpen && !reachability.isClosedToOthers)
        #expect(reachability.restsUntil == 0)
    }

    @Test func `the waits between its tries grow`() {
        var reachability = reachability(1)
        var waits: [Int64] = []
        var now: Int64 = 1
        for _ in 0..<6 {
            _ = reachability.note([away], now: now, jitter: 0.5)
            waits.append(reachability.restsUntil - now)
            now = reachability.restsUntil
        }
        #expect(waits == [100, 200, 400, 800, 1_000, 1_000])
    }

    @Test func `connections that fail together count once, and an answer of any kind is an answer`() {
        var reachability = reachability(2)
        #expect(reachability.note([away], now: 10, jitter: 0.5) == nil)
        #expect(reachability.note([away, away], now: 11, jitter: 0.5) == nil)
        #expect(!reachability.isOpen)
        #expect(reachability.note([faulty], now: 12, jitter: 0.5) == nil)
        #expect(reachability.note([away], now: 200, jitter: 0.5) == nil)
        #expect(reachability.note([away], now: 500, jitter: 0.5) == .opened(failures: 2))
        #expect(reachability.note([away, faulty], now: 2_000, jitter: 0.5) == .closed)
        #expect(reachability.note([SendOutcome](), now: 3_000, jitter: 0.5) == nil)
    }
}
