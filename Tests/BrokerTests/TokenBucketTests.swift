import Testing

@testable import Broker

@Suite struct TokenBucketTests {
    @Test(arguments: [0.5, 3.0, 40.0, 1_000.0])
    func `in any time no more leave than the rate allows, and none is lost`(rate: Double) {
        var bucket = TokenBucket(perSecond: rate)
        var now: Int64 = 7_000_000
        let began = now
        let seconds = 100 / rate
        var left = 0
        while Double(now - began) < seconds * 1_000_000 {
            let count = bucket.available(now: now)
            bucket.take(count)
            left += count
            let next = bucket.nextTime(now: now)
            #expect(next > now)
            now = next
        }
        #expect(Double(left) <= 100 + max(1, rate / 10) + 1)
        #expect(left >= 99)
    }

    @Test func `what was not used for long is no burst`() {
        var bucket = TokenBucket(perSecond: 5)
        bucket.take(bucket.available(now: 0))
        #expect(bucket.available(now: 3_600_000_000) == 1)
        var fast = TokenBucket(perSecond: 100)
        fast.take(fast.available(now: 0))
        #expect(fast.available(now: 3_600_000_000) == 10)
    }

    @Test func `a clock that stands still gives nothing`() {
        var bucket = TokenBucket(perSecond: 5)
        bucket.take(bucket.available(now: 10))
        #expect(bucket.available(now: 10) == 0)
        #expect(bucket.nextTime(now: 10) == 10 + 200_000)
        #expect(bucket.available(now: 200_010) == 1)
    }
}
