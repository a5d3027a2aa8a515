internal import Foundation
internal import HL7
internal import MLLP
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Answers every message over MLLP in the same way, for tests of senders.
final class MLLPReceiver: FrameHandler {
    private let reply: ListenReply
    private let delay: Duration
    private let log: ReceiverLog
    private let run: String
    private let answered = Atomic(0)
    /// MSH-7 of answers, made once a second: nobody needs it finer.
    private let clock = Mutex((second: 0, text: ""))

    init(reply: ListenReply, delay: Duration, log: ReceiverLog) {
        self.reply = reply
        self.delay = delay
        self.log = log
        run = "L\(Int(Date().timeIntervalSince1970) % 1_000_000)-"
    }

    func received(_ frame: Frame, from connection: ConnectionInfo, answer: Answer) {
        switch frame {
        case .message(let bytes): receive(bytes, answer)
        case .empty: answer.none()
        case .overlong, .broken:
            log.received(ReceiverLog.Entry(event: "unreadable"), bytes: [])
            answer.none()
        }
    }

    private func receive(_ bytes: [UInt8], _ answer: Answer) {
        let payload: [UInt8]
        do throws(ParseError) {
            let message = try Message(parsing: bytes)
            let code = reply.code(for: message)
            log.received(entry(message, code), bytes: bytes)
            payload = code.map { acknowledgment($0, of: message) } ?? []
        } catch {
            log.received(ReceiverLog.Entry(event: "unreadable", answer: reply.answers ? "AR" : ""), bytes: bytes)
            payload = Acknowledgment.unreadable(controlID: controlID(), time: time(), text: "no MSH segment")
        }
        guard delay > .zero else { return send(payload, answer) }
        let wait = TimeAmount.nanoseconds(Int64(delay.nanoseconds))
        MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: wait) { [self] in send(payload, answer) }
    }

    private func send(_ payload: [UInt8], _ answer: Answer) {
        switch reply {
        case .none: answer.none()
        case .close: answer.close()
        case .aa, .ae, .ar: answer.send(payload)
        }
    }

    private func entry(_ message: Message, _ code: Acknowledgment.Code?) -> ReceiverLog.Entry {
        var entry = ReceiverLog.Entry(event: "message", answer: code?.rawValue ?? "")
        if log.wantsCountsOnly { return entry }
        entry.type = message.header.type
        entry.controlID = message["MSH-10"] ?? ""
        entry.patient = message["PID-3.1"] ?? ""
        return entry
    }

    private func acknowledgment(_ code: Acknowledgment.Code, of message: Message) -> [UInt8] {
        var problems: [Acknowledgment.Problem] = []
        if !code.isAccept {
            problems = [
                Acknowledgment.Problem(code: 207, location: nil, text: "refused because the test receiver was told to")
            ]
        }
        return message.acknowledgment(code, problems: problems, controlID: controlID(), time: time())
    }

    private func controlID() -> String { run + "\(answered.add(1, ordering: .relaxed).newValue)" }

    private func time() -> String {
        let second = Int(Date().timeIntervalSince1970)
        return clock.withLock { clock in
            if clock.second != second {
                clock = (second, String(Timestamp.text(microseconds: Int64(second) * 1_000_000).prefix(14)) + "+0000")
            }
            return clock.text
        }
    }
}
