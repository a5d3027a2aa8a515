internal import Synchronization

/// The right to answer one frame, once, from any thread. Answers leave in the order of their frames.
///
/// Letting go of an `Answer` without using it is the same as ``none()``, so a lost one never blocks
/// the answers behind it.
public final class Answer: Sendable {
    /// What goes back for one frame.
    public struct Reply: Hashable, Sendable {
        /// Payloads to be framed, in order; none is a valid answer.
        public var payloads: [[UInt8]]

        /// True to close the connection once they are sent.
        public var closes: Bool

        public init(_ payloads: [[UInt8]] = [], closes: Bool = false) {
            self.payloads = payloads
            self.closes = closes
        }
    }

    private enum Receiver: Sendable {
        case connection(Mailbox<ServerConnection.Letter>, number: Int)
        case function(@Sendable (Reply) -> Void, following: @Sendable ([[UInt8]]) -> Void)
    }

    private let receiver: Receiver
    private let isUsed = Atomic(false)

    init(_ mailbox: Mailbox<ServerConnection.Letter>, number: Int) {
        receiver = .connection(mailbox, number: number)
    }

    /// An answer that goes to a function instead of a connection, for tests of frame handlers.
    public init(
        _ reply: @escaping @Sendable (Reply) -> Void, following: @escaping @Sendable ([[UInt8]]) -> Void = { _ in }
    ) {
        receiver = .function(reply, following: following)
    }

    deinit {
        if !isUsed.load(ordering: .relaxed) { deliver(Reply()) }
    }

    /// Answers with zero or more payloads, each sent in its own frame.
    public func send(_ payloads: [[UInt8]]) { use(Reply(payloads)) }

    /// Answers with one payload.
    public func send(_ payload: [UInt8]) { use(Reply([payload])) }

    /// Answers and then closes the connection. Frames behind this one get no answer.
    public func close(after payloads: [[UInt8]] = []) { use(Reply(payloads, closes: true)) }

    /// Says that this frame gets no answer.
    public func none() { use(Reply()) }

    /// Sends further payloads on the same connection, never before this frame's answer: application
    /// acknowledgements in enhanced mode. Lost if the connection has ended.
    public func follow(with payloads: [[UInt8]]) {
        switch receiver {
        case .connection(let mailbox, let number): mailbox.post(.following(number, payloads))
        case .function(_, let following): following(payloads)
        }
    }

    private func use(_ reply: Reply) {
        guard !isUsed.exchange(true, ordering: .relaxed) else { return }
        deliver(reply)
    }

    private func deliver(_ reply: Reply) {
        switch receiver {
        case .connection(let mailbox, let number): mailbox.post(.reply(number, reply))
        case .function(let function, _): function(reply)
        }
    }
}
