import Foundation
import Testing

@testable import Console

struct GivenTimeTests {
    private func utc(_ microseconds: Int64?) -> String? {
        microseconds.map { Date(timeIntervalSince1970: Double($0 / 1_000_000)).formatted(.iso8601) }
    }

    @Test(arguments: [
        ("2026-11-28T18:00:00Z", "2026-11-28T18:00:00Z"), ("2026-11-28T18:00:00-06:00", "2026-11-29T00:00:00Z"),
        ("2026-11-28T18:00", "2026-11-29T00:00:00Z"), ("2026-11-28T18:00:30", "2026-11-29T00:00:30Z"),
        ("2026-11-28T18:00-06:00", "2026-11-29T00:00:00Z"), ("2026-11-28T18:00Z", "2026-11-28T18:00:00Z"),
        ("2026-11-28", "2026-11-28T06:00:00Z"),
    ])
    func `a time without an offset is that of this machine`(row: (String, String)) throws {
        let zone = try #require(TimeZone(identifier: "America/Chicago"))
        #expect(utc(GivenTime.microseconds(row.0, zone: zone)) == row.1)
    }

    @Test(arguments: [("2026-11-28T18:00Z", 60.0), ("2026-11-28T18:00:00Z", 1), ("2026-11-28", 86_400)])
    func `an end is the last microsecond that the text names`(text: String, seconds: Double) throws {
        let start = try #require(GivenTime.microseconds(text))
        #expect(GivenTime.microseconds(text, isEnd: true) == start + Int64(seconds * 1_000_000) - 1)
    }

    @Test(arguments: ["", "18:00", "tomorrow", "2026-13-28T18:00", "2026-11-31T18:00", "2026-11-28 18:00"])
    func `what is no time is refused`(text: String) { #expect(GivenTime.microseconds(text) == nil) }
}
