import HL7
import Testing

@testable import Broker

@Suite struct FollowUpsTests {
    private func id(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test(arguments: ["AA", "AE", "AR"])
    func `the application acknowledgement of an earlier message is told apart, once`(code: String) {
        let followUps = FollowUps()
        followUps.expect(id("M1"))
        let late = Sample.answer(code, to: "M1")
        #expect(followUps.isFollowUp(late, current: id("M2")))
        #expect(followUps.take(late))
        #expect(!followUps.isFollowUp(late, current: id("M2")))
        #expect(!followUps.take(late))
    }

    @Test func `anything else is no follow-up`() {
        let followUps = FollowUps()
        followUps.expect(id("M1"))
        #expect(!followUps.isFollowUp(Sample.answer("AA", to: "M1"), current: id("M1")))
        #expect(!followUps.isFollowUp(Sample.answer("CA", to: "M1"), current: id("M2")))
        #expect(!followUps.isFollowUp(Sample.answer("AA", to: "M3"), current: id("M2")))
        #expect(!followUps.isFollowUp([1, 2, 3], current: id("M2")))
        #expect(!followUps.isFollowUp(Sample.admission("M1"), current: id("M2")))
        followUps.forget(id("M1"))
        #expect(!followUps.isFollowUp(Sample.answer("AA", to: "M1"), current: id("M2")))
    }

    @Test func `those that never come are forgotten, the oldest first`() {
        let followUps = FollowUps()
        for number in 0..<10_000 { followUps.expect(id("M\(number)")) }
        #expect(!followUps.take(Sample.answer("AA", to: "M0")))
        #expect(followUps.take(Sample.answer("AA", to: "M9999")))
    }
}
