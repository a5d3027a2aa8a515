import Testing

@testable import wardline

struct JudgedTextTests {
    private func text(_ message: String, width: Int = 80) -> [String] {
        let item = MessageFiles.Item(file: "a.hl7", index: 2, bytes: Array(message.utf8))
        return JudgedText(width: width, isColoured: false).lines(JudgedMessage(item, Sender()))
    }

    private let header = "MSH|^~\\&|LAB7|NORTH|HUB|HIE|20240305101500||ADT^A01^ADT_A01|C1|P|2.5.1\r"

    @Test func `a message without findings is one line`() {
        let body = "EVN||20240305\rPID|1||7^^^GHH^MR||Vale^Iris\rPV1|1|I\r"
        #expect(text(header + body) == ["AA  a.hl7 #2  ADT^A01  2.5.1  C1"])
    }

    @Test func `findings are told worst first, with place, severity and code in columns`() {
        let lines = text(header + "EVN||20240305|||||||||x\rPID|1||7^^^GHH^MR||Vale^Iris||never\rPV1|1|I\r")
        #expect(lines.first == "AE  a.hl7 #2  ADT^A01  2.5.1  C1")
        #expect(lines.dropFirst().first?.hasPrefix("  PID-7.1  error   102  not a time") == true)
        #expect(lines.contains { $0.hasPrefix("  EVN-11   warning 102  ") })
    }

    @Test func `what is found at several places is told once`() {
        let observation = "|NM|1234-5^^LN||1||||||F\r"
        let body = "OBR|1|||1234-5^^LN\r" + (1...20).map { "OBX|x\($0)" + observation }.joined()
        let lines = text(header.replacing("ADT^A01^ADT_A01", with: "ORU^R01^ORU_R01") + body)
        #expect(lines.count { $0.contains(" error   102  ") } == 1)
        #expect(lines.joined().contains("also at OBX[2]-1, OBX[3]-1"))
        #expect(lines.joined().contains("and 7 more"))
        #expect(lines.allSatisfy { $0.count <= 80 })
    }

    @Test func `what is no message is told so`() {
        #expect(text("hello")[0] == "AR  a.hl7 #2")
        #expect(text("hello")[1].hasPrefix("  MSH    error   100  byte 0: no MSH segment"))
    }

    @Test func `many messages have a sum`() {
        var totals = JudgedTotals()
        let sound = header + "EVN||20240305\rPID|1||7^^^GHH^MR||Vale^Iris\rPV1|1|I\r"
        for text in [sound, sound, "hello"] {
            let item = MessageFiles.Item(file: "a.hl7", index: 1, bytes: Array(text.utf8))
            #expect(totals.isClean)
            totals.add(JudgedMessage(item, Sender()))
        }
        #expect("\(totals)" == "3 messages: 2 AA, 1 AR; 1 error")
        #expect(!totals.isClean)
    }
}
