/// Cuts a byte stream into frames.
///
///     0B | M S H … | 1C 0D
///
/// - An end byte (1C) ends a frame if CR, LF, a start byte, the end of the stream or a short silence
///   follows; otherwise it belongs to the payload.
/// - A start byte (0B) inside a frame begins a new frame if `MSH`, `FHS` or `BHS` follows, and the
///   old one is broken; otherwise it belongs to the payload.
/// - Bytes between frames are skipped and counted; CR and LF directly after a frame belong to its end.
/// - A payload beyond the limit is discarded up to the end block.
///
/// A pure state machine: the same bytes give the same frames however they are cut into reads, and
/// every byte is looked at once. The owner keeps the time and says when the stream fell silent.
/// HL7 MLLP Transport Specification, Release 1.
public struct FrameDecoder: Sendable {
    /// How many bytes of a frame beyond the limit are kept.
    public static let startBytesMax = 4_096

    /// Bytes outside frames since the beginning of the stream.
    public private(set) var skippedBytes = 0

    private enum Phase: Hashable {
        case between  // outside a frame
        case trailer  // outside, directly after a frame: CR and LF are part of its end
        case payload
        case endSeen  // an end byte was the last byte
        case startSeen(first: UInt8, matched: Int)  // a start byte and `matched` letters of MSH, FHS or BHS
    }

    private let frameBytesMax: Int
    private var phase = Phase.between
    private var payload: [UInt8] = []
    private var length = 0  // payload bytes so far, discarded ones included

    /// - Parameter frameBytesMax: the longest payload accepted, in bytes.
    public init(frameBytesMax: Int = MLLPLimits().frameBytesMax) {
        self.frameBytesMax = frameBytesMax
    }

    /// Payload bytes of the frame in progress, or nil between frames.
    public var frameBytes: Int? {
        switch phase {
        case .between, .trailer: nil
        case .payload, .endSeen, .startSeen: length
        }
    }

    /// True if the last byte was an end byte that ``endOfSilence(into:)`` would make final.
    public var awaitsSilence: Bool { phase == .endSeen }

    /// Bytes of the frame in progress that are kept in memory.
    public var heldBytes: Int { payload.count }

