import Broker
import HL7
import NIOCore
import NIOPosix
import Synchronization

/// A receiver that speaks in single bytes, as broken as a test wants it.
final class RawReceiver: Sendable {
    struct Received: Sendable {
        var id: String
        /// How often this id has come, from 1.
        var time: Int
        /// From 1.
        var connection: Int
    }

    enum Step: Sendable {
        /// Bytes as they stand.
        case bytes([UInt8])
        /// Bytes, and then nothing more from our side; it still reads.
        case bytesAndEnd([UInt8])
        case bytesAndClose([UInt8])
        case nothing
    }

    let signal = Signal()
    private let script: @Sendable (Received) -> Step
    /// Connections, by their number, of which nothing is read.
    private let deaf: Set<Int>
    private let state = Mutex<(received: [Received], connections: Int)>(([], 0))

    init(deaf: Set<Int> = [], _ script: @escaping @Sendable (Received) -> Step) {
        self.deaf = deaf
        self.script = script
    }

    var received: [Received] { state.withLock { $0.received } }
    var connections: Int { state.withLock { $0.connections } }

    static func framed(_ payload: [UInt8]) -> [UInt8] { [0x0B] + payload + [0x1C, 0x0D] }

    fileprivate func step(_ id: String, _ connection: Int) -> Step {
        let one = state.withLock { state in
            let one = Received(id: id, time: state.received.count { $0.id == id } + 1, connection: connection)
            state.received.append(one)
            return one
        }
        defer { signal.fire() }
        return script(one)
    }

    fileprivate func opened() -> (number: Int, isDeaf: Bool) {
        defer { signal.fire() }
        return state.withLock { state in
            state.connections += 1
            return (state.connections, deaf.contains(state.connections))
        }
    }

    /// Serves on a free port while the body runs.
    func run(_ body: (Int) async throws -> Void) async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                let (number, isDeaf) = self.opened()
                return channel.setOption(.autoRead, value: !isDeaf).flatMapThrowing {
                    try channel.pipeline.syncOperations.addHandler(RawHandler(self, number))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do { try await body(channel.localAddress?.port ?? 0) } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }
}

private final class RawHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let receiver: RawReceiver
    private let connection: Int
    private var bytes: [UInt8] = []

    init(_ receiver: RawReceiver, _ connection: Int) {
        self.receiver = receiver
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += Array(unwrapInboundIn(data).readableBytesView)
        while let end = bytes.firstIndex(of: 0x1C), end + 1 < bytes.count {
            let payload = Array(bytes[..<end].drop { $0 == 0x0B })
            bytes.removeFirst(end + 2)
            // Senders under test send messages.
            let id = (try? Message(parsing: payload)).map { String(decoding: $0.header.controlID, as: UTF8.self) } ?? ""
            switch receiver.step(id, connection) {
            case .bytes(let answer): write(answer, context)
            case .bytesAndEnd(let answer):
                write(answer, context)
                context.close(mode: .output, promise: nil)
            case .bytesAndClose(let answer):
                write(answer, context)
                context.close(promise: nil)
            case .nothing: break
            }
        }
    }

    private func write(_ answer: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answer)), promise: nil)
    }
}
