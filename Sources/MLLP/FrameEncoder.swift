internal import NIOCore

/// Puts payloads into frames.
///
///     0B | payload | 1C 0D
///
/// HL7 MLLP Transport Specification, Release 1.
public enum FrameEncoder {
    /// Framing bytes around each payload.
    public static let overheadBytes = 3

    /// The frame around `payload`.
    public static func frame(_ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count + overheadBytes)
        bytes.append(FrameByte.start)
        bytes.append(contentsOf: payload)
        bytes.append(FrameByte.end)
        bytes.append(FrameByte.carriageReturn)
        return bytes
    }

    /// True if a receiver would find the end of `payload` where it is. MLLP cannot escape: an end byte
    /// followed by CR, LF or a start byte would cut the payload short, and a start byte followed by
    /// `MSH`, `FHS` or `BHS` would begin another.
    public static func canCarry(_ payload: [UInt8]) -> Bool {
        guard !payload.isEmpty else { return false }
        return payload.withUnsafeBytes { bytes in
            guard bytes.firstFrameByte(from: 0) != nil else { return true }
            var decoder = FrameDecoder(frameBytesMax: payload.count)
            return decoder.receive(frame(payload)) == [.message(payload)]
        }
    }
}

extension ByteBuffer {
    /// Appends `payload` in its frame.
    mutating func writeFrame(_ payload: [UInt8]) {
        writeInteger(FrameByte.start)
        writeBytes(payload)
        writeInteger(FrameByte.end)
        writeInteger(FrameByte.carriageReturn)
    }
}
