import Auditing
import Crypto
import Dispatch
import HL7
import HL7Conformance
package import Interfaces
package import Journaling
package import Logging
package import MLLP
import Synchronization

/// Takes frames in: the only place that decides an acknowledgement.
///
///     frame → Message → judgement → journal.append → answer
///                                    TRANSACTION 1: entry, body, event
///
/// Runs on the connection's event loop. Long frames and batches go to one of two threads, and what follows them on
/// the same connection goes after them, so that seqs keep the order of each connection.
package final class Intake: FrameHandler {
    private let journal: any Journal
    private let clock: Clock
    private let stamp: AnswerStamp
    private let log: Logger
    /// What is accepted goes here, in seq order.
    private let inbox: PipelineInbox
    private let events: Signal
    private let judge: Mutex<IntakeJudge>
    private let connections = Mutex<[UInt64: ConnectionState]>([:])
    private let longWork = [0, 1].map { DispatchQueue(label: "wardline.intake.\($0)") }

    private struct ConnectionState {
        /// Frames without a readable header, in a row.
        var unreadable = 0
        /// Frames waiting for a thread.
        var waiting = 0
    }

    /// Frames longer than this leave the event loop.
    private static let inlineBytesMax = 64 << 10
    /// After so many unreadable frames in a row the connection is closed.
    private static let unreadableMax = 3
    /// Messages in a batch: they are stored and answered together.
    private static let batchMessagesMax = 10_000

    package init(
        journal: any Journal, configuration: Configuration, inbox: PipelineInbox, events: Signal, clock: Clock,
        log: Logger
    ) {
        self.journal = journal
        self.clock = clock
        self.inbox = inbox
        self.events = events
        self.log = log
        stamp = AnswerStamp(clock: clock)
        judge = Mutex(IntakeJudge(configuration: configuration))
    }

    /// Judges by another configuration from the next frame on.
    package func use(_ configuration: Configuration) {
        judge.withLock { $0 = IntakeJudge(configuration: configuration) }
    }

    // MARK: Frames

    package func received(_ frame: Frame, from connection: ConnectionInfo, answer: Answer) {
        let isLong =
            switch frame {
            case .message(let bytes): bytes.count > Self.inlineBytesMax || Self.isBatch(bytes)
            case .empty, .overlong, .broken: false
            }
        let mustWait = connections.withLock { connections in
            let waiting = connections[connection.id]?.waiting ?? 0
            guard isLong || waiting > 0 else { return false }
            connections[connection.id]?.waiting = waiting + 1
            return true
        }
        guard mustWait else { return take(frame, from: connection, answer: answer) }
        longWork[Int(connection.id % 2)].async {
            self.take(frame, from: connection, answer: answer)
            self.connections.withLock { $0[connection.id]?.waiting -= 1 }
        }
    }

    package func connectionOpened(_ connection: ConnectionInfo) {
        connections.withLock { $0[connection.id] = ConnectionState() }
    }

    package func skipped(_ bytes: Int, from connection: ConnectionInfo) { journal.count(.skippedByte, by: bytes) }

    package func connectionClosed(_ connection: ConnectionInfo, reason: CloseReason) {
        connections.withLock { _ = $0.removeValue(forKey: connection.id) }
        log.debug("connection closed", metadata: ["peer": "\(connection.peer)", "reason": "\(reason)"])
    }

    package func connectionRefused(peer: String, listener: String, reason: RefusalReason) {
        journal.count(.connectionRefused, by: 1)
        log.warning(
            "connection refused", metadata: ["peer": "\(peer)", "listener": "\(listener)", "reason": "\(reason)"])
    }

    private func take(_ frame: Frame, from connection: ConnectionInfo, answer: Answer) {
        switch frame {
        case .empty:
            journal.count(.emptyFrame, by: 1)
            answer.none()
        case .message(let bytes) where Self.isBatch(bytes): takeBatch(bytes, from: connection, answer: answer)
        case .message(let bytes):
            do throws(ParseError) {
                let judge = judge.withLock { $0 }
                let judgement = try judge.judge(bytes, from: connection)
                takeMessage(judgement, bytes, judge.configuration, from: connection, answer: answer)
            } catch {
                takeUnreadable(bytes, text: error.description, from: connection, answer: answer)
            }
        case .overlong(let start, let length):
            takeOverlong(start, length: length, from: connection, answer: answer)
        case .broken(let start, let error):
            store(framingError(start, "frame \(error.code.rawValue)", connection)) { _ in answer.none() }
        }
    }

    private static func isBatch(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: Array("FHS".utf8)) || bytes.starts(with: Array("BHS".utf8))
    }

    // MARK: One message

    private func takeMessage(
        _ judgement: Judgement, _ bytes: [UInt8], _ configuration: Configuration, from connection: ConnectionInfo,
        answer: Answer
    ) {
        connections.withLock { $0[connection.id]?.unreadable = 0 }
        let answers = IntakeAnswers(judgement)
        let entry = entry(judgement, bytes, configuration, answers, connection)
        store(entry) { result in
            switch result {
            case .success(let appended):
                self.publish(appended, judgement, entry)
                let replies = answers.replies(to: appended, stamp: self.stamp)
                answer.send(replies.first.map { [$0] } ?? [])
                if let application = replies.application { answer.follow(with: [application]) }
            case .failure(let error):
                self.refuse([answers.notStored(stamp: self.stamp)], because: error, answer)
            }
        }
    }

    /// Says that nothing was stored. A full queue passes; a journal that is lost does not, nor does a sender that
    /// hears no refusals learn of it otherwise.
    private func refuse(_ replies: [[UInt8]?], because error: JournalError, _ answer: Answer) {
        let replies = replies.compactMap { $0 }
        if error.code == .full, !replies.isEmpty { answer.send(replies) } else { answer.close(after: replies) }
    }

    private func entry(
        _ judgement: Judgement, _ bytes: [UInt8], _ configuration: Configuration, _ answers: IntakeAnswers,
        _ connection: ConnectionInfo
    ) -> NewEntry {
        let header = judgement.message.header
        let keys = LaneKeys(of: judgement.message, secret: journal.laneSecret).hashes
        let controlID = String(decoding: header.controlID, as: UTF8.self)
        let now = clock.now()
        var event = AuditEvent(
            judgement.eventKind, at: now, actor: judgement.provider ?? connection.peer, provider: judgement.provider,
            listener: connection.listener, type: header.type, controlId: controlID, patients: keys)
        event.text = judgement.eventText
        let sender =
            judgement.provider
            ?? "\(connection.listener)|\(header.sendingApplication)|\(header.sendingFacility)"
        return NewEntry(
            receivedAt: now, disposition: judgement.disposition, listener: connection.listener,
            provider: judgement.provider, sender: sender, peer: connection.peer, controlId: controlID,
            type: header.type, version: header.version, laneKeys: keys, patients: keys, answer: answers.stored,
            findings: FindingsText.encoded(judgement.problems), configuration: configuration.hashBytes, body: bytes,
            bodySHA256: Array(SHA256.hash(data: bytes)), reuse: judgement.reuse,
            duplicateWindow: configuration.broker.duplicateWindow.microseconds, event: event)
    }

    /// Tells the pipeline and whoever watches.
    private func publish(_ appended: Appended, _ judgement: Judgement, _ entry: NewEntry) {
        if case .stored(let seq, _) = appended, judgement.disposition == .accepted {
            inbox.push(
                PipelineInbox.Item(
                    seq: seq, message: judgement.message, provider: judgement.provider, laneKeys: entry.laneKeys))
        }
        events.fire()
    }

    private func store(
        _ entry: NewEntry, _ completion: @escaping @Sendable (Result<Appended, JournalError>) -> Void
    ) {
        // TRANSACTION 1
        journal.append([entry]) { result in
            switch result {
            case .success(let appended): completion(appended.first.map { .success($0) } ?? .failure(.noResult))
            case .failure(let error):
                self.log.error("not stored", metadata: ["error": "\(error)"])
                self.events.fire()
                completion(.failure(error))
            }
        }
    }

    // MARK: What is no message

    private func takeUnreadable(_ bytes: [UInt8], text: String, from connection: ConnectionInfo, answer: Answer) {
        let count = connections.withLock { connections in
            // It may be closed already, if a thread does this.
            connections[connection.id]?.unreadable += 1
            return connections[connection.id]?.unreadable ?? 1
        }
        store(framingError(bytes, text, connection)) { result in
            guard case .success = result else { return answer.close() }
            let (controlID, time) = self.stamp.next()
            let reply = Acknowledgment.unreadable(controlID: controlID, time: time, text: text)
            if count >= Self.unreadableMax { answer.close(after: [reply]) } else { answer.send(reply) }
        }
    }

    private func takeOverlong(_ start: [UInt8], length: Int, from connection: ConnectionInfo, answer: Answer) {
        let text = "the message has \(length) bytes, more than this listener takes; send it in parts"
        // The start may hold the header or not; if not, the frame is as unreadable as any other.
        guard let message = try? Message(parsing: start) else {
            return takeUnreadable(start, text: text, from: connection, answer: answer)
        }
        let header = message.header
        let judgement = Judgement(
            message: message, provider: nil, disposition: .refused, verdict: .reject,
            problems: [Acknowledgment.Problem(code: 207, location: nil, text: text)],
            mode: AcknowledgmentMode(
                accept: header.acceptAcknowledgment, application: header.applicationAcknowledgment),
            reuse: .accept)
        takeMessage(judgement, start, judge.withLock(\.configuration), from: connection, answer: answer)
    }

    private func framingError(_ bytes: [UInt8], _ text: String, _ connection: ConnectionInfo) -> NewEntry {
        let now = clock.now()
        return NewEntry(
            receivedAt: now, disposition: .framingError, listener: connection.listener,
            sender: "\(connection.listener)||", peer: connection.peer, controlId: "", type: "", body: bytes,
            bodySHA256: Array(SHA256.hash(data: bytes)),
            event: AuditEvent(
                .framingError, at: now, actor: connection.peer, listener: connection.listener, text: text))
    }

    // MARK: Batches

    /// A batch is one entry, and each of its messages another with a result of its own; the answer is a batch too
    /// (HL7 2.5.1 §2.10.3.3).
    private func takeBatch(_ bytes: [UInt8], from connection: ConnectionInfo, answer: Answer) {
        let batch = Batch(bytes)
        guard batch.messages.count <= Self.batchMessagesMax else {
            let text = "a batch of \(batch.messages.count) messages; send at most \(Self.batchMessagesMax) in one"
            return takeUnreadable(bytes, text: text, from: connection, answer: answer)
        }
        let judge = judge.withLock { $0 }
        var entries = [batchEntry(bytes, batch, judge.configuration, connection)]
        // nil: cannot be read; it is refused, and answered without a control id.
        var judgements: [Judgement?] = []
        for range in batch.messages {
            let message = Array(bytes[range])
            var entry: NewEntry
            do throws(ParseError) {
                let judgement = try judge.judge(message, from: connection)
                entry = self.entry(judgement, message, judge.configuration, IntakeAnswers(judgement), connection)
                judgements.append(judgement)
            } catch {
                entry = framingError(message, error.description, connection)
                entry.disposition = .refused
                entry.event.kind = .messageRefused
                judgements.append(nil)
            }
            entry.parent = .index(0)
            entries.append(entry)
        }
        let (stored, decided) = (entries, judgements)
        // TRANSACTION 1
        journal.append(stored) { result in
            switch result {
            case .success(let appended):
                let replies = zip(decided, zip(appended, stored).dropFirst()).flatMap { judgement, result in
                    self.replies(to: judgement, result.0, result.1)
                }
                answer.send(BatchAnswer.encoded(replies, to: bytes, batch, stamp: self.stamp))
            case .failure(let error):
                self.log.error("not stored", metadata: ["error": "\(error)"])
                self.events.fire()
                let replies = decided.compactMap { $0.flatMap { IntakeAnswers($0).notStored(stamp: self.stamp) } }
                self.refuse(
                    [BatchAnswer.encoded(replies, to: bytes, batch, stamp: self.stamp)], because: error, answer)
            }
        }
    }

    private func batchEntry(
        _ bytes: [UInt8], _ batch: Batch, _ configuration: Configuration, _ connection: ConnectionInfo
    ) -> NewEntry {
        let now = clock.now()
        return NewEntry(
            receivedAt: now, disposition: .batch, listener: connection.listener,
            sender: "\(connection.listener)||", peer: connection.peer, controlId: "", type: "BATCH",
            configuration: configuration.hashBytes, body: bytes, bodySHA256: Array(SHA256.hash(data: bytes)),
            event: AuditEvent(
                .batchReceived, at: now, actor: connection.peer, listener: connection.listener,
                text: "\(batch.messages.count) messages"))
    }

    /// The answers to one message of a batch, which is also published.
    private func replies(to judgement: Judgement?, _ appended: Appended, _ entry: NewEntry) -> [[UInt8]] {
        guard let judgement else {
            let (controlID, time) = stamp.next()
            return [Acknowledgment.unreadable(controlID: controlID, time: time, text: entry.event.text ?? "")]
        }
        publish(appended, judgement, entry)
        let answers = IntakeAnswers(judgement).replies(to: appended, stamp: stamp)
        return [answers.first, answers.application].compactMap { $0 }
    }
}

extension JournalError {
    fileprivate static let noResult = JournalError(.invalid, "the journal gave no result for an entry")
}

extension Judgement {
    fileprivate var eventKind: AuditEvent.Kind {
        switch disposition {
        case .accepted, .resent: .messageReceived
        case .refused: isSenderMismatch ? .senderMismatch : .messageRefused
        case .acknowledgement: .acknowledgementReceived
        case .framingError: .framingError
        case .batch: .batchReceived
        case .heldAtIntake: .messageHeld
        }
    }

    /// The first error with its place, or how many findings there are.
    fileprivate var eventText: String? {
        let errors = problems.filter { $0.severity == .error }
        guard let first = errors.first else {
            return problems.isEmpty ? nil : problems.count == 1 ? "1 warning" : "\(problems.count) warnings"
        }
        let place = first.location.map { "\($0): " } ?? ""
        let more = errors.count > 1 ? " (and \(errors.count - 1) more)" : ""
        return "\(first.code) \(place)\(first.text)\(more)"
    }
}
