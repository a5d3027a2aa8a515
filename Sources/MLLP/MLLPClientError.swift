/// Why a client got no answer. The connection it happened on is closed, except for ``Code/busy`` and
/// ``Code/unframeable``, which concern the call alone.
public struct MLLPClientError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// No TCP connection: refused, unreachable, no such host, or too slow.
        case connectFailed

        /// The handshake failed, or the peer refused our certificate.
        case tlsFailed

        /// No answer in time. The message may have arrived.
        case timedOut

        /// The task was cancelled. The message may have arrived.
        case cancelled

        /// The connection ended before the answer. The message may have arrived.
        case closed

        /// An exchange is in progress on this client: one at a time.
        case busy

        /// The answer was longer than ``MLLPLimits/frameBytesMax``.
        case overlong

        /// The answer had no end block.
        case brokenFrame

        /// The payload is empty or holds bytes that would end its frame early; nothing was sent.
        case unframeable
    }

    public var code: Code
    public var text: String

    public init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }

    public var description: String { text }
}
