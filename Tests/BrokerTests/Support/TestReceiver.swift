import Broker
import HL7
import MLLP
import Synchronization

/// A provider's receiver over MLLP, which answers as it is told.
final class TestReceiver: FrameHandler {
    struct Received: Sendable {
        var bytes: [UInt8]
        var id: String
        /// How often this id has come, from 1.
        var time: Int
        var connection: UInt64
    }

    enum Reply: Sendable {
        case code(String)
        /// With an ERR segment.
        case error(String, String)
        case bytes([UInt8])
        /// One frame after the other.
        case all([[UInt8]])
        case none
        case close
        /// Kept until ``release()``.
        case later
    }

    let signal = Signal()
    private let reply: @Sendable (Received) -> Reply
    private let state = Mutex<(received: [Received], waiting: [(Answer, [UInt8])])>(([], []))

    init(_ reply: @escaping @Sendable (Received) -> Reply = { _ in .code("AA") }) { self.reply = reply }

    var received: [Received] { state.withLock { $0.received } }
    var ids: [String] { received.map(\.id) }

    func received(_ frame: Frame, from connection: ConnectionInfo, answer: Answer) {
        guard case .message(let bytes) = frame, let message = try? Message(parsing: bytes) else { return }
        let id = String(decoding: message.header.controlID, as: UTF8.self)
        let time = state.withLock { state in state.received.count { $0.id == id } + 1 }
        let one = Received(bytes: bytes, id: id, time: time, connection: connection.id)
        let reply = reply(one)
        state.withLock { state in
            state.received.append(one)
            if case .later = reply { state.waiting.append((answer, Sample.answer("AA", to: id))) }
        }
        switch reply {
        case .code(let code): answer.send(Sample.answer(code, to: id))
        case .error(let code, let segment): answer.send(Sample.answer(code, to: id, segment))
        case .bytes(let bytes): answer.send(bytes)
        case .all(let frames): answer.send(frames)
        case .none: answer.none()
        case .close: answer.close()
        case .later: break
        }
        signal.fire()
    }

    /// Gives all answers that were kept.
    func release() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for (answer, bytes) in waiting { answer.send(bytes) }
    }

    func waitFor(_ count: Int) async throws {
        try await holds("\(count) messages at the receiver", on: signal) { received.count >= count }
    }
}

/// Runs a receiver on a free port.
func withReceiver<Result>(
    _ receiver: TestReceiver, _ body: (Int) async throws -> Result
) async throws -> Result {
    let server = try await MLLPServer.bind(host: "127.0.0.1", port: 0, handler: receiver)
    let result: Result
    do { result = try await body(server.port) } catch {
        await server.shutdown(drain: .zero)
        throw error
    }
    await server.shutdown(drain: .zero)
    return result
}
