/// What one listener or one client connection accepts from its peers. Every limit ends in the unit
/// it counts, or is a `Duration`.
public struct MLLPLimits: Hashable, Sendable {
    /// The longest payload, in bytes. A longer frame is discarded to its end block.
    public var frameBytesMax = 16 * 1_048_576

    /// Open connections of one listener. Surplus connections are closed at once.
    public var connectionsMax = 256

    /// Open connections of one peer address to one listener. Loopback peers are exempt.
    public var connectionsPerPeerMax = 32

    /// Frames of one connection that wait for their answer; then reading pauses.
    public var framesInFlightMax = 1_000

    /// Bytes of one connection in frames that wait for their answer, the unfinished frame included;
    /// then reading pauses. A connection without a waiting frame may always finish the one it began.
    public var bytesInFlightMax = 32 * 1_048_576

    /// The same for all connections of one listener. One connection at a time may pass it to finish
    /// the frame it began, so that unfinished frames alone cannot block a listener for ever.
    public var listenerBytesInFlightMax = 256 * 1_048_576

    /// An end block byte (1C) that nothing follows for this long ends the frame.
    public var endSilence = Duration.milliseconds(250)

    /// The longest time without a byte inside a frame, and the time after which its average rate is
    /// judged. Stands still while we pause reading.
    public var frameStallTime = Duration.seconds(30)

    /// The lowest average rate of a frame older than ``frameStallTime``, in bytes a second.
    public var frameBytesPerSecondMin = 4_096

    /// The longest time that a peer may take nothing of what we have to write.
    public var writeStallTime = Duration.seconds(30)

    /// The longest TLS handshake.
    public var handshakeTime = Duration.seconds(10)

    /// How long a connection that we end waits for the peer to close its side, so that our last
    /// answers are not lost to a reset.
    public var lingerTime = Duration.seconds(1)

    public init() {}
}
