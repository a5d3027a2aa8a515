import HL7
import HL7Conformance
import Testing

@testable import Broker

@Suite struct AcknowledgmentModeTests {
    struct Row: Sendable {
        var accept: String
        var application: String
        /// The first answer and the application answer to an accepted message, and to one in error.
        var accepted: [String?]
        var refused: [String?]
    }

    @Test(arguments: [
        Row(accept: "", application: "", accepted: ["AA", nil], refused: ["AE", nil]),
        Row(accept: "NE", application: "AL", accepted: ["AA", nil], refused: ["AE", nil]),
        Row(accept: "AL", application: "NE", accepted: ["CA", nil], refused: ["CE", nil]),
        Row(accept: "AL", application: "", accepted: ["CA", nil], refused: ["CE", nil]),
        Row(accept: "AL", application: "AL", accepted: ["CA", "AA"], refused: ["CE", nil]),
        Row(accept: "AL", application: "SU", accepted: ["CA", "AA"], refused: ["CE", nil]),
        Row(accept: "AL", application: "ER", accepted: ["CA", nil], refused: ["CE", nil]),
        Row(accept: "ER", application: "AL", accepted: [nil, "AA"], refused: ["CE", nil]),
        Row(accept: "SU", application: "NE", accepted: ["CA", nil], refused: [nil, nil]),
        Row(accept: "NE", application: "NE", accepted: [nil, nil], refused: [nil, nil]),
        Row(accept: "NE", application: "", accepted: [nil, nil], refused: [nil, nil]),
        Row(accept: "", application: "NE", accepted: [nil, nil], refused: [nil, nil]),
        Row(accept: "", application: "AL", accepted: ["AA", nil], refused: ["AE", nil]),
        Row(accept: "XX", application: "NE", accepted: ["CA", nil], refused: ["CE", nil]),
        Row(accept: "al", application: "xx", accepted: ["CA", "AA"], refused: ["CE", nil]),
    ])
    func `MSH-15 and MSH-16 decide who is told what`(row: Row) {
        let mode = AcknowledgmentMode(accept: row.accept, application: row.application)
        let accepted = mode.answers(to: .accept, problems: [])
        #expect([accepted.first?.rawValue, accepted.application?.rawValue] == row.accepted)
        let refused = mode.answers(to: .error, problems: [])
        #expect([refused.first?.rawValue, refused.application?.rawValue] == row.refused)
    }

    @Test(arguments: [
        (9, "CR"), (11, "CR"), (12, "CR"), (3, "CE"), (10, "CE"), (nil as Int?, "CE"),
    ])
    func `a rejection is CR only for MSH-9, MSH-11 and MSH-12`(field: Int?, code: String) {
        let location = field.map { Location(segment: "MSH", field: $0) }
        let problem = Acknowledgment.Problem(code: 207, location: location, text: "")
        #expect(Verdict.reject.commitCode(problems: [problem]).rawValue == code)
        #expect(Verdict.error.commitCode(problems: [problem]) == .ce)
    }

    @Test func `a mere warning about MSH-12 does not make a rejection CR`() {
        let warning = Acknowledgment.Problem(
            severity: .warning, code: 203, location: Location(segment: "MSH", field: 12), text: "")
        #expect(Verdict.reject.commitCode(problems: [warning]) == .ce)
    }

    @Test func `silence answers nothing`() {
        for verdict in [Verdict.accept, .error, .reject] {
            let answers = AcknowledgmentMode.silent.answers(to: verdict, problems: [])
            #expect(answers.first == nil && answers.application == nil)
        }
    }
}
