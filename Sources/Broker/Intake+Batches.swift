import Auditing
import Crypto
import HL7
import HL7Conformance
import Journaling
import MLLP

/// A batch is one entry, and each of its messages another with a result of its own; the answer is a batch too
/// (HL7 2.5.1 §2.10.3.3).
extension Intake {
    /// Messages in a batch: they are stored and answered together.
    private static let batchMessagesMax = 10_000

    /// A message of a batch.
    private enum Member: Sendable {
        case taken(TakenMessage)
        /// It cannot be read: it is refused, and answered without a control id.
        case unreadable(NewEntry, text: String)

        func entries(at index: Int) -> [NewEntry] {
            switch self {
            case .taken(let taken): return taken.entries(parent: .index(0), at: index)
            case .unreadable(var entry, _):
                entry.parent = .index(0)
                return [entry]
            }
        }
    }

    func takeBatch(_ bytes: [UInt8], from connection: IntakeConnection, answer: Answer) {
        let batch = Batch(bytes)
        guard batch.messages.count <= Self.batchMessagesMax else {
            let text = "a batch of \(batch.messages.count) messages; send at most \(Self.batchMessagesMax) in one"
            return takeUnreadable(bytes, text: text, from: connection, answer: answer)
        }
        if batch.messages.isEmpty, let stray = batch.strayLines.first {
            let text = "no message in the batch: the line at byte \(stray.lowerBound) is none"
            return takeUnreadable(bytes, text: text, from: connection, answer: answer)
        }
        connection.sawMessage()
        let judge = currentJudge
        var entries = [batchEntry(bytes, batch, judge, connection.info)]
        // With the place of each first entry.
        var members: [(index: Int, member: Member)] = []
        for (range, problems) in zip(batch.messages, batch.problems(in: bytes)) {
            let member = member(Array(bytes[range]), problems, judge, connection)
            members.append((entries.count, member))
            entries += member.entries(at: entries.count)
        }
        let decided = members
        // TRANSACTION 1
        store(entries) { result in
            let replies: [[[UInt8]]]
            switch result {
            case .success(let appended):
                replies = decided.map { index, member in self.replies(to: member, appended[index...]) }
                answer.send(self.batchAnswer(replies, to: batch, bytes))
            case .failure(let error):
                replies = decided.map { _, member in
                    guard case .taken(let taken) = member else { return [] }
                    return taken.answers.notStored().map { [$0] } ?? []
                }
                self.refuse([self.batchAnswer(replies, to: batch, bytes)], because: error, answer)
            }
        }
    }

    private func member(
        _ bytes: [UInt8], _ problems: [Acknowledgment.Problem], _ judge: IntakeJudge, _ connection: IntakeConnection
    ) -> Member {
        do throws(ParseError) {
            var judgement = try judge.judge(
                bytes, from: connection.info, senders: connection.senders, batchProblems: problems)
            judgement.refuseQuery()
            return .taken(TakenMessage(judgement, bytes, judge, connection.info, self))
        } catch {
            var entry = framingError(bytes, error.description, connection.info)
            entry.disposition = .refused
            entry.event.kind = .messageRefused
            return .unreadable(entry, text: error.description)
        }
    }

    /// The answers to one message of a batch, which is also published.
    private func replies(to member: Member, _ appended: ArraySlice<Appended>) -> [[UInt8]] {
        switch member {
        case .unreadable(_, let text): return [unreadableReply(text)]
        case .taken(let taken):
            publish(taken, appended)
            guard let first = appended.first else { return [] }
            let replies = taken.answers.replies(to: first)
            return [replies.first, taken.judgement.ackTo == nil ? replies.application : nil].compactMap { $0 }
        }
    }

    private func batchAnswer(_ replies: [[[UInt8]]], to batch: Batch, _ bytes: [UInt8]) -> [UInt8] {
        BatchAcknowledgment(answering: batch, in: bytes, time: stamp.next().time)
            .encoded(replies) { stamp.next().controlID }
    }

    private func batchEntry(
        _ bytes: [UInt8], _ batch: Batch, _ judge: IntakeJudge, _ connection: ConnectionInfo
    ) -> NewEntry {
        let now = clock.now()
        let findings = Validator().findings(in: batch, of: bytes).map(Acknowledgment.Problem.init)
        let mismatches = batch.countMismatches(in: bytes).map { "; \($0.text)" }.joined()
        return NewEntry(
            receivedAt: now, disposition: .batch, listener: connection.listener,
            sender: "\(connection.listener)||", peer: connection.peer, controlId: "", type: "BATCH",
            findings: FindingsText.encoded(findings), configuration: judge.configurationHash, body: bytes,
            bodySHA256: Array(SHA256.hash(data: bytes)),
            event: AuditEvent(
                .batchReceived, at: now, actor: connection.peer, listener: connection.listener,
                text: "\(batch.messages.count) messages\(mismatches)"))
    }
}
