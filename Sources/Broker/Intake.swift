import Auditing
import Dispatch
import HL7
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
    let journal: any Journal
    let clock: Clock
    let stamp: AnswerStamp
    let log: Logger
    /// What is accepted goes here, in seq order.
    private let inbox: PipelineInbox
    private let fresh: FreshEntries
    private let events: Signal
    /// Passes a query on; its answer comes later.
    private let ask: @Sendable (PassedQuery) -> Void
    private let judge: Mutex<IntakeJudge>
    private let connections = Mutex<[UInt64: IntakeConnection]>([:])
    private let longWork = [0, 1].map { DispatchQueue(label: "wardline.intake.\($0)") }

    /// Frames longer than this leave the event loop.
    private static let inlineBytesMax = 64 << 10

    init(
        journal: any Journal, configuration: Configuration, inbox: PipelineInbox, fresh: FreshEntries, events: Signal,
        clock: Clock, log: Logger,
        ask: @escaping @Sendable (PassedQuery) -> Void = { $0.completion(.unanswered("queries are not passed on")) }
    ) {
        self.journal = journal
        self.clock = clock
        self.inbox = inbox
        self.fresh = fresh
        self.events = events
        self.log = log
        self.ask = ask
        stamp = AnswerStamp(clock: clock)
        judge = Mutex(IntakeJudge(configuration: configuration))
    }

    /// Judges by another configuration from the next frame on.
    package func use(_ configuration: Configuration) {
        let new = IntakeJudge(configuration: configuration)
        judge.withLock { $0 = new }
    }

    var currentJudge: IntakeJudge { judge.withLock { $0 } }

    // MARK: Frames

    package func received(_ frame: Frame, from info: ConnectionInfo, answer: Answer) {
        // Unknown only if a handler is used without its server.
        let connection = connections.withLock { $0[info.id] } ?? IntakeConnection(info)
        let isLong =
            switch frame {
            case .message(let bytes): bytes.count > Self.inlineBytesMax || Self.isBatch(bytes)
            case .empty, .overlong, .broken: false
            }
        guard connection.mustWait(isLong: isLong) else { return take(frame, from: connection, answer: answer) }
        longWork[Int(info.id % 2)].async {
            self.take(frame, from: connection, answer: answer)
            connection.left()
        }
    }

    package func connectionOpened(_ connection: ConnectionInfo) {
        let new = IntakeConnection(connection)
        connections.withLock { $0[connection.id] = new }
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

    private func take(_ frame: Frame, from connection: IntakeConnection, answer: Answer) {
        switch frame {
        case .empty:
            journal.count(.emptyFrame, by: 1)
            answer.none()
        case .message(let bytes) where Self.isBatch(bytes): takeBatch(bytes, from: connection, answer: answer)
        case .message(let bytes):
            let judge = currentJudge
            do throws(ParseError) {
                let judgement = try judge.judge(bytes, from: connection.info, senders: connection.senders)
                takeMessage(judgement, bytes, judge, from: connection, answer: answer)
            } catch {
                takeUnreadable(bytes, text: error.description, from: connection, answer: answer)
            }
        case .overlong(let start, let length):
            takeOverlong(start, length: length, from: connection, answer: answer)
        case .broken(let start, let error): takeBroken(start, error, from: connection, answer: answer)
        }
    }

    /// Whether bytes begin with a batch header, perhaps after a byte order mark.
    private static func isBatch(_ bytes: [UInt8]) -> Bool {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF] as [UInt8]) ? 3 : 0
        guard bytes.count > start + 3, bytes[start + 1] == 0x48, bytes[start + 2] == 0x53 else { return false }
        return bytes[start] == 0x46 || bytes[start] == 0x42
    }

    // MARK: One message

    func takeMessage(
        _ judgement: Judgement, _ bytes: [UInt8], _ judge: IntakeJudge, from connection: IntakeConnection,
        answer: Answer
    ) {
        connection.sawMessage()
        let taken = TakenMessage(judgement, bytes, judge, connection.info, self)
        store(taken.entries(parent: nil)) { result in
            switch result {
            case .success(let appended):
                self.publish(taken, appended[...])
                let replies = taken.answers.replies(to: appended[0])
                if judgement.disposition == .query, case .stored(let seq, _) = appended[0] {
                    return self.passOn(taken, seq, replies.first, answer)
                }
                answer.send(replies.first.map { [$0] } ?? [])
                if let application = replies.application, judgement.ackTo == nil { answer.follow(with: [application]) }
            case .failure(let error): self.refuse([taken.answers.notStored()], because: error, answer)
            }
        }
    }

    /// Lets a query be answered by its receiver: in place of the answer, or after the commit answer if one is due.
    private func passOn(_ taken: TakenMessage, _ seq: Int64, _ commit: [UInt8]?, _ answer: Answer) {
        let judgement = taken.judgement
        guard let reply = judgement.reply else { return answer.none() }
        let follows = judgement.mode.isEnhanced && commit != nil
        if follows { answer.send(commit.map { [$0] } ?? []) }
        let query = PassedQuery(seq: seq, judgement: judgement, entry: taken.entry, reply: reply) { outcome in
            self.events.fire()
            let response: [UInt8]
            switch outcome {
            case .response(let bytes): response = bytes
            case .unanswered(let text): response = taken.answers.unanswered(text, stamp: self.stamp)
            case .notStored: return follows ? () : answer.close()
            }
            // Whatever MSH-16 says: who asks a question wants to hear the answer.
            if follows { answer.follow(with: [response]) } else { answer.send(response) }
        }
        ask(query)
    }

    /// Says that nothing was stored. A full queue passes; a journal that is lost does not, nor does a sender that
    /// hears no refusals learn of it otherwise.
    func refuse(_ replies: [[UInt8]?], because error: JournalError, _ answer: Answer) {
        let replies = replies.compactMap { $0 }
        if error.code == .full, !replies.isEmpty { answer.send(replies) } else { answer.close(after: replies) }
    }

    /// Tells the pipeline and whoever watches.
    func publish(_ taken: TakenMessage, _ appended: ArraySlice<Appended>) {
        guard let first = appended.first else { return }
        if case .stored(let seq, _) = first {
            fresh.push(
                FreshEntries.Item(
                    seq: seq, receivedAt: taken.entry.receivedAt, provider: taken.entry.provider,
                    type: taken.entry.type, disposition: taken.entry.disposition, message: taken.judgement.message))
        }
        if case .stored(let seq, _) = first, taken.judgement.disposition == .accepted {
            inbox.push(
                PipelineInbox.Item(
                    seq: seq, receivedAt: taken.entry.receivedAt, listener: taken.entry.listener,
                    message: taken.judgement.message, provider: taken.judgement.provider,
                    laneKeys: taken.entry.laneKeys))
        }
        // The application answer, which has its delivery already.
        if let own = taken.answerEntry, case .stored(let seq, _)? = appended.dropFirst().first {
            inbox.push(
                PipelineInbox.Item(
                    seq: seq, receivedAt: own.receivedAt, listener: own.listener, message: nil,
                    provider: own.provider, laneKeys: own.laneKeys, resentTo: own.deliveries.map(\.endpoint)))
        }
        events.fire()
    }

    /// TRANSACTION 1: what one frame brought.
    func store(
        _ entries: [NewEntry], _ completion: @escaping @Sendable (Result<[Appended], JournalError>) -> Void
    ) {
        let count = entries.count
        journal.append(entries) { result in
            switch result {
            case .success(let appended) where appended.count == count: completion(result)
            case .success: completion(.failure(.noResult))
            case .failure(let error):
                self.log.error("not stored", metadata: ["error": "\(error)"])
                self.events.fire()
                completion(.failure(error))
            }
        }
    }
}

extension JournalError {
    fileprivate static let noResult = JournalError(.invalid, "the journal gave no result for an entry")
}
