import Foundation
import Testing

@testable import Broker

struct TrafficBaselineTests {
    private let hour: Int64 = 3_600_000_000

    /// So many weeks of a provider that sends `perHour(hour of the week)` messages.
    private func baseline(weeks: Int, silent: Set<Int64> = [], _ perHour: (Int64) -> Int) -> TrafficBaseline {
        var baseline = TrafficBaseline()
        var total = 0
        for number in 0...Int64(weeks * 168) {
            let isSilent = silent.contains(number - 1)
            _ = baseline.take(["lab": total], silent: isSilent ? ["lab"] : [], at: number * hour, zone: 0)
            total += perHour(number % 168)
            _ = baseline.take(
                ["lab": total], silent: silent.contains(number) ? ["lab"] : [], at: number * hour + hour / 2, zone: 0)
        }
        return baseline
    }

    /// In the week after those that were learned.
    private func expected(
        _ baseline: TrafficBaseline, _ weeks: Int, from: Double, to: Double, zone: Int64 = 0
    ) -> Double? {
        let start = Double(weeks * 168)
        return baseline.expected(
            "lab", from: Int64((start + from) * Double(hour)), to: Int64((start + to) * Double(hour)), zone: zone)
    }

    @Test func `what is expected is what came in the same hours of earlier weeks`() throws {
        let baseline = baseline(weeks: 3) { $0 == 10 ? 120 : 60 }
        #expect(expected(baseline, 3, from: 20, to: 21) == 60)
        #expect(expected(baseline, 3, from: 10.25, to: 10.5) == 30)
        // An hour and a half across the busy hour.
        #expect(expected(baseline, 3, from: 9.5, to: 11) == 150)
    }

    @Test func `nothing is expected in an hour that was not seen twice`() {
        #expect(expected(baseline(weeks: 1) { _ in 60 }, 1, from: 20, to: 21) == nil)
        #expect(baseline(weeks: 3) { _ in 60 }.expected("other", from: 0, to: hour, zone: 0) == nil)
    }

    @Test func `an hour that was not seen whole is not learned`() {
        var baseline = TrafficBaseline()
        // Begins in the middle of an hour, and misses two later.
        let steps: [(total: Int, at: Int64, learns: Bool)] = [
            (0, hour / 2, false), (9, hour, false), (20, 2 * hour, true), (99, 5 * hour, false), (99, 6 * hour, false),
        ]
        for step in steps {
            let learned = baseline.take(["lab": step.total], at: step.at, zone: 0)
            #expect(learned == step.learns, "\(step)")
        }
        #expect(baseline.providers["lab"]?.weeks.reduce(0) { $0 + Int($1) } == 1)
        #expect(baseline.providers["lab"]?.means[1] == 11)
    }

    @Test func `an outage does not become usual`() {
        // The last week's hour 20 is silent, and an alert is open.
        let silent = Int64(2 * 168 + 20)
        var count: Int64 = -1
        let baseline = baseline(weeks: 3, silent: [silent]) { _ in
            count += 1
            return count == silent ? 0 : 60
        }
        #expect(expected(baseline, 3, from: 20, to: 21) == 60)
    }

    @Test func `a new habit is known after some weeks`() throws {
        var weeks: Int64 = 0
        let baseline = baseline(weeks: 12) { place in
            if place == 0 { weeks += 1 }
            return weeks <= 4 ? 100 : 0
        }
        let left = try #require(expected(baseline, 12, from: 20, to: 21))
        #expect(left < 15)
    }

    @Test func `hours are those of the clock on the wall`() {
        var baseline = TrafficBaseline()
        var total = 0
        // Two weeks in which 60 messages come from 8 to 9 in a zone an hour east of UTC.
        for number in 0...Int64(2 * 168) {
            _ = baseline.take(["lab": total], at: number * hour, zone: 3_600)
            if (number + 1) % 24 == 8 { total += 60 }
        }
        let start = 2 * 168 * hour
        #expect(baseline.expected("lab", from: start + 7 * hour, to: start + 8 * hour, zone: 3_600) == 60)
        // Clocks went forward: eight o'clock is an hour earlier.
        #expect(baseline.expected("lab", from: start + 6 * hour, to: start + 7 * hour, zone: 7_200) == 60)
    }

    @Test func `what was learned survives in a file, and a damaged file is not used`() throws {
        let baseline = baseline(weeks: 2) { _ in 60 }
        let read = try JSONDecoder().decode(TrafficBaseline.self, from: JSONEncoder().encode(baseline))
        #expect(expected(read, 2, from: 3, to: 4) == 60)
        let damaged = #"{"providers":{"lab":{"means":[1],"weeks":[9]}}}"#
        let empty = try JSONDecoder().decode(TrafficBaseline.self, from: Data(damaged.utf8))
        #expect(empty.expected("lab", from: 0, to: hour, zone: 0) == nil)
    }

    @Test func `a disk's days are counted at the rate of the last day`() {
        var disk = DiskWatch()
        // 10 in two hours: 90 last for 18.
        let steps: [(free: Int64, at: Int64, days: Double?)] = [
            (100, 0, nil), (99, hour / 2, nil), (90, 2 * hour, 0.75), (100, 3 * hour, .infinity),
        ]
        for step in steps {
            let days = disk.days(free: step.free, at: step.at)
            #expect(days == step.days, "\(step)")
        }
    }

    @Test func `rates and percentiles are of the last minutes only`() {
        let minute: Int64 = 60_000_000
        var recent = RecentOutcomes()
        recent.add(1, failed: 1, at: 0)
        recent.add(10, failed: 0, at: 3 * minute)
        recent.add(2, failed: 2, at: 6 * minute)
        #expect(recent.counts(minutes: 5, at: 6 * minute) == (12, 2))
        #expect(recent.counts(minutes: 15, at: 6 * minute) == (13, 3))
        #expect(recent.counts(minutes: 15, at: 40 * minute) == (0, 0))
        for milliseconds in 1...100 { recent.took(milliseconds * 10, at: 6 * minute) }
        #expect(recent.seconds(share: 0.95, minutes: 10, at: 6 * minute, countMin: 5) == 0.95)
        #expect(recent.seconds(share: 0.95, minutes: 10, at: 20 * minute, countMin: 5) == nil)
    }
}
