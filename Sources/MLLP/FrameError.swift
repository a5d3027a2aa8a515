/// Why a frame never became complete.
public struct FrameError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// A new frame began (start block and `MSH`, `FHS` or `BHS`) before this one ended.
        case newFrameInside

        /// The peer closed the connection inside the frame.
        case unfinished

        /// No byte arrived for ``MLLPLimits/frameStallTime``.
        case stalled

        /// Fewer than ``MLLPLimits/frameBytesPerSecondMin`` arrived on average.
        case tooSlow
    }

    public var code: Code

    /// Payload bytes that had arrived.
    public var length: Int

    public init(_ code: Code, length: Int) {
        self.code = code
        self.length = length
    }

    public var description: String {
        switch code {
        case .newFrameInside:
            "a new frame began after \(length) bytes, before the end block (1C 0D) of this one"
        case .unfinished:
            "the peer closed the connection after \(length) bytes of a frame, before its end block (1C 0D)"
        case .stalled:
            "the frame stopped after \(length) bytes without its end block (1C 0D)"
        case .tooSlow:
            "the frame arrived too slowly: \(length) bytes and no end block (1C 0D)"
        }
    }
}
