import HL7
import Testing

struct TimestampTests {
    @Test(arguments: [
        "2024", "202402", "20240229", "2024022923", "202402292359", "20240229235959", "20240229235959.1",
        "20240229235959.1234",
        "20240229235959.1234+0000", "2024-0500", "20000229", "20240305101500+1400", "20240305101500-1200",
        "202403051015+0530", "00010101",
    ])
    func `a time of any precision is read`(text: String) throws {
        _ = try Timestamp(text)
    }

    @Test(arguments: [
        ("", TimestampError.length), ("202", .length), ("19790", .length), ("1979021", .length), ("202403051", .length),
        ("2024030510150", .length), ("202403051015001", .length), ("20241301", .month), ("20240001", .month),
        ("20240230", .day), ("19000229", .day),
        ("20230229", .day), ("20240431", .day), ("20240300", .day), ("2024030524", .hour), ("202403051060", .minute),
        ("20240305101560", .second), ("20240305101500.", .fraction), ("20240305101500.12345", .fraction),
        ("202403051015.5", .fraction), ("20240305101500.1x", .fraction), ("20240305101500+01:00", .zone),
        ("20240305101500+01", .zone),
        ("20240305101500+1500", .zone), ("20240305101500+0060", .zone), ("20240305101500+", .zone),
        ("2024-03-05", .zone),
        ("x", .notDigits), ("2024030T", .notDigits), (" 20240305", .notDigits), ("0000", .year), ("２０２４", .notDigits),
    ])
    func `what the calendar or the format does not have is refused`(text: String, error: TimestampError) {
        #expect(throws: error) { try Timestamp(text) }
    }

    @Test func `what is not stated stays nil`() throws {
        let date = try Timestamp("20240229")
        #expect((date.year, date.month, date.day) == (2024, 2, 29))
        #expect(date.hour == nil && date.minute == nil && date.second == nil)
        #expect(date.fraction == nil && date.offsetMinutes == nil)
        let time = try Timestamp("20240305101530.25-0530")
        #expect((time.hour, time.minute, time.second) == (10, 15, 30))
        #expect(time.fraction == "25")
        #expect(time.offsetMinutes == -330)
        #expect(time.digits == "20240305101530")
    }

    @Test(arguments: [
        ("2024", "2023", 1), ("2024", "20240305", 0), ("20240305", "202403051015", 0), ("20240305", "20240306", -1),
        ("20240305101500.5", "20240305101500.25", 1), ("20240305101500.5", "20240305101500", 0),
        ("20240305101500+0100", "20240305091500+0000", 0), ("20240305101500+0100", "20240305101500+0000", -1),
        ("20240101003000+0100", "20231231233000+0000", 0), ("20240305101500+0100", "20240305101500", 0),
    ])
    func `times compare by the precision that both have, and by zone if both state one`(a: String, b: String, sign: Int)
        throws
    {
        let order = try Timestamp(a).compared(to: Timestamp(b))
        #expect(order.signum() == sign)
        #expect(try Timestamp(b).compared(to: Timestamp(a)).signum() == -sign)
    }

    @Test func `every day number is a date and back`() {
        for number in stride(from: -719_000, through: 2_900_000, by: 997) {
            let (year, month, day) = Timestamp.date(ofDayNumber: number)
            #expect(Timestamp.dayNumber(year, month, day) == number)
        }
        #expect(Timestamp.date(ofDayNumber: 0) == (1970, 1, 1))
        #expect(Timestamp.dayNumber(2024, 3, 5) == 19_787)
    }

    @Test func `a moment is written in UTC with milliseconds`() {
        #expect(Timestamp.text(microseconds: 1_709_633_700_123_456) == "20240305101500.123+0000")
        #expect(Timestamp.text(microseconds: 0) == "19700101000000.000+0000")
    }
}
