import Testing

@testable import Interfaces

struct NamedTimeZoneTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var zone: String
        var time: (Int, Int, Int, Int, Int)
        var minutes: Int?
        var testDescription: String { "\(zone) \(time)" }
    }

    static let rows: [Row] = [
        Row(zone: "UTC", time: (2024, 7, 1, 12, 0), minutes: 0),
        Row(zone: "America/Chicago", time: (2024, 1, 15, 12, 0), minutes: -360),
        Row(zone: "America/Chicago", time: (2024, 7, 15, 12, 0), minutes: -300),
        // Clocks go from 02:00 to 03:00.
        Row(zone: "America/Chicago", time: (2024, 3, 10, 1, 59), minutes: -360),
        Row(zone: "America/Chicago", time: (2024, 3, 10, 2, 30), minutes: -360),
        Row(zone: "America/Chicago", time: (2024, 3, 10, 3, 0), minutes: -300),
        // Clocks go from 02:00 back to 01:00: the first 01:30.
        Row(zone: "America/Chicago", time: (2024, 11, 3, 0, 59), minutes: -300),
        Row(zone: "America/Chicago", time: (2024, 11, 3, 1, 30), minutes: -300),
        Row(zone: "America/Chicago", time: (2024, 11, 3, 2, 0), minutes: -360),
        Row(zone: "Asia/Kolkata", time: (2024, 2, 29, 23, 59), minutes: 330),
        Row(zone: "Australia/Lord_Howe", time: (2024, 1, 1, 0, 0), minutes: 660),
        Row(zone: "Australia/Lord_Howe", time: (2024, 7, 1, 0, 0), minutes: 630),
        Row(zone: "Europe/Berlin", time: (1999, 12, 31, 23, 59), minutes: 60),
        // Local mean time: 17 min 30 s west of Greenwich, plus hours.
        Row(zone: "America/Chicago", time: (1880, 1, 1, 0, 0), minutes: nil),
    ]

    @Test(arguments: rows)
    func `a local time has the offset of its zone, a repeated one the first`(row: Row) throws {
        let zone = try #require(NamedTimeZone(row.zone))
        let (year, month, day, hour, minute) = row.time
        #expect(zone.offsetMinutes(year: year, month: month, day: day, hour: hour, minute: minute) == row.minutes)
    }

    @Test(arguments: ["CST", "EST5EDT", "GMT+1", "-0600", "Chicago", "America/Nowhere", ""])
    func `abbreviations and offsets are not names`(name: String) {
        #expect(NamedTimeZone(name) == nil)
    }
}
