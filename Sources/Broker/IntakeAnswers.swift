import HL7
import HL7Conformance
import Journaling

/// The bytes that answer a message, made before it is stored, so that the journal's thread need not.
struct IntakeAnswers: Sendable {
    private let judgement: Judgement
    private let header: [UInt8]
    /// MSA and ERR of the first answer; kept to be repeated for a duplicate. Empty if none is asked for.
    let stored: [UInt8]
    /// The application answer of enhanced mode, a message of its own.
    let application: OwnMessage?

    struct OwnMessage: Sendable {
        var controlID: String
        var bytes: [UInt8]
    }

    init(_ judgement: Judgement, stamp: AnswerStamp) {
        self.judgement = judgement
        let (first, application) = judgement.answers
        header = judgement.header(stamp.next())
        stored = first.map { judgement.body($0, judgement.sentProblems(with: $0)) } ?? []
        // A query is answered by somebody else.
        self.application =
            judgement.reply == nil || judgement.verdict != .accept
            ? application.map { judgement.ownMessage($0, [], stamp) } : nil
    }

    /// The answer on the connection, and the message that follows it.
    func replies(to appended: Appended) -> (first: [UInt8]?, application: [UInt8]?) {
        switch appended {
        case .stored(_, reusedControlId: false): return (stored.isEmpty ? nil : header + stored, application?.bytes)
        case .stored(_, reusedControlId: true), .held:
            let body = judgement.reused.answer
            return (body.isEmpty ? nil : header + body, application?.bytes)
        case .duplicate(_, let answer):
            // The first one may have asked for no answer.
            let body = answer.isEmpty ? stored : answer
            return (body.isEmpty ? nil : header + body, application?.bytes)
        case .refusedReuse:
            let body = judgement.reused.answer
            return (body.isEmpty ? nil : header + body, nil)
        case .acknowledgement:
            let mode = AcknowledgmentMode(askedByAnswer: judgement.message.header)
            let code = mode.answers(to: .accept, problems: []).first
            return (code.map { header + judgement.body($0, []) }, nil)
        }
    }

    /// What is answered when the journal did not take the message; nil if the sender does not listen for refusals,
    /// so that only closing the connection tells it.
    func notStored() -> [UInt8]? {
        guard judgement.mode.answers(to: .error, problems: []).first != nil else { return nil }
        let problem = Acknowledgment.Problem(code: 207, location: nil, text: "not stored, send again")
        return header + judgement.body(judgement.mode.isEnhanced ? .ce : .ar, [problem])
    }

    /// What is answered to a query that nobody answered.
    func unanswered(_ text: String, stamp: AnswerStamp) -> [UInt8] {
        judgement.ownMessage(.ae, [Acknowledgment.Problem(code: 207, location: nil, text: text)], stamp).bytes
    }
}

extension Judgement {
    /// What is answered and kept if the journal finds the control id used before: an error if the sender's rule refuses
    /// such a message, otherwise a warning with the acceptance.
    var reused: NewEntry.Reused {
        let problem = Acknowledgment.Problem(
            severity: reuse == .refuse ? .error : .warning, code: 205, location: Location(segment: "MSH", field: 10),
            text: "this control id was used before for another message; every message needs its own")
        let verdict = reuse == .refuse ? Verdict.error : verdict
        let code = mode.answers(to: verdict, problems: []).first
        return NewEntry.Reused(
            answer: code.map { body($0, [problem]) } ?? [], findings: FindingsText.encoded(problems + [problem]))
    }

    fileprivate func header(_ stamp: (controlID: String, time: String)) -> [UInt8] {
        Acknowledgment.header(
            answering: message, controlID: stamp.controlID, time: stamp.time, isEnhanced: mode.isEnhanced,
            assuming: assumedVersion)
    }

    fileprivate func body(_ code: Acknowledgment.Code, _ problems: [Acknowledgment.Problem]) -> [UInt8] {
        Acknowledgment(code, problems: problems).body(answering: message, assuming: assumedVersion)
    }

    fileprivate func ownMessage(
        _ code: Acknowledgment.Code, _ problems: [Acknowledgment.Problem], _ stamp: AnswerStamp
    ) -> IntakeAnswers.OwnMessage {
        let next = stamp.next()
        return IntakeAnswers.OwnMessage(controlID: next.controlID, bytes: header(next) + body(code, problems))
    }
}
