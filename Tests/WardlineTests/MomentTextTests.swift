import Foundation
import Testing

@testable import wardline

struct MomentTextTests {
    private let now = Date(timeIntervalSince1970: 1_772_698_500)  // 2026-03-05T08:15:00Z

    @Test(arguments: [
        ("2026-03-05T08:15:09.500Z", "08:15:09", "08:15:09, in 10 s"),
        ("2026-03-05T09:15:00.000Z", "09:15:00", "09:15:00, in 60 min"),
        ("2026-03-05T08:14:59.000Z", "08:14:59", "08:14:59"),
        ("2026-03-06T08:15:00.000Z", "2026-03-06 08:15:00", "2026-03-06 08:15:00, in 24 h"),
    ])
    func `a time of today has no date, and one to come says how long until then`(
        _ time: String, _ text: String, _ next: String
    ) {
        #expect(MomentText.text(time, now: now) == text)
        #expect(MomentText.next(time, now: now) == next)
    }
}
