import Testing

@testable import MLLP

@Suite struct FrameEncoderTests {
    @Test func `a frame is a start byte, the payload, an end byte and CR`() {
        #expect(FrameEncoder.frame(wire("MSH|1/")) == wire("<MSH|1/>/"))
    }

    @Test(arguments: [
        ("MSH|1/", true), ("MSH|a>b|c<d/", true), ("", false), ("MSH|1>/PID", false), ("MSH|1>\nPID", false),
        ("MSH|1><PID", false), ("MSH|1<MSH|2", false), ("MSH|1<BHS|2", false),
    ])
    func `a payload can be carried if a receiver finds it again`(payload: String, isCarried: Bool) {
        #expect(FrameEncoder.canCarry(wire(payload)) == isCarried)
    }
}
