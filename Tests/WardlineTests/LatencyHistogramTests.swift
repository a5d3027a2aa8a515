import Testing

@testable import wardline

struct LatencyHistogramTests {
    @Test func `a percentile is never too low and at most 1.6 percent too high`() {
        var histogram = LatencyHistogram()
        let values = (0..<20_000).map { UInt64($0 * $0 * 7 + $0 % 13) }
        for value in values { histogram.add(value) }
        for share in [0.01, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = values[max(0, Int((Double(values.count) * share).rounded(.up)) - 1)]
            let found = histogram.percentile(share)
            #expect(found >= exact, "\(share)")
            #expect(Double(found) <= Double(exact) * 1.016 + 1, "\(share)")
        }
        #expect(histogram.percentile(1) == values.last)
        #expect(histogram.maximum == values.last)
    }

    @Test(arguments: [UInt64(0), 1, 127, 128, 129, 1 << 20, 1 << 40, .max])
    func `one value is every percentile`(value: UInt64) {
        var histogram = LatencyHistogram()
        histogram.add(value)
        #expect(histogram.percentile(0.5) == value)
        #expect(histogram.percentile(0.999) == value)
        #expect(histogram.count == 1)
    }

    @Test func `histograms add up`() {
        var (left, right) = (LatencyHistogram(), LatencyHistogram())
        for value in 0..<50 { left.add(UInt64(value)) }
        for value in 50..<100 { right.add(UInt64(value)) }
        left.add(right)
        #expect(left.count == 100)
        #expect(left.percentile(0.5) == 49)
        #expect(left.maximum == 99)
    }

    @Test func `nothing counted has no latency`() {
        #expect(LatencyHistogram().percentile(0.99) == 0)
    }
}
