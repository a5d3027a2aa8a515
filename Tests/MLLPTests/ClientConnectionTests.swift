import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import MLLP

/// The end of a client's connection, which somebody always waits for.
struct ClientConnectionTests {
    @Test(arguments: [true, false])
    func `a channel that ended before the connection was in it is told as closed, once`(_ isTLS: Bool) throws {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 2575)).wait()
        let recorder = EventRecorder()
        let connection = ClientConnection(
            peer: "peer", isTLS: isTLS, limits: MLLPLimits(), mailbox: Mailbox(), onEvent: recorder.note)
        // The end is told to the handlers that are there; they are removed when the event loop comes round to it.
        channel.close(promise: nil)
        try channel.pipeline.syncOperations.addHandler(connection)
        channel.embeddedEventLoop.run()
        #expect(recorder.ends == 1)
    }

    @Test func `a channel that ends while the connection is in it is told as closed, once`() throws {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 2575)).wait()
        let recorder = EventRecorder()
        let connection = ClientConnection(
            peer: "peer", isTLS: true, limits: MLLPLimits(), mailbox: Mailbox(), onEvent: recorder.note)
        try channel.pipeline.syncOperations.addHandler(connection)
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
        #expect(recorder.ends == 1)
    }
}

private final class EventRecorder: Sendable {
    private let count = Mutex(0)

    var ends: Int { count.withLock { $0 } }

    func note(_ event: MLLPConnection.Event) {
        if case .closed = event { count.withLock { $0 += 1 } }
    }
}
