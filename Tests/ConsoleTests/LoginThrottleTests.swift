import Testing

@testable import Console

struct LoginThrottleTests {
    private let keys = LoginThrottle.keys(account: "ada", address: "192.0.2.1")

    @Test func `the first failures cost nothing, then each doubles the wait up to a limit`() {
        var throttle = LoginThrottle()
        var now: Int64 = 0
        var waits: [Int64] = []
        for _ in 0..<20 {
            now += throttle.wait(keys, at: now)
            throttle.failed(keys, at: now)
            waits.append(throttle.wait(keys, at: now))
        }
        #expect(waits.prefix(LoginThrottle.freeMax - 1).allSatisfy { $0 == 0 })
        #expect(waits.dropFirst(LoginThrottle.freeMax - 1).prefix(3) == [1_000_000, 2_000_000, 4_000_000])
        #expect(waits.last == LoginThrottle.waitMax)
    }

    @Test func `another address does not help against one account, nor another account from one address`() {
        var throttle = LoginThrottle()
        for _ in 0..<LoginThrottle.freeMax { throttle.failed(keys, at: 0) }
        #expect(throttle.wait(LoginThrottle.keys(account: "ada", address: "192.0.2.2"), at: 0) > 0)
        #expect(throttle.wait(LoginThrottle.keys(account: "grace", address: "192.0.2.1"), at: 0) > 0)
        #expect(throttle.wait(LoginThrottle.keys(account: "grace", address: "192.0.2.2"), at: 0) == 0)
    }

    @Test func `success forgets the failures`() {
        var throttle = LoginThrottle()
        for _ in 0..<10 { throttle.failed(keys, at: 0) }
        throttle.succeeded(keys)
        #expect(throttle.wait(keys, at: 0) == 0)
    }
}
