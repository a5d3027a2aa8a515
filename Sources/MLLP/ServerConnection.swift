internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// One connection of a server, on its event loop: bytes in, frames to the handler, answers out in the
/// order of the frames, in one write for each read or batch of answers.
final class ServerConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What other threads tell a connection.
    enum Letter: Sendable {
        case reply(Int, Answer.Reply)
        case following(Int, [[UInt8]])
        case look  // room has been made: perhaps reading can go on
        case shutdown  // read no more, answer what is owed, close
        case abort  // close now
    }

    let mailbox = Mailbox<Letter>()
    private let core: ListenerCore
    private var info: ConnectionInfo
    private var decoder: FrameDecoder
    private var clock: ConnectionClock
    private var queue = AnswerQueue()
    private var frames: [Frame] = []  // decoded; those before `delivered` are with the handler
    private var delivered = 0
    private var letters: [Letter] = []  // storage kept between batches
    private var ready: [[UInt8]] = []  // likewise
    private var chargedBytes = 0  // what the listener's budget holds for us
    private var timer: (at: Duration, task: Scheduled<Void>)?
    private var isOpen = false
    private var isReadHeld = false  // the channel asked to read and we said later
    private var isInputClosed = false
    private var ending: CloseReason?  // close once every owed answer is sent
    private var isFinishing = false  // our side is closed or about to be
    private var failure: CloseReason?

    init(core: ListenerCore, info: ConnectionInfo) {
        self.core = core
        self.info = info
        decoder = FrameDecoder(frameBytesMax: core.limits.frameBytesMax)
        clock = ConnectionClock(limits: core.limits)
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
    }

    func channelActive(context: ChannelHandlerContext) {
        if info.isTLS {
            clock.handshakeBegan(at: NIODeadline.elapsed)
            schedule(context)
        } else {
            open(certificateNames: [])
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        if isOpen {
            if ending == nil {
                decoder.endOfStream(into: &frames)
                deliver()
            }
            isOpen = false
            core.handler.connectionClosed(info, reason: failure ?? ending ?? .peerClosed)
        } else {
            refuse(.handshakeFailed("the peer closed the connection"))
        }
        core.budget.add(-chargedBytes)
        chargedBytes = 0
        core.budget.frameEnded(info.id, connectionEnded: true)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        mailbox.close()
        core.release(info)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted:
            clock.handshakeEnded()
            // No TLS handler to ask means no certificate: the handler below has just told us it is there.
            let certificate = try? context.channel.pipeline.syncOperations.nioSSL_peerCertificate()
            open(certificateNames: certificate.map(certificateNames(of:)) ?? [])
        case ChannelEvent.inputClosed:
            inputClosed(context)
        default:
            break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isOpen {
            refuse(.handshakeFailed("\(error)"))
        } else if case NIOSSLError.uncleanShutdown = error {
            failure = ending ?? .peerClosed
        } else if failure == nil {
            failure = .failed("\(error)")
        }
        context.close(promise: nil)
    }

    private func open(certificateNames: [String]) {
        isOpen = true
        info.certificateNames = certificateNames
        core.handler.connectionOpened(info)
    }

    /// Reports once that this connection was never opened.
    private func refuse(_ reason: RefusalReason) {
        guard !isOpen, failure == nil else { return }
        failure = .failed(reason.description)
        core.handler.connectionRefused(peer: info.peer, listener: info.listener, reason: reason)
    }

    private func inputClosed(_ context: ChannelHandlerContext) {
        isInputClosed = true
        guard isOpen, !isFinishing else {
            context.close(promise: nil)
            return
        }
        if ending == nil {
            ending = .peerClosed
            mailbox.hold()
            decoder.endOfStream(into: &frames)
            clock.frameEnded()
        }
        drain(context)
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isOpen, ending == nil, !isFinishing else { return }
        mailbox.hold()
        let wasInside = decoder.frameBytes != nil
        let skippedBefore = decoder.skippedBytes
        let decodedBefore = frames.count
        unwrapInboundIn(data).withUnsafeReadableBytes { decoder.receive($0, into: &frames) }
        let isNew = !wasInside || frames.count > decodedBefore
        let skipped = decoder.skippedBytes - skippedBefore
        if skipped > 0 { core.handler.skipped(skipped, from: info) }
        if let bytes = decoder.frameBytes {
            clock.frameContinued(
                bytes: bytes, isNew: isNew, awaitsSilence: decoder.awaitsSilence, at: NIODeadline.elapsed)
        } else {
            clock.frameEnded()
        }
        if isNew { core.budget.frameEnded(info.id) }
        deliver()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        drain(context)
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if mayRead(context) {
            context.read()
        } else if !isReadHeld {
            isReadHeld = true
            clock.readingPaused(at: NIODeadline.elapsed)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            clock.writingContinued()
            resumeReading(context)
        } else if !isFinishing {
            clock.writingBlocked(at: NIODeadline.elapsed)
        }
        schedule(context)
        context.fireChannelWritabilityChanged()
    }

    private func mayRead(_ context: ChannelHandlerContext) -> Bool {
        if isFinishing || !isOpen { return true }
        let limits = core.limits
        guard ending == nil, !core.isPaused, delivered == frames.count, queue.count < limits.framesInFlightMax,
            queue.count == 0 || queue.bytes + decoder.heldBytes < limits.bytesInFlightMax, context.channel.isWritable
        else { return false }
        guard core.budget.isExceeded else { return true }
        let mailbox = mailbox
        return core.budget.mayRead(info.id, isInsideFrame: decoder.frameBytes != nil) { mailbox.post(.look) }
    }

    private func resumeReading(_ context: ChannelHandlerContext) {
        guard isReadHeld, mayRead(context) else { return }
        isReadHeld = false
        clock.readingResumed(at: NIODeadline.elapsed)
        context.read()
    }

    private var mayDeliver: Bool {
        delivered < frames.count && queue.count < core.limits.framesInFlightMax && !core.isPaused
    }

    /// Hands decoded frames over while the limit of frames in flight allows.
    private func deliver() {
        // Read just before the listener was paused, and nobody waits for the answer any more.
        if core.isPaused, ending != nil { frames.removeSubrange(delivered...) }
        while mayDeliver {
            let frame = frames[delivered]
            delivered += 1
            let number = queue.open(bytes: frame.heldBytes)
            core.handler.received(frame, from: info, answer: Answer(mailbox, number: number))
        }
        if delivered == frames.count {
            frames.removeAll(keepingCapacity: true)
            delivered = 0
        }
    }

    // MARK: Answering

    /// Takes the letters, writes the answers that are due in one go, and goes on with what they allow.
    private func drain(_ context: ChannelHandlerContext) {
        var closes = false
        repeat {
            mailbox.take(into: &letters)
            for letter in letters { note(letter, context) }
            letters.removeAll(keepingCapacity: true)
            guard !isFinishing, !closes else { break }
            while !closes, let reply = queue.next() {
                ready += reply.payloads
                closes = reply.closes
            }
            if core.isPaused, ending != nil { deliver() }
            guard !closes, mayDeliver else { break }
            mailbox.hold()
            deliver()
        } while true
        write(context)
        guard isOpen else { return }
        charge()
        if closes {
            finish(.answered, context)
        } else if let ending, queue.count == 0, delivered == frames.count {
            finish(ending, context)
        }
        resumeReading(context)
        schedule(context)
    }

    private func note(_ letter: Letter, _ context: ChannelHandlerContext) {
        switch letter {
        case .reply(let number, let reply): queue.complete(number, with: reply)
        case .following(let number, let payloads):
            if !queue.follow(number, with: payloads), !isFinishing { ready += payloads }
        case .look: break
        case .shutdown:
            if isOpen { ending = ending ?? .shutdown } else { closeSoon(context) }
        case .abort:
            ending = ending ?? .shutdown
            closeSoon(context)
        }
    }

    /// Not within `channelReadComplete`, where the channel may be about to close its input itself: SwiftNIO asserts
    /// that it is still open then.
    private func closeSoon(_ context: ChannelHandlerContext) {
        context.eventLoop.assumeIsolated().execute { context.close(promise: nil) }
    }

    private func write(_ context: ChannelHandlerContext) {
        guard !ready.isEmpty else { return }
        let size = ready.reduce(0) { $0 + $1.count + FrameEncoder.overheadBytes }
        var buffer = context.channel.allocator.buffer(capacity: size)
        for payload in ready { buffer.writeFrame(payload) }
        ready.removeAll(keepingCapacity: true)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    /// Tells the listener's budget how many bytes we hold now.
    private func charge() {
        let waiting = frames[delivered...].reduce(0) { $0 + $1.heldBytes }
        let held = queue.bytes + waiting + decoder.heldBytes
        guard held != chargedBytes else { return }
        core.budget.add(held - chargedBytes)
        chargedBytes = held
    }

    /// Closes our side after what is written, and the rest when the peer closes its side or lingers
    /// too long: closing at once with unread bytes would reset the connection and lose answers.
    private func finish(_ reason: CloseReason, _ context: ChannelHandlerContext) {
        guard !isFinishing else { return }
        isFinishing = true
        ending = reason
        clock.lingerBegan(at: NIODeadline.elapsed)
        let flushed = context.eventLoop.makePromise(of: Void.self)
        flushed.futureResult.assumeIsolated().whenComplete { [self] _ in
            context.close(mode: isInputClosed ? .all : .output, promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: flushed)
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
        case .handshake:
            refuse(.handshakeTimedOut)
            context.close(promise: nil)
        case .silence:
            mailbox.hold()
            decoder.endOfSilence(into: &frames)
            core.budget.frameEnded(info.id)
            deliver()
            drain(context)
        case .frame(let code):
            mailbox.hold()
            decoder.abandon(code, into: &frames)
            ending = ending ?? .frame(code)
            deliver()
            drain(context)
        case .write:
            failure = .writeStalled
            context.close(promise: nil)
        case .linger:
            context.close(promise: nil)
        }
        schedule(context)
    }
}