    /// Takes the next bytes of the stream and appends the frames that they complete.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer, into frames: inout [Frame]) {
        var position = 0
        while position < bytes.count {
            switch phase {
            case .between, .trailer: position = skip(bytes, from: position)
            case .payload: position = scan(bytes, from: position, into: &frames)
            case .endSeen: position += afterEnd(bytes[position], into: &frames)
            case .startSeen(let first, let matched):
                position += afterStart(bytes[position], first: first, matched: matched, into: &frames)
            }
        }
    }

    /// Takes the next bytes of the stream and returns the frames that they complete.
    public mutating func receive(_ bytes: [UInt8]) -> [Frame] {
        var frames: [Frame] = []
        bytes.withUnsafeBytes { receive($0, into: &frames) }
        return frames
    }

    /// Says that nothing arrived for ``MLLPLimits/endSilence``: an end byte seen last is final.
    public mutating func endOfSilence(into frames: inout [Frame]) {
        guard phase == .endSeen else { return }
        finish(into: &frames)
        phase = .trailer
    }

    /// Says that the stream has ended: an end byte seen last is final, any other frame in progress is broken.
    public mutating func endOfStream(into frames: inout [Frame]) {
        if phase == .endSeen { finish(into: &frames) } else { abandon(.unfinished, into: &frames) }
        phase = .between
    }

    /// Gives up the frame in progress, if there is one.
    public mutating func abandon(_ code: FrameError.Code, into frames: inout [Frame]) {
        guard frameBytes != nil else { return }
        restoreHeldBack()
        breakOff(code, into: &frames)
        phase = .between
    }

    // MARK: One phase each

    private mutating func skip(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start
        if phase == .trailer {
            while position < bytes.count, bytes[position].isLineEnd { position += 1 }
            guard position < bytes.count else { return position }
            phase = .between
        }
        let junk = position
        while position < bytes.count, bytes[position] != FrameByte.start { position += 1 }
        skippedBytes += position - junk
        guard position < bytes.count else { return position }
        phase = .payload
        return position + 1
    }

    /// The hot path: a frame that lies whole in `bytes` is copied once, to its exact size.
    private mutating func scan(_ bytes: UnsafeRawBufferPointer, from start: Int, into frames: inout [Frame]) -> Int {
        var position = start
        while let found = bytes.firstFrameByte(from: position) {
            let next = found + 1
            if bytes[found] == FrameByte.end {
                guard next < bytes.count else {
                    take(bytes, start..<found)
                    phase = .endSeen
                    return next
                }
                if bytes[next].isLineEnd || bytes[next] == FrameByte.start {
                    finish(bytes, start..<found, into: &frames)
                    phase = bytes[next].isLineEnd ? .trailer : .payload
                    return next + 1
                }
            } else {
                guard next + 3 <= bytes.count else {
                    take(bytes, start..<found)
                    phase = .startSeen(first: 0, matched: 0)
                    return next
                }
                if bytes.beginsMessage(at: next) {
                    take(bytes, start..<found)
                    breakOff(.newFrameInside, into: &frames)
                    return next
                }
            }
            position = next
        }
        take(bytes, start..<bytes.count)
        return bytes.count
    }

    /// Returns how many bytes it consumed: 0 or 1.
    private mutating func afterEnd(_ byte: UInt8, into frames: inout [Frame]) -> Int {
        if byte.isLineEnd || byte == FrameByte.start {
            finish(into: &frames)
            phase = byte.isLineEnd ? .trailer : .payload
            return 1
        }
        restoreHeldBack()
        return 0
    }

    private mutating func afterStart(
        _ byte: UInt8, first: UInt8, matched: Int, into frames: inout [Frame]
    ) -> Int {
        guard byte.continuesHeader(first: first, matched: matched) else {
            restoreHeldBack()
            return 0
        }
        let first = matched == 0 ? byte : first
        guard matched == 2 else {
            phase = .startSeen(first: first, matched: matched + 1)
            return 1
        }
        breakOff(.newFrameInside, into: &frames)
        take(Header.letters(first))
        phase = .payload
        return 1
    }

    // MARK: The payload

    /// Puts back the bytes that were looked at but turned out to belong to the payload.
    private mutating func restoreHeldBack() {
        switch phase {
        case .endSeen: take([FrameByte.end])
        case .startSeen(let first, let matched): take([FrameByte.start] + Header.letters(first).prefix(matched))
        case .between, .trailer, .payload: break
        }
        phase = .payload
    }

    private mutating func take(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { take($0, 0..<$0.count) }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        let wasOverlong = length > frameBytesMax
        length += range.count
        if length <= frameBytesMax {
            payload.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[range]))
        } else if !wasOverlong {
            let kept = min(Self.startBytesMax, frameBytesMax)
            let missing = max(0, kept - payload.count)
            payload = Array(payload.prefix(kept)) + bytes[range].prefix(missing)
        }
    }

    private mutating func finish(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, into frames: inout [Frame]
    ) {
        if length == 0, !range.isEmpty, range.count <= frameBytesMax {
            frames.append(.message([UInt8](UnsafeRawBufferPointer(rebasing: bytes[range]))))
        } else {
            take(bytes, range)
            finish(into: &frames)
        }
    }

    private mutating func finish(into frames: inout [Frame]) {
        if length == 0 {
            frames.append(.empty)
        } else if length > frameBytesMax {
            frames.append(.overlong(start: payload, length: length))
        } else {
            frames.append(.message(payload))
        }
        reset()
    }

    private mutating func breakOff(_ code: FrameError.Code, into frames: inout [Frame]) {
        frames.append(.broken(start: payload, error: FrameError(code, length: length)))
        reset()
    }

    private mutating func reset() {
        payload = []
        length = 0
    }
}
