/// What the parser accepts before it refuses a message.
public struct Limits: Hashable, Sendable {
    /// The longest message, in bytes. Offsets are kept in 32 bits, so this is capped at `Int32.max`.
    public var messageBytesMax: Int
    /// The largest number of segments in one message.
    public var segmentsMax: Int

    public init(messageBytesMax: Int = 16 << 20, segmentsMax: Int = 100_000) {
        self.messageBytesMax = min(messageBytesMax, Int(Int32.max))
        self.segmentsMax = segmentsMax
    }
}
