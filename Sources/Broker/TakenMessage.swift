import Auditing
import Crypto
import HL7
import Interfaces
import Journaling
import MLLP

/// A judged message with its answers, and as it is to be journaled.
struct TakenMessage: Sendable {
    let judgement: Judgement
    let answers: IntakeAnswers
    let entry: NewEntry
    /// The application acknowledgement, if it goes to an endpoint: an entry of its own, with its delivery.
    let answerEntry: NewEntry?

    init(
        _ judgement: Judgement, _ bytes: [UInt8], _ judge: IntakeJudge, _ connection: ConnectionInfo, _ intake: Intake
    ) {
        self.judgement = judgement
        answers = IntakeAnswers(judgement, stamp: intake.stamp)
        let header = judgement.message.header
        let keys = LaneKeys(of: judgement.message, secret: intake.journal.laneSecret).hashes
        let now = intake.clock.now()
        var event = AuditEvent(
            judgement.eventKind, at: now, actor: judgement.provider ?? connection.peer, provider: judgement.provider,
            listener: connection.listener, type: header.type,
            controlId: String(decoding: header.controlID, as: UTF8.self), patients: keys)
        event.text = judgement.eventText
        let sender =
            judgement.provider
            ?? "\(connection.listener)|\(header.sendingApplication)|\(header.sendingFacility)"
        let entry = NewEntry(
            receivedAt: now, disposition: judgement.disposition, listener: connection.listener,
            provider: judgement.provider, sender: sender, peer: connection.peer, controlId: event.controlId ?? "",
            type: header.type, version: header.version, laneKeys: keys, patients: keys, answer: answers.stored,
            findings: FindingsText.encoded(judgement.problems), configuration: judge.configurationHash, body: bytes,
            bodySHA256: Array(SHA256.hash(data: bytes)), reuse: judgement.reuse,
            whenReused: { judgement.reused },
            duplicateWindow: judge.configuration.broker.duplicateWindow.microseconds,
            answersControlId: judgement.answersControlID, event: event)
        self.entry = entry
        if let endpoint = judgement.ackTo, let answer = answers.application {
            answerEntry = Self.entry(for: answer, to: endpoint, of: entry)
        } else {
            answerEntry = nil
        }
    }

    /// What is journaled: the message, and its application acknowledgement.
    func entries(parent: NewEntry.Parent?, at index: Int = 0) -> [NewEntry] {
        var entry = entry
        entry.parent = parent
        guard var answer = answerEntry else { return [entry] }
        answer.parent = .index(index)
        return [entry, answer]
    }

    private static func entry(
        for answer: IntakeAnswers.OwnMessage, to endpoint: String, of entry: NewEntry
    ) -> NewEntry {
        let type = "ACK" + entry.type.drop { $0 != "^" }
        var event = AuditEvent(
            .acknowledgementMade, at: entry.receivedAt, provider: entry.provider, listener: entry.listener,
            endpoint: endpoint, type: type, controlId: answer.controlID, patients: entry.patients)
        event.text = "application acknowledgement of \(entry.controlId)"
        return NewEntry(
            receivedAt: entry.receivedAt, disposition: .answer, listener: entry.listener, provider: entry.provider,
            sender: entry.sender, peer: entry.peer, controlId: answer.controlID, type: type, version: entry.version,
            laneKeys: entry.laneKeys, patients: entry.patients, configuration: entry.configuration,
            body: answer.bytes, bodySHA256: Array(SHA256.hash(data: answer.bytes)),
            deliveries: [
                NewDelivery(endpoint: endpoint, route: "acknowledgement", configuration: entry.configuration)
            ], event: event)
    }
}

extension Judgement {
    fileprivate var eventKind: AuditEvent.Kind {
        switch disposition {
        case .accepted, .resent, .edited, .query, .answer: .messageReceived
        case .refused: isSenderMismatch ? .senderMismatch : .messageRefused
        case .acknowledgement: .acknowledgementReceived
        case .framingError: .framingError
        case .batch: .batchReceived
        case .heldAtIntake: .messageHeld
        }
    }

    /// The first error with its place, or how many findings there are; of an acknowledgement, what it says.
    fileprivate var eventText: String? {
        if disposition == .acknowledgement { return DeliveryAnswer(of: message)?.text }
        let errors = problems.filter { $0.severity == .error }
        guard let first = errors.first else {
            return problems.isEmpty ? nil : problems.count == 1 ? "1 warning" : "\(problems.count) warnings"
        }
        let place = first.location.map { "\($0): " } ?? ""
        let more = errors.count > 1 ? " (and \(errors.count - 1) more)" : ""
        return "\(first.code) \(place)\(first.text)\(more)"
    }
}
