import HL7
import HL7Conformance
import Interfaces
import Journaling
import MLLP
import Testing

@testable import Broker

@Suite struct IntakeJudgeTests {
    private func judge(
        _ bytes: [UInt8], listener: String = "lab", certificates: [String] = [], sends: String = "",
        changes: [String: String] = [:]
    ) throws -> Judgement {
        var changes = changes
        if !sends.isEmpty {
            changes["providers/hospital.yaml"] = """
                provider: hospital
                sends:
                  - { as: { application: HIS, facility: GH }, \(sends) }
                """
        }
        let judge = IntakeJudge(configuration: try TestFolder.configuration(changes))
        let connection = ConnectionInfo(
            id: 1, listener: listener, peer: "127.0.0.1", peerPort: 1, isLoopback: true, localPort: 2,
            isTLS: !certificates.isEmpty, certificateNames: certificates)
        return try judge.judge(bytes, from: connection)
    }

    /// A message with an error in its content: no PID-5, which every version requires.
    private var faulty: [UInt8] { Sample.admission("M1").replacing("EVERYWOMAN^EVE", "") }

    @Test func `a message of a known sender is accepted in its name`() throws {
        let judgement = try judge(Sample.admission("M1"))
        #expect(judgement.provider == "hospital")
        #expect(judgement.disposition == .accepted)
        #expect(judgement.verdict == .accept)
        #expect(judgement.mode == .original)
    }

    struct Refusal: Sendable {
        var message: [UInt8]
        var sends = ""
        var code: Int
        var field: Int
    }

