import HL7
import HL7Conformance
import Interfaces
import Testing

@testable import Broker

@Suite struct AcknowledgmentModeTests {
    struct Row: Sendable, CustomTestStringConvertible {
        /// MSH-15 and MSH-16; `--` is empty, `XX` outside of table 0155.
        var accept: String
        var application: String
        /// What follows on an accepted message, on content errors, on a header that is rejected, and on a protocol
        /// that is not (MSH-9, MSH-11, MSH-12); `-` is silence, `+` a message of its own.
        var answers: [String]

        init(_ text: String) {
            let words = text.split(separator: " ").map(String.init)
            accept = words[0] == "--" ? "" : words[0]
            application = words[1] == "--" ? "" : words[1]
            answers = Array(words[2...])
        }

        var testDescription: String { "MSH-15 \(accept), MSH-16 \(application)" }
    }

    /// Every combination of MSH-15 and MSH-16 with every outcome.
    private static let rows = [
        "-- -- AA AE AR AR", "-- AL AA AE AR AR", "-- NE - - - -", "-- ER - - - -", "-- SU +AA - - -",
        "-- XX AA AE AR AR",
        "AL -- CA CE CE CR", "AL AL CA+AA CE CE CR", "AL NE CA CE CE CR", "AL ER CA CE CE CR", "AL SU CA+AA CE CE CR",
        "AL XX CA+AA CE CE CR", "NE -- - - - -", "NE AL AA AE AR AR", "NE NE - - - -", "NE ER - - - -",
        "NE SU +AA - - -",
        "NE XX AA AE AR AR", "ER -- - CE CE CR", "ER AL +AA CE CE CR", "ER NE - CE CE CR", "ER ER - CE CE CR",
        "ER SU +AA CE CE CR", "ER XX +AA CE CE CR", "SU -- CA - - -", "SU AL CA+AA - - -", "SU NE CA - - -",
        "SU ER CA - - -", "SU SU CA+AA - - -", "SU XX CA+AA - - -", "XX -- CA CE CE CR", "XX AL CA+AA CE CE CR",
        "XX NE CA CE CE CR", "XX ER CA CE CE CR", "XX SU CA+AA CE CE CR", "al xx CA+AA CE CE CR",
    ].map(Row.init)

    @Test(arguments: rows)
    func `MSH-15 and MSH-16 decide who is told what`(row: Row) {
        let mode = AcknowledgmentMode(accept: row.accept, application: row.application)
        func problem(_ field: Int) -> [Acknowledgment.Problem] {
            [Acknowledgment.Problem(code: 200, location: Location(segment: "MSH", field: field), text: "")]
        }
        let outcomes: [(Verdict, [Acknowledgment.Problem])] = [
            (.accept, []), (.error, problem(5)), (.reject, problem(3)), (.reject, problem(9)),
        ]
        let answers = outcomes.map { verdict, problems in
            let (first, application) = mode.answers(to: verdict, problems: problems)
            let text = (first?.rawValue ?? "") + (application.map { "+\($0.rawValue)" } ?? "")
            return text.isEmpty ? "-" : text
        }
        #expect(answers == row.answers)
    }

    @Test(arguments: ["ACK", "MCF", "ORA^R33"])
    func `an answer is answered only if its MSH-15 asks, and never by an application answer`(type: String) throws {
        for (accept, application, code) in [
            ("", "", nil), ("NE", "AL", nil), ("", "AL", nil), ("AL", "AL", "CA"), ("SU", "", "CA"), ("ER", "AL", nil),
        ] as [(String, String, String?)] {
            let message = try Message(
                parsing: Sample.bytes("MSH|^~\\&|A|B|C|D|2026||\(type)|1|P|2.4|||\(accept)|\(application)", "MSA|AA|X"))
            for rule in SenderRule.AckMode.allCases {
                let answers = AcknowledgmentMode(rule, asked: message.header).answers(to: .accept, problems: [])
                #expect(
                    answers.first?.rawValue == code && answers.application == nil, "\(accept) \(application) \(rule)")
            }
        }
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
