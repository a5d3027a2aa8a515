import Foundation
import Testing

@testable import wardline

struct PauseTimeTests {
    @Test(arguments: [
        ("2026-11-28T18:00:00Z", "2026-11-28T18:00:00Z"), ("2026-11-28T18:00:00-06:00", "2026-11-29T00:00:00Z"),
        ("2026-11-28T18:00", "2026-11-29T00:00:00Z"), ("2026-11-28T18:00:30", "2026-11-29T00:00:30Z"),
        ("2026-11-28T18:00-06:00", "2026-11-29T00:00:00Z"), ("2026-11-28T18:00Z", "2026-11-28T18:00:00Z"),
    ])
    func `a time without an offset is that of this machine`(row: (String, String)) throws {
        let zone = try #require(TimeZone(identifier: "America/Chicago"))
        #expect(PauseTime.utc(row.0, zone: zone) == row.1)
    }

    @Test(arguments: ["", "18:00", "tomorrow", "2026-13-28T18:00", "2026-11-31T18:00", "2026-11-28 18:00"])
    func `what is no time is refused`(text: String) { #expect(PauseTime.utc(text) == nil) }
}
