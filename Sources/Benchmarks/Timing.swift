internal import Synchronization

/// Measures work that stays on one core.
enum Timing {
    /// How long one repetition takes, about.
    private static let repetition = Duration.milliseconds(100)
    private static let warmUp = Duration.milliseconds(300)
    private static let repetitions = 15

    /// Nanoseconds of one call: the middle of several repetitions, and the shortest.
    struct Result {
        var median: Double
        var best: Double

        /// Calls a second.
        var rate: Double { 1e9 / median }
    }

    /// Measures two pieces of work in turn, so that what else the machine does hits both.
    ///
    /// Each gives a number made from its result, so that the work cannot be left out by the compiler.
    static func compare(_ work: () throws -> Int, with baseline: () throws -> Int) rethrows -> (Result, Result) {
        let calls = (try calibrated(work), try calibrated(baseline))
        var times: ([Double], [Double]) = ([], [])
        for _ in 0..<repetitions {
            times.0.append(try nanoseconds(work, calls: calls.0))
            times.1.append(try nanoseconds(baseline, calls: calls.1))
        }
        return (result(times.0), result(times.1))
    }

    private static func result(_ times: [Double]) -> Result {
        let sorted = times.sorted()
        return Result(median: sorted[sorted.count / 2], best: sorted[0])
    }

    /// Warms up, and finds how many calls one repetition holds.
    private static func calibrated(_ work: () throws -> Int) rethrows -> Int {
        let clock = ContinuousClock()
        let start = clock.now
        var calls = 0
        while clock.now - start < warmUp {
            keep(try work())
            calls += 1
        }
        return max(1, Int(Double(calls) * (repetition / (clock.now - start))))
    }

    private static func nanoseconds(_ work: () throws -> Int, calls: Int) rethrows -> Double {
        let start = ContinuousClock.now
        var sum = 0
        for _ in 0..<calls { sum &+= try work() }
        let elapsed = ContinuousClock.now - start
        keep(sum)
        return elapsed / .nanoseconds(1) / Double(calls)
    }

    private static let sink = Atomic(0)

    /// Uses a result where the compiler cannot see that nobody reads it.
    @inline(never)
    private static func keep(_ value: Int) { sink.wrappingAdd(value, ordering: .relaxed) }
}

extension Duration {
    var seconds: Double { self / .seconds(1) }
}
