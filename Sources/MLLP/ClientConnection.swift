internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// One connection of a client, on its event loop. Reads are always pending, so the peer's closing is
/// seen at once. Added to a channel that is connected already.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What other threads tell a connection.
    enum Letter: Sendable {
        case write([[UInt8]])
        case writeTelling([UInt8], Int)
        case close
    }

    let mailbox: Mailbox<Letter>
    private let peer: String
    private let isTLS: Bool
    private let onEvent: @Sendable (MLLPConnection.Event) -> Void
    private var decoder: FrameDecoder
    private var clock: ConnectionClock
    private var frames: [Frame] = []
    private var letters: [Letter] = []
    private var ready: [[UInt8]] = []
    private var toTell: [Int] = []
    private var timer: (at: Duration, task: Scheduled<Void>)?
    private var isOpen = false
    private var isClosing = false
    private var hasEnded = false
    private var failure: MLLPClientError?

    init(
        peer: String, isTLS: Bool, limits: MLLPLimits, mailbox: Mailbox<Letter>,
        onEvent: @escaping @Sendable (MLLPConnection.Event) -> Void
    ) {
        self.peer = peer
        self.isTLS = isTLS
        self.mailbox = mailbox
        self.onEvent = onEvent
        decoder = FrameDecoder(frameBytesMax: limits.frameBytesMax)
        clock = ConnectionClock(limits: limits)
    }

    // MARK: The channel's life

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        // The cycle through the mailbox is broken when it is closed in `handlerRemoved`.
        mailbox.open {
            eventLoop.execute {
                let (connection, context) = bound.value
                connection.drain(context)
            }
        }
        if isTLS {
            clock.handshakeBegan(at: NIODeadline.elapsed)
            drain(context)
        } else {
            open(context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        mailbox.close()
        // A handshake whose first bytes could not be sent ends the channel before this handler is in it, which then hears
        // of no end.
        end()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        if isOpen, !isClosing {
            decoder.endOfStream(into: &frames)
            deliver()
        }
        end()
        context.fireChannelInactive()
    }

    /// Tells the owner, who waits for it, once.
    private func end() {
        guard !hasEnded else { return }
        hasEnded = true
        if !isOpen, failure == nil {
            failure = MLLPClientError(isTLS ? .tlsFailed : .connectFailed, "\(peer) closed the connection at once")
        }
        isOpen = false
        onEvent(.closed(failure))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            clock.handshakeEnded()
            open(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case NIOSSLError.uncleanShutdown = error {
            // The peer left without a farewell; a cut answer shows as a frame without an end.
        } else if failure == nil {
            if error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError {
                failure = MLLPClientError(.tlsFailed, "TLS with \(peer) failed: \(error)")
            } else {
                failure = MLLPClientError(isOpen ? .closed : .connectFailed, "connection to \(peer) failed: \(error)")
            }
        }
        context.close(promise: nil)
    }

    private func open(_ context: ChannelHandlerContext) {
        isOpen = true
        onEvent(.opened)
        drain(context)
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isOpen, !isClosing else { return }
        mailbox.hold()
        let wasInside = decoder.frameBytes != nil
        unwrapInboundIn(data).withUnsafeReadableBytes { decoder.receive($0, into: &frames) }
        if let bytes = decoder.frameBytes {
            clock.frameContinued(
                bytes: bytes, isNew: !wasInside || !frames.isEmpty, awaitsSilence: decoder.awaitsSilence,
                at: NIODeadline.elapsed)
        } else {
            clock.frameEnded()
        }
        deliver()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        drain(context)
        context.fireChannelReadComplete()
    }

    private func deliver() {
        // Taken out first: the owner may close the connection in the middle.
        var batch: [Frame] = []
        swap(&batch, &frames)
        for frame in batch { onEvent(.frame(frame)) }
        batch.removeAll(keepingCapacity: true)
        if frames.isEmpty { frames = batch }
    }

    // MARK: Writing

    private func drain(_ context: ChannelHandlerContext) {
        mailbox.take(into: &letters)
        for letter in letters {
            switch letter {
            case .write(let payloads): if !isClosing { ready += payloads }
            case .writeTelling(let payload, let number):
                if !isClosing {
                    ready.append(payload)
                    toTell.append(number)
                }
            case .close: isClosing = true
            }
        }
        letters.removeAll(keepingCapacity: true)
        if !ready.isEmpty, isOpen {
            let size = ready.reduce(0) { $0 + $1.count + FrameEncoder.overheadBytes }
            var buffer = context.channel.allocator.buffer(capacity: size)
            for payload in ready { buffer.writeFrame(payload) }
            ready.removeAll(keepingCapacity: true)
            context.writeAndFlush(wrapOutboundOut(buffer), promise: promiseToTell(context))
        }
        if isClosing { context.close(promise: nil) }
        schedule(context)
    }

    /// A failed write closes the connection, which is told anyway.
    private func promiseToTell(_ context: ChannelHandlerContext) -> EventLoopPromise<Void>? {
        guard !toTell.isEmpty else { return nil }
        let (numbers, onEvent) = (toTell, onEvent)
        toTell.removeAll()
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenSuccess { for number in numbers { onEvent(.written(number)) } }
        return promise
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            clock.writingContinued()
        } else {
            clock.writingBlocked(at: NIODeadline.elapsed)
        }
        schedule(context)
        context.fireChannelWritabilityChanged()
    }

    // MARK: Time

    private func schedule(_ context: ChannelHandlerContext) {
        guard let deadline = clock.deadline, context.channel.isActive else { return }
        // A timer that fires too early only looks again; so most reads leave it alone.
        if let timer, timer.at <= deadline { return }
        timer?.task.cancel()
        let wait = (deadline - NIODeadline.elapsed).timeAmount
        let task = context.eventLoop.assumeIsolated().scheduleTask(in: wait) { [self] in
            timer = nil
            timerFired(context)
        }
        timer = (deadline, task)
    }

    private func timerFired(_ context: ChannelHandlerContext) {
        switch clock.expired(at: NIODeadline.elapsed) {
        case nil: break
        case .silence:
            mailbox.hold()
            decoder.endOfSilence(into: &frames)
            deliver()
            drain(context)
        case .frame(let code):
            decoder.abandon(code, into: &frames)
            deliver()
            fail(.brokenFrame, "\(peer) did not finish its frame: \(code.rawValue)", context)
        case .handshake: fail(.tlsFailed, "TLS handshake with \(peer) took too long", context)
        case .write: fail(.closed, "\(peer) reads nothing: connection closed", context)
        case .linger: context.close(promise: nil)
        }
        schedule(context)
    }

    private func fail(_ code: MLLPClientError.Code, _ text: String, _ context: ChannelHandlerContext) {
        failure = failure ?? MLLPClientError(code, text)
        isClosing = true
        context.close(promise: nil)
    }
}
