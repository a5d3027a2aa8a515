import Testing

@testable import wardline

struct SendPlanTests {
    private static func bytes(_ mode: String = "", id: String = "A1") -> [UInt8] {
        Array(
            "MSH|^~\\&|GHH_ADT|GHH|HUB|RIVERSIDE|2024||ADT^A01|\(id)|P|2.5.1|||\(mode)\rPID|1||7^^^GHH~8||Vale\r".utf8)
    }

    private func plan(_ messages: [[UInt8]], count: Int, run: String? = nil, patients: Int? = nil, connections: Int = 1)
        -> SendPlan
    {
        SendPlan(
            messages: messages, count: count, connections: connections, numbering: .init(run: run, patients: patients))
    }

    @Test func `messages go out byte for byte when nothing is made up`() {
        let plan = plan([Self.bytes(), Self.bytes(id: "B2")], count: 2)
        #expect(plan.message(0).payload == Self.bytes())
        #expect(plan.message(1).payload == Self.bytes(id: "B2"))
        #expect(plan.message(1).controlID.elementsEqual("B2".utf8))
    }

    @Test func `every copy has its own control id and patient, and nothing else changes`() {
        let plan = plan([Self.bytes(id: "LONG-ID")], count: 5, run: "R-", patients: 2)
        for index in 0..<5 {
            let message = plan.message(index)
            let expected = String(decoding: Self.bytes(id: "R-\(index + 1)"), as: UTF8.self)
                .replacing("||7^^^GHH", with: "||P\(index % 2 + 1)^^^GHH")
            #expect(String(decoding: message.payload, as: UTF8.self) == expected)
            #expect(message.controlID.elementsEqual("R-\(index + 1)".utf8))
        }
    }

    @Test func `patients alone leave the control ids as they are`() {
        let message = plan([Self.bytes()], count: 3, patients: 3).message(2)
        #expect(message.controlID.elementsEqual("A1".utf8))
        #expect(String(decoding: message.payload, as: UTF8.self).contains("||P3^^^GHH~8|"))
    }

    @Test func `messages of one patient share a connection`() {
        let plan = plan([Self.bytes()], count: 100, run: "R-", patients: 10, connections: 4)
        for index in 0..<90 { #expect(plan.connection(of: index) == plan.connection(of: index + 10)) }
        #expect(Set((0..<100).map(plan.connection)).count == 4)
    }

    @Test(arguments: [
        ("", true, false), ("AL|NE", true, false), ("AL|AL", true, true), ("NE|AL", true, false),
        ("NE|NE", false, false),
        ("ER|NE", false, true), ("SU|NE", false, true), ("NE", false, false), ("XX|NE", true, false),
    ])
    func `MSH-15 and MSH-16 say whether an answer must come`(mode: String, isAnswered: Bool, mayFollowUp: Bool) {
        let message = plan([Self.bytes(mode)], count: 1).message(0)
        #expect(message.isAnswered == isAnswered)
        #expect(message.mayFollowUp == mayFollowUp)
    }

    @Test func `what is no message is sent as it is`() {
        let plan = plan([Array("PID|1".utf8)], count: 2, run: "R-", patients: 2)
        #expect(plan.message(1).payload == Array("PID|1".utf8))
        #expect(plan.message(1).controlID.isEmpty)
    }

    @Test(arguments: [(nil, 1), (4, 3)] as [(Int?, Int)])
    func `a source hands out every message once`(patients: Int?, connections: Int) {
        let plan = plan([Self.bytes()], count: 50, run: "R-", patients: patients, connections: connections)
        let source = SendSource(plan, isPaced: false)
        var cursors = [Int](repeating: 0, count: connections)
        var seen: [Int] = []
        for connection in 0..<connections {
            while let message = source.next(for: connection, cursor: &cursors[connection]) {
                seen.append(message.index)
            }
            if patients != nil { #expect(source.isExhausted(for: connection, cursor: cursors[connection])) }
        }
        #expect(seen.sorted() == Array(0..<50))
    }

    @Test func `a paced source gives what has been released`() {
        let source = SendSource(plan([Self.bytes()], count: 5, run: "R-"), isPaced: true)
        var cursor = 0
        #expect(source.next(for: 0, cursor: &cursor) == nil)
        source.release(2)
        #expect(source.next(for: 0, cursor: &cursor)?.index == 0)
        #expect(source.next(for: 0, cursor: &cursor)?.index == 1)
        #expect(source.next(for: 0, cursor: &cursor) == nil)
        #expect(!source.isExhausted(for: 0, cursor: cursor))
        source.release(100)
        while source.next(for: 0, cursor: &cursor) != nil {}
        #expect(cursor == 5 && source.isExhausted(for: 0, cursor: cursor))
    }
}

struct AnswerFieldsTests {
    @Test(arguments: [
        ("MSH|^~\\&|A\rMSA|AA|C1\r", "AA", "C1"), ("MSH|^~\\&|A\rMSA|AE|C1|text\rERR||\r", "AE", "C1"),
        ("MSH$%*!@$A\rMSA$CA$C1", "CA", "C1"),
        ("MSH|^~\\&|A\nMSA|AR|1^2\n", "AR", "1^2"), ("MSH|^~\\&|A\r\nMSA|AA\r\n", "AA", ""),
        ("MSH|^~\\&|A\rMSA|AA|\r", "AA", ""),
        ("MSH|^~\\&|MSA|AA|C1\r", "", ""), ("", "", ""), ("MSH|", "", ""), ("MSH|^~\\&|A\rMSAX|AA|C1\r", "", ""),
    ])
    func `MSA-1 and MSA-2 are found with the answer's own separator`(text: String, code: String, id: String) {
        let answer = AnswerFields(Array(text.utf8))
        #expect(String(decoding: answer.code, as: UTF8.self) == code)
        #expect(String(decoding: answer.controlID, as: UTF8.self) == id)
        #expect(answer.isAccept == (code == "AA" || code == "CA"))
    }
}
