import HL7
import Interfaces
import Testing

@testable import Broker

@Suite struct AnswerRulesTests {
    private func endpoint(_ actions: [Acknowledgment.Code: AnswerAction] = [:]) -> Endpoint {
        var endpoint = Endpoint(name: "clinic.inbox", kind: .mllp(host: "127.0.0.1", port: 1, tls: nil))
        endpoint.actions = actions
        return endpoint
    }

    struct Row: Sendable {
        var code: String
        var errors: [String] = []
        var action: AnswerAction
    }

    @Test(arguments: [
        Row(code: "AA", action: .done), Row(code: "CA", action: .done), Row(code: "AE", action: .hold),
        Row(code: "CR", action: .hold), Row(code: "AR", action: .hold), Row(code: "CE", action: .retryThenHold(5)),
        Row(code: "AR", errors: ["ERR||MSH^1^3|207^Application error^HL70357|E"], action: .retry),
        Row(code: "AR", errors: ["ERR|||206|E"], action: .retry),
        Row(code: "AR", errors: ["ERR|||200|E"], action: .hold),
        Row(code: "AR", errors: ["ERR|||101|E", "ERR|||207|E"], action: .retry),
        Row(code: "AR", errors: ["ERR|PID^1^3^206&Locked&HL70357"], action: .retry),
        Row(code: "AR", errors: ["ERR|PID^1^3^101&Missing&HL70357~PID^1^5^207"], action: .retry),
        Row(code: "AE", errors: ["ERR|||207|E"], action: .hold),
    ])
    func `what an answer leads to`(row: Row) {
        var segments = ["MSH|^~\\&|EX|C|WL|EX|20260301||ACK|R1|P|2.5.1", "MSA|\(row.code)|M1"]
        segments += row.errors
        let bytes: [UInt8] = segments.flatMap { (segment: String) -> [UInt8] in Array(segment.utf8) + [0x0D] }
        let answer = DeliveryAnswer(reading: bytes, controlID: Array("M1".utf8))
        #expect(answer.action(at: endpoint()) == row.action)
        #expect(answer.leavesConnectionUsable)
    }

    @Test(arguments: [
        ("MSA|AA|M1\r", DeliveryAnswer.garbage), ("hello", .garbage), ("", .garbage),
        ("MSH|^~\\&|A|B|C|D|1||ACK|1|P|2.5\r", .garbage),
        ("MSH|^~\\&|A|B|C|D|1||ACK|1|P|2.5\rMSA|OK|M1\r", .garbage),
        ("MSH|^~\\&|A|B|C|D|1||ACK|1|P|2.5\rMSA|AA\r", .otherMessage),
        ("MSH|^~\\&|A|B|C|D|1||ACK|1|P|2.5\rMSA|AA|M2\r", .otherMessage),
        ("MSH|^~\\&|A|B|C|D|1||ACK|1|P|2.5\rMSA|AA|M12\r", .otherMessage),
        ("MSH|^~\\&|A|B|C|D|1||ACK|1|P|2.5\rMSA|AA|m1\r", .otherMessage),
    ])
    func `what is no answer to this message is never success`(text: String, answer: DeliveryAnswer) {
        let read = DeliveryAnswer(reading: Array(text.utf8), controlID: Array("M1".utf8))
        #expect(read == answer)
        #expect(read.action(at: endpoint([.aa: .done])) == .retry)
        #expect(!read.leavesConnectionUsable)
    }

    @Test func `no answer is tried again`() { #expect(DeliveryAnswer.none.action(at: endpoint()) == .retry) }

    @Test func `actions of the endpoint come before the defaults, error codes or not`() {
        let endpoint = endpoint([.ae: .done, .ar: .hold, .ce: .retryThenHold(2), .aa: .hold])
        #expect(DeliveryAnswer.code(.ae, errors: []).action(at: endpoint) == .done)
        #expect(DeliveryAnswer.code(.ar, errors: [207]).action(at: endpoint) == .hold)
        #expect(DeliveryAnswer.code(.ce, errors: []).action(at: endpoint) == .retryThenHold(2))
        #expect(DeliveryAnswer.code(.aa, errors: []).action(at: endpoint) == .hold)
        #expect(DeliveryAnswer.code(.ca, errors: []).action(at: endpoint) == .done)
    }
}
