import Testing

@testable import wardline

struct ShiftedDateTests {
    @Test(arguments: [
        ("20260301", 1, "20260302"), ("20260301", -1, "20260228"), ("20240228", 1, "20240229"),
        ("20251231", 1, "20260101"), ("20260101", -366, "20241231"), ("19000301", -1, "19000228"),
        ("20260301101500.123+0100", 30, "20260331101500.123+0100"), ("202603", 20, "202604"), ("202603", 1, "202603"),
        ("2026", 365, "2027"), ("2026", 10, "2026"),
    ])
    func `a date moves and keeps its form`(date: String, days: Int, expected: String) {
        #expect(String(decoding: ShiftedDate.shifted(Array(date.utf8), by: days), as: UTF8.self) == expected)
    }

    @Test(arguments: [
        ("20261340", "20271340"), ("2026022", "2027022"), ("20260230", "20270230"), ("", ""), ("abc", "abc"),
        ("12", "12"),
    ])
    func `what is no date is none afterwards, and not the same`(text: String, expected: String) {
        #expect(String(decoding: ShiftedDate.shifted(Array(text.utf8), by: 40), as: UTF8.self) == expected)
    }
}
