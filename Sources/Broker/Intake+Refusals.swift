import Auditing
import Crypto
import HL7
import Journaling
import MLLP

/// Frames in which there is no whole message.
extension Intake {
    /// After so many unreadable frames in a row the connection is closed.
    private static let unreadableMax = 3

    func takeUnreadable(_ bytes: [UInt8], text: String, from connection: IntakeConnection, answer: Answer) {
        let count = connection.sawUnreadable()
        let reply = unreadableReply(text)
        store([framingError(bytes, text, connection.info)]) { result in
            guard case .success = result else { return answer.close() }
            if count >= Self.unreadableMax { answer.close(after: [reply]) } else { answer.send(reply) }
        }
    }

    func takeOverlong(_ start: [UInt8], length: Int, from connection: IntakeConnection, answer: Answer) {
        let text = "the message has \(length) bytes, more than this listener takes; send it in parts"
        // The start may hold the header or not; if not, the frame is as unreadable as any other.
        guard let message = try? Message(parsing: start) else {
            return takeUnreadable(start, text: text, from: connection, answer: answer)
        }
        let judgement = Judgement(
            message: message, refusedBecause: Acknowledgment.Problem(code: 207, location: nil, text: text))
        takeMessage(judgement, start, currentJudge, from: connection, answer: answer)
    }

    func takeBroken(_ start: [UInt8], _ error: FrameError, from connection: IntakeConnection, answer: Answer) {
        store([framingError(start, "frame \(error.code.rawValue)", connection.info)]) { _ in answer.none() }
    }

    /// The answer to bytes without a header: our own control id, and an empty MSA-2.
    func unreadableReply(_ text: String) -> [UInt8] {
        let (controlID, time) = stamp.next()
        return Acknowledgment.unreadable(controlID: controlID, time: time, text: text)
    }

    func framingError(_ bytes: [UInt8], _ text: String, _ connection: ConnectionInfo) -> NewEntry {
        let now = clock.now()
        return NewEntry(
            receivedAt: now, disposition: .framingError, listener: connection.listener,
            sender: "\(connection.listener)||", peer: connection.peer, controlId: "", type: "", body: bytes,
            bodySHA256: Array(SHA256.hash(data: bytes)),
            event: AuditEvent(
                .framingError, at: now, actor: connection.peer, listener: connection.listener, text: text))
    }
}