    @Test(arguments: [
        Refusal(message: Sample.admission("M1", header: "OTHER|GH"), code: 207, field: 3),
        Refusal(message: Sample.admission("M1", header: "|"), code: 207, field: 3),
        Refusal(message: Sample.admission("M1"), sends: "messages: [ORU]", code: 200, field: 9),
        Refusal(message: Sample.admission("M1"), sends: "messages: [ADT^A08]", code: 200, field: 9),
        Refusal(message: Sample.admission("M1", type: "QBP^Q22^QBP_Q21"), code: 200, field: 9),
        Refusal(message: Sample.admission("M1", type: "QRY^A19"), code: 200, field: 9),
        Refusal(message: Sample.admission("M1", type: "VXQ^V01"), code: 200, field: 9),
        Refusal(message: Sample.admission("M1", processing: "T"), code: 202, field: 11),
        Refusal(message: Sample.admission("M1", processing: "P"), sends: "processing: [T]", code: 202, field: 11),
        Refusal(message: Sample.admission("M1", version: "3.0"), code: 203, field: 12),
    ])
    func `problems of the header are rejected, with their code and place`(refusal: Refusal) throws {
        let judgement = try judge(refusal.message, sends: refusal.sends)
        #expect(judgement.disposition == .refused)
        #expect(judgement.verdict == .reject)
        #expect(
            judgement.problems.contains {
                $0.code == refusal.code && $0.location?.segment == "MSH" && $0.location?.field == refusal.field
            }, "\(judgement.problems)")
    }

    @Test func `what the sender's rule allows is taken`() throws {
        #expect(try judge(Sample.admission("M1"), sends: "messages: [ORU, ADT]").verdict == .accept)
        #expect(try judge(Sample.admission("M1"), sends: "messages: [ADT^A01]").verdict == .accept)
        #expect(try judge(Sample.admission("M1", processing: "T"), sends: "processing: [P, T]").verdict == .accept)
        #expect(
            try judge(Sample.admission("M1", processing: ""), sends: "assume: { processingId: P }").verdict == .accept)
        #expect(
            try judge(Sample.admission("M1", version: ""), sends: "assume: { version: \"2.5.1\" }").verdict == .accept)
    }

    @Test(arguments: [
        ("forward", Disposition.accepted, Verdict.accept), ("hold", .heldAtIntake, .accept),
        ("refuse", .refused, .error),
    ])
    func `errors in the content lead to what the sender's rule says`(
        onError: String, disposition: Disposition, verdict: Verdict
    ) throws {
        let judgement = try judge(faulty, sends: "onError: \(onError)")
        #expect(judgement.problems.contains { $0.severity == .error })
        #expect(judgement.disposition == disposition)
        #expect(judgement.verdict == verdict)
    }

    @Test(arguments: ["forward", "hold", "refuse"])
    func `a second patient is refused whatever the rule says`(onError: String) throws {
        let message = Sample.admission("M1") + Sample.bytes("PID|2||P2^^^GH^MR||OTHER^ONE")
        let judgement = try judge(message, sends: "onError: \(onError)")
        #expect(judgement.disposition == .refused)
        #expect(judgement.verdict == .error)
    }

    @Test func `a listener that accepts anyone takes strangers, but no errors`() throws {
        let stranger = try judge(Sample.admission("M1", header: "OTHER|X"), listener: "bench")
        #expect(stranger.provider == nil)
        #expect(stranger.disposition == .accepted)
        #expect(try judge(faulty.replacing("HIS|GH", "OTHER|X"), listener: "bench").disposition == .refused)
        #expect(try judge(Sample.admission("M1"), listener: "bench").provider == "hospital")
    }

    @Test func `a certificate binds its connection to its provider`() throws {
        let changes = [
            "broker.yaml": """
            broker: riverside
            listeners:
              lab: { bind: "127.0.0.1:0", tls: { certificate: broker.pem, key: broker.key, clients: ca.pem } }
            """,
            "providers/hospital.yaml": """
            provider: hospital
            sends:
              - { as: { application: HIS, facility: GH }, certificate: [hospital.example] }
            """,
        ]
        let mismatch = try judge(
            Sample.admission("M1", header: "OTHER|GH"), certificates: ["hospital.example"], changes: changes)
        #expect(mismatch.disposition == .refused)
        #expect(mismatch.isSenderMismatch)
        let unproved = try judge(Sample.admission("M1"), changes: changes)
        #expect(unproved.disposition == .refused)
        #expect(!unproved.isSenderMismatch)
        let proved = try judge(Sample.admission("M1"), certificates: ["HOSPITAL.example"], changes: changes)
        #expect(proved.provider == "hospital")
    }

    @Test func `an acknowledgement is kept and answered only if it asks`() throws {
        let silent = try judge(Sample.answer("AA", to: "X").replacing("EX|C", "HIS|GH"))
        #expect(silent.disposition == .acknowledgement)
        #expect(silent.mode == .silent)
        let asking = try judge(
            Sample.answer("AA", to: "X").replacing("EX|C", "HIS|GH").replacing("|P|2.5.1", "|P|2.5.1|||AL|NE"))
        #expect(asking.answers.first == .ca)
        #expect(asking.answers.application == nil)
    }

    @Test(arguments: ["", "ack: { mode: original }", "ack: { mode: enhanced }"])
    func `an acknowledgement of a stranger or under any mode is not answered either`(ack: String) throws {
        #expect(try judge(Sample.answer("AA", to: "X"), sends: ack).answers.first == nil)
        #expect(try judge(Sample.answer("AA", to: "X").replacing("EX|C", "HIS|GH"), sends: ack).answers.first == nil)
    }

    @Test(arguments: [
        ("auto", "", "AA", nil as String?), ("auto", "AL|NE", "CA", nil), ("auto", "AL|AL", "CA", "AA"),
        ("original", "AL|AL", "AA", nil), ("enhanced", "", "CA", nil), ("enhanced", "NE|AL", "CA", "AA"),
        ("none", "", nil, nil), ("none", "AL|AL", nil, nil),
    ])
    func `the rule's acknowledgement mode comes before what the message asks`(
        mode: String, asks: String, code: String?, application: String?
    ) throws {
        let judgement = try judge(Sample.admission("M1", ack: asks), sends: "ack: { mode: \(mode) }")
        #expect(judgement.answers.first?.rawValue == code)
        #expect(judgement.answers.application?.rawValue == application)
    }

    @Test func `a query goes to the first route that replies to it`() throws {
        let changes = [
            "routes/all.yaml": "route: all\nto: [clinic.inbox]",
            "routes/questions.yaml": "route: questions\nwhen: MSH-9.2 = \"Q22\"\nreply: clinic.inbox",
        ]
        let query = try judge(Sample.query("Q1"), changes: changes)
        #expect(query.disposition == .query)
        #expect(query.reply == Judgement.Reply(route: "questions", endpoint: "clinic.inbox"))
        let other = try judge(Sample.query("Q1", type: "QBP^Q21^QBP_Q21"), changes: changes)
        #expect(other.disposition == .refused && other.problems.first?.code == 200)
        #expect(try judge(Sample.admission("M1"), changes: changes).disposition == .accepted)
    }

    @Test func `a message with MSA says which one it may answer`() throws {
        #expect(try judge(Sample.orderResponse("R1", to: "M7")).answersControlID == "M7")
        #expect(try judge(Sample.admission("M1")).answersControlID == nil)
    }

    @Test func `a sender is looked for once a connection, until the configuration changes`() throws {
        let senders = SenderCache()
        let connection = ConnectionInfo(
            id: 1, listener: "lab", peer: "127.0.0.1", peerPort: 1, isLoopback: true, localPort: 2)
        let judge = IntakeJudge(configuration: try TestFolder.configuration())
        let message = try Message(parsing: Sample.admission("M1"))
        var searches = 0
        func find(_ judge: IntakeJudge, _ message: Message) -> String? {
            senders.sender(of: message, for: judge) {
                searches += 1
                return IntakeSender(provider: "P\(searches)", rule: .anyone, validator: Validator(processingIDs: ["P"]))
            }.provider
        }
        #expect((1...3).map { _ in find(judge, message) } == ["P1", "P1", "P1"])
        #expect(try find(judge, Message(parsing: Sample.admission("M2", header: "HIS|OTHER"))) == "P2")
        #expect(find(judge, message) == "P1")
        let next = IntakeJudge(configuration: try TestFolder.configuration())
        #expect(find(next, message) == "P3")
        #expect(
            try judge.judge(Sample.admission("M1", header: "X|Y"), from: connection, senders: senders).provider == nil)
        #expect(
            try judge.judge(Sample.admission("M1"), from: connection, senders: senders).provider == "hospital")
    }

    @Test func `names that are not ASCII are never mistaken for each other`() throws {
        let senders = SenderCache()
        let judge = IntakeJudge(configuration: try TestFolder.configuration())
        var searches = 0
        for _ in 0..<2 {
            let message = try Message(parsing: Sample.admission("M1", header: "HÔP|GH"))
            _ = senders.sender(of: message, for: judge) {
                searches += 1
                return IntakeSender(provider: nil, rule: .anyone, validator: Validator(processingIDs: ["P"]))
            }
        }
        #expect(searches == 2)
    }

    @Test func `the sender's character set counts where MSH-18 is silent`() throws {
        let silent = Sample.admission("M1").replacing("EVERYWOMAN", [0x4D, 0xDC, 0x4C, 0x4C])  // MÜLL
        #expect(try judge(silent, sends: "charset: windows-1252").message["PID-5.1"] == "MÜLL")
        #expect(try judge(silent, sends: "charset: windows-1252").problems.isEmpty)
        #expect(try judge(silent).problems.map { $0.location?.field } == [18])
        let declared = Sample.admission("M1", charset: "UNICODE UTF-8", family: "MÜLL")
        #expect(try judge(declared, sends: "charset: windows-1252").message["PID-5.1"] == "MÜLL")
    }

    @Test(arguments: [("accept", ReusePolicy.accept), ("hold", .hold), ("refuse", .refuse)])
    func `a control id used again is treated as the rule says`(policy: String, expected: ReusePolicy) throws {
        #expect(try judge(Sample.admission("M1"), sends: "duplicateId: \(policy)").reuse == expected)
    }

    @Test func `the listener's limits hold, not only the broker's`() throws {
        let changes = [
            "broker.yaml": """
            broker: riverside
            listeners:
              lab: { bind: "127.0.0.1:0", tls: off, limits: { segments: 3 } }
            """
        ]
        #expect(throws: ParseError.self) { try judge(Sample.admission("M1"), changes: changes) }
    }

    @Test func `more patient identifiers than can be kept in order are refused`() throws {
        let many = (0...LaneKeys.identitiesMax).map { "X\($0)" }.joined(separator: "~")
        let judgement = try judge(Sample.admission("M1", patient: many))
        #expect(judgement.disposition == .refused)
        #expect(judgement.problems.first?.code == 207)
        let fewer = (0..<LaneKeys.identitiesMax).map { "X\($0)" }.joined(separator: "~")
        #expect(try judge(Sample.admission("M1", patient: fewer)).disposition == .accepted)
    }
}

extension [UInt8] {
    /// With every occurrence of a text replaced.
    func replacing(_ old: String, _ new: String) -> [UInt8] { replacing(old, Array(new.utf8)) }

    func replacing(_ old: String, _ new: [UInt8]) -> [UInt8] {
        let old = Array(old.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < count {
            if self[position...].starts(with: old) {
                result += new
                position += old.count
            } else {
                result.append(self[position])
                position += 1
            }
        }
        return result
    }
}
