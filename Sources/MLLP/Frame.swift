/// What a peer sent between a start and an end block, or tried to.
///
///     0B | payload … | 1C 0D
///
/// HL7 MLLP Transport Specification, Release 1.
public enum Frame: Hashable, Sendable {
    /// A complete frame: its payload, at least one byte, without the framing bytes.
    case message([UInt8])

    /// A start block directly followed by an end block. Some peers send it as a heartbeat.
    case empty

    /// A complete frame longer than ``MLLPLimits/frameBytesMax``: its first bytes (at most
    /// ``FrameDecoder/startBytesMax``, enough for a message header) and its whole length in bytes.
    case overlong(start: [UInt8], length: Int)

    /// A frame that never got its end block. `start` is all that arrived, or the first
    /// ``FrameDecoder/startBytesMax`` bytes if that was over-long too.
    case broken(start: [UInt8], error: FrameError)

    /// Bytes of the peer that this value keeps in memory.
    var heldBytes: Int {
        switch self {
        case .message(let bytes), .overlong(let bytes, _), .broken(let bytes, _): bytes.count
        case .empty: 0
        }
    }
}

/// The bytes that delimit frames.
enum FrameByte {
    static let start: UInt8 = 0x0B
    static let end: UInt8 = 0x1C
    static let carriageReturn: UInt8 = 0x0D
    static let lineFeed: UInt8 = 0x0A
}
