import NIOCore
import NIOPosix

/// A peer that sends and sees single bytes, as broken as a test wants it.
final class RawPeer: Sendable {
    private let channel: any Channel
    private let received: AsyncStream<[UInt8]>

    private init(channel: any Channel, received: AsyncStream<[UInt8]>) {
        self.channel = channel
        self.received = received
    }

    static func connect(to port: Int) async throws -> RawPeer {
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        let channel = try await ClientBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawPeer(channel: channel, received: stream)
    }

    /// Sends text in which `<`, `>` and `/` stand for 0B, 1C and CR.
    func send(_ text: String) async throws { try await send(wire(text)) }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// Says that nothing more comes, and still reads.
    func closeOutput() async throws { try await channel.close(mode: .output) }

    func close() async throws { try await channel.close() }

    /// Reads until `count` frames have come or the stream ends.
    func frames(_ count: Int) async -> [String] {
        var bytes: [UInt8] = []
        for await chunk in received {
            bytes += chunk
            if bytes.count(where: { $0 == 0x1C }) >= count { break }
        }
        return bytes.split(separator: 0x0B).map { String(decoding: $0.dropLast(2), as: UTF8.self) }
    }

    /// Reads until the server closes its side.
    func untilEnd() async -> [String] { await frames(.max) }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let continuation: AsyncStream<[UInt8]>.Continuation

    init(_ continuation: AsyncStream<[UInt8]>.Continuation) {
        self.continuation = continuation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        continuation.yield(Array(unwrapInboundIn(data).readableBytesView))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { continuation.finish() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }
}
