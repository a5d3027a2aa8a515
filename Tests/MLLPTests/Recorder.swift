import MLLP
import Synchronization

/// A frame handler that tells the test what happens, in order, and answers as the test says.
final class Recorder: FrameHandler {
    enum Event: Sendable {
        case opened(ConnectionInfo)
        case frame(Frame)
        case skipped(Int)
        case closed(CloseReason)
        case refused(RefusalReason)
    }

    let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation
    private let answering: @Sendable (Frame, Answer) -> Void

    init(_ answering: @escaping @Sendable (Frame, Answer) -> Void) {
        self.answering = answering
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(10_000))
    }

    /// Answers every message with `A:` and the message.
    static func echo() -> Recorder {
        Recorder { frame, answer in
            if case .message(let bytes) = frame { answer.send(Array("A:".utf8) + bytes) }
        }
    }

    func connectionOpened(_ connection: ConnectionInfo) { continuation.yield(.opened(connection)) }

    func received(_ frame: Frame, from connection: ConnectionInfo, answer: Answer) {
        continuation.yield(.frame(frame))
        answering(frame, answer)
    }

    func skipped(_ bytes: Int, from connection: ConnectionInfo) { continuation.yield(.skipped(bytes)) }

    func connectionClosed(_ connection: ConnectionInfo, reason: CloseReason) { continuation.yield(.closed(reason)) }

    func connectionRefused(peer: String, listener: String, reason: RefusalReason) {
        continuation.yield(.refused(reason))
    }

    /// Waits for the next event that `choose` picks something from.
    func next<T>(_ choose: (Event) -> T?) async -> T? {
        for await event in events {
            if let chosen = choose(event) { return chosen }
        }
        return nil
    }

    func nextFrame() async -> Frame? { await next { if case .frame(let frame) = $0 { frame } else { nil } } }
    func nextClosing() async -> CloseReason? { await next { if case .closed(let reason) = $0 { reason } else { nil } } }
    func nextRefusal() async -> RefusalReason? {
        await next { if case .refused(let reason) = $0 { reason } else { nil } }
    }
    func nextOpening() async -> ConnectionInfo? { await next { if case .opened(let info) = $0 { info } else { nil } } }
}

/// Holds answers until the test gives them.
final class HeldAnswers: Sendable {
    private let answers = Mutex<[(Frame, Answer)]>([])
    let arrivals: AsyncStream<Int>
    private let continuation: AsyncStream<Int>.Continuation

    init() {
        (arrivals, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(10_000))
    }

    func hold(_ frame: Frame, _ answer: Answer) {
        let count = answers.withLock { answers in
            answers.append((frame, answer))
            return answers.count
        }
        continuation.yield(count)
    }

    /// Waits until `count` answers are held and takes them all.
    func take(_ count: Int) async -> [(Frame, Answer)] {
        while answers.withLock({ $0.count }) < count {
            for await arrived in arrivals where arrived >= count { break }
        }
        return answers.withLock { answers in
            defer { answers = [] }
            return answers
        }
    }
}
