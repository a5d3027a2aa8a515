import Foundation
import Testing

@testable import Interfaces

struct DailyWindowTests {
    private func window(_ text: String, _ zone: String = "UTC") throws -> DailyWindow {
        let zone = try #require(NamedTimeZone(zone))
        return try #require(DailyWindow(text, zone: zone))
    }

    private func time(_ text: String) throws -> Int64 {
        Int64(try Date(text, strategy: .iso8601).timeIntervalSince1970) * 1_000_000
    }

    @Test(arguments: [
        ("02:00-03:00", "UTC", "2026-03-01T01:59:59Z", nil),
        ("02:00-03:00", "UTC", "2026-03-01T02:00:00Z", "2026-03-01T03:00:00Z"),
        ("02:00-03:00", "UTC", "2026-03-01T02:59:59Z", "2026-03-01T03:00:00Z"),
        ("02:00-03:00", "UTC", "2026-03-01T03:00:00Z", nil),
        ("22:30-03:00", "UTC", "2026-03-01T22:30:00Z", "2026-03-02T03:00:00Z"),
        ("22:30-03:00", "UTC", "2026-03-02T00:00:00Z", "2026-03-02T03:00:00Z"),
        ("22:30-03:00", "UTC", "2026-03-02T12:00:00Z", nil),
        ("22:00-00:00", "UTC", "2026-03-02T23:00:00Z", "2026-03-03T00:00:00Z"),
        ("02:00-03:00", "America/Chicago", "2026-01-15T08:30:00Z", "2026-01-15T09:00:00Z"),
        ("02:00-03:00", "America/Chicago", "2026-07-15T07:30:00Z", "2026-07-15T08:00:00Z"),
        ("02:00-03:00", "America/Chicago", "2026-07-15T08:30:00Z", nil),
        ("02:00-03:00", "UTC", "1969-12-31T02:30:00Z", "1969-12-31T03:00:00Z"),
    ])
    func `it ends when the clocks of its zone say so`(row: (String, String, String, String?)) throws {
        #expect(try window(row.0, row.1).end(at: time(row.2)) == row.3.map { try time($0) })
    }

    @Test(arguments: [
        "", "02:00", "2:00-3:00", "02:00-24:00", "02:00-03:60", "02:00-02:00", "02:00-03:00-04:00", "aa:00-03:00",
    ])
    func `what is not two times of day is refused`(text: String) throws {
        let zone = try #require(NamedTimeZone("UTC"))
        #expect(DailyWindow(text, zone: zone) == nil)
    }

    @Test func `it reads as it is written`() throws {
        #expect(try window("22:30-03:05", "America/Chicago").description == "daily 22:30-03:05 America/Chicago")
    }
}
