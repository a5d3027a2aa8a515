import HL7
import HL7Conformance
import Journaling

/// The bytes that answer a message.
struct IntakeAnswers: Sendable {
    private let message: Message
    private let mode: AcknowledgmentMode
    /// The code of the answer on the connection; nil if none is asked for.
    private let firstCode: Acknowledgment.Code?
    private let application: Acknowledgment.Code?
    /// MSA and ERR of the first answer; kept to be repeated for a duplicate.
    let stored: [UInt8]

    init(_ judgement: Judgement) {
        message = judgement.message
        mode = judgement.mode
        (firstCode, application) = judgement.answers
        stored =
            firstCode.map {
                Acknowledgment($0, problems: judgement.sentProblems(with: $0)).body(answering: judgement.message)
            } ?? []
    }

    private var isEnhanced: Bool { if case .enhanced = mode { true } else { false } }

    /// The answer on the connection, and the message that follows it.
    func replies(to appended: Appended, stamp: AnswerStamp) -> (first: [UInt8]?, application: [UInt8]?) {
        let body: [UInt8]
        switch appended {
        case .stored, .held: body = stored
        // The first one may have asked for no answer.
        case .duplicate(_, let answer): body = answer.isEmpty ? stored : answer
        case .refusedReuse:
            guard firstCode != nil else { return (nil, nil) }
            let problem = Acknowledgment.Problem(
                code: 205, location: Location(segment: "MSH", field: 10),
                text: "this control id was used before for another message; every message needs its own")
            body = Acknowledgment(isEnhanced ? .ce : .ae, problems: [problem]).body(answering: message)
        }
        let first = body.isEmpty ? nil : header(stamp) + body
        guard let application else { return (first, nil) }
        switch appended {
        case .stored, .held: return (first, header(stamp) + Acknowledgment(application).body(answering: message))
        case .duplicate, .refusedReuse: return (first, nil)
        }
    }

    /// What is answered when the journal did not take the message; nil if the sender does not listen for refusals,
    /// so that only closing the connection tells it.
    func notStored(stamp: AnswerStamp) -> [UInt8]? {
        guard mode.answers(to: .error, problems: []).first != nil else { return nil }
        let problem = Acknowledgment.Problem(code: 207, location: nil, text: "not stored, send again")
        return header(stamp) + Acknowledgment(isEnhanced ? .ce : .ar, problems: [problem]).body(answering: message)
    }

    private func header(_ stamp: AnswerStamp) -> [UInt8] {
        let (controlID, time) = stamp.next()
        return Acknowledgment.header(answering: message, controlID: controlID, time: time, isEnhanced: isEnhanced)
    }
}

/// The answer to a batch: a batch of answers.
///
///     BHS|^~\&|receiver|…|sender|…|time||||id|original id
///     MSH|… MSA|…      each answer
///     BTS|count
enum BatchAnswer {
    static func encoded(_ replies: [[UInt8]], to bytes: [UInt8], _ batch: Batch, stamp: AnswerStamp) -> [UInt8] {
        let (controlID, time) = stamp.next()
        let headers = batch.envelope.map { bytes[$0] }
        let header = headers.first { $0.starts(with: "BHS".utf8) } ?? headers.first ?? []
        let separator = header.count > 3 ? header[header.startIndex + 3] : Delimiters.standard.field
        let fields = header.split(separator: separator, omittingEmptySubsequences: false)
        func field(_ number: Int) -> [UInt8] { fields.count > number - 1 ? Array(fields[number - 1]) : [] }
        let encoding = field(2).isEmpty ? Delimiters.standard.encodingCharacters : field(2)
        let parts: [[UInt8]] = [
            Array("BHS".utf8), encoding, field(5), field(6), field(3), field(4), Array(time.utf8), [], [], [],
            Array(controlID.utf8), field(11),
        ]
        let trailer = Array("BTS".utf8) + [separator] + Array("\(replies.count)".utf8) + [0x0D]
        return Array(parts.joined(separator: [separator])) + [0x0D] + replies.joined() + trailer
    }
}
