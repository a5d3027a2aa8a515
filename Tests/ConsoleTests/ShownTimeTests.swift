import Testing

@testable import Console

struct ShownTimeTests {
    @Test(arguments: [
        ("197902", "DT", "1979-02"), ("19790214", "DT", "1979-02-14"),
        ("2024030510", "DTM", "2024-03-05 10 h"), ("202403051015", "TS", "2024-03-05 10:15"),
        ("20240305101500.1234+0530", "DTM", "2024-03-05 10:15:00.1234 +05:30"),
        ("20240305101500-0600", "TS", "2024-03-05 10:15:00 -06:00"), ("1015", "TM", "10:15"),
        ("101500-0600", "TM", "10:15:00 -06:00"),
    ])
    func `times are told as people read them`(text: String, type: String, time: String) {
        #expect(ShownTime.text(text, type: type, zone: nil) == time)
    }

    @Test(arguments: [("2024", "DT"), ("20241305", "DT"), ("noon", "TM"), ("19790214", "ST"), ("", "DTM"), ("", "TM")])
    func `what is no time, or as readable already, has no other form`(text: String, type: String) {
        #expect(ShownTime.text(text, type: type, zone: nil) == nil)
    }
}
