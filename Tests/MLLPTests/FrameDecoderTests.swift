import Testing

@testable import MLLP

/// One rule of the framing: a stream and what it means.
struct FramingCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var stream: String  // < start byte, > end byte, / CR, \n LF
    var frames: [Frame]
    var skipped = 0

    static func message(_ text: String) -> Frame { .message(wire(text)) }

    static func broken(_ text: String, _ code: FrameError.Code = .newFrameInside) -> Frame {
        .broken(start: wire(text), error: FrameError(code, length: wire(text).count))
    }

    static let all: [FramingCase] = [
        FramingCase(testDescription: "one frame", stream: "<MSH|1/>/", frames: [message("MSH|1/")]),
        FramingCase(
            testDescription: "two frames in one read", stream: "<MSH|1/>/<MSH|2/>/",
            frames: [message("MSH|1/"), message("MSH|2/")]),
        FramingCase(
            testDescription: "CR missing after the end byte, a start byte follows", stream: "<MSH|1/><MSH|2/>/",
            frames: [message("MSH|1/"), message("MSH|2/")]),
        FramingCase(
            testDescription: "LF instead of CR, and both", stream: "<MSH|1/>\n<MSH|2/>/\n<MSH|3/>/",
            frames: [message("MSH|1/"), message("MSH|2/"), message("MSH|3/")]),
        FramingCase(
            testDescription: "end byte at the end of the stream", stream: "<MSH|1/>", frames: [message("MSH|1/")]),
        FramingCase(
            testDescription: "end byte inside the payload", stream: "<MSH|>a|>>b/>/", frames: [message("MSH|>a|>>b/")]),
        FramingCase(
            testDescription: "start byte inside the payload", stream: "<MSH|Ir<is|<M<MS<PID/>/",
            frames: [message("MSH|Ir<is|<M<MS<PID/")]),
        FramingCase(
            testDescription: "a new frame inside", stream: "<MSH|1/PI<MSH|2/>/",
            frames: [broken("MSH|1/PI"), message("MSH|2/")]),
        FramingCase(
            testDescription: "a new file and a new batch inside", stream: "<MSH|1<FHS|2<BHS|3>/",
            frames: [broken("MSH|1"), broken("FHS|2"), message("BHS|3")]),
        FramingCase(
            testDescription: "a doubled start byte", stream: "<<MSH|1>/", frames: [broken(""), message("MSH|1")]),
        FramingCase(testDescription: "an empty frame", stream: "<>/<MSH|1>/", frames: [.empty, message("MSH|1")]),
        FramingCase(testDescription: "no start byte", stream: "MSH|1/>/", frames: [], skipped: 8),
        FramingCase(
            testDescription: "bytes between frames", stream: "ab<MSH|1>/\n/x\n<MSH|2>/",
            frames: [message("MSH|1"), message("MSH|2")],
            skipped: 4),
        FramingCase(
            testDescription: "the peer closes inside", stream: "<MSH|1/", frames: [broken("MSH|1/", .unfinished)]),
        FramingCase(
            testDescription: "the peer closes after a start byte inside", stream: "<MSH|1<MS",
            frames: [broken("MSH|1<MS", .unfinished)]),
        FramingCase(
            testDescription: "as long as allowed", stream: "<0123456789012345678901234567890123456789>/",
            frames: [message("0123456789012345678901234567890123456789")]),
        FramingCase(
            testDescription: "one byte longer than allowed, then another frame",
            stream: "<MSH|456789012345678901234567890123456789x>/<MSH|2>/",
            frames: [.overlong(start: wire("MSH|456789012345678901234567890123456789"), length: 41), message("MSH|2")]
        ),
        FramingCase(
            testDescription: "a new frame inside a frame longer than allowed",
            stream: "<MSH|456789012345678901234567890123456789xyz<MSH|2>/",
            frames: [
                .broken(
                    start: wire("MSH|456789012345678901234567890123456789"),
                    error: FrameError(.newFrameInside, length: 43)),
                message("MSH|2"),
            ]),
    ]
}

/// Bytes from text in which `<` stands for 0B, `>` for 1C and `/` for CR.
func wire(_ text: String) -> [UInt8] {
    text.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "<"): 0x0B
        case UInt8(ascii: ">"): 0x1C
        case UInt8(ascii: "/"): 0x0D
        default: byte
        }
    }
}

/// Decodes `chunks` and then the end of the stream.
func decode(_ chunks: [ArraySlice<UInt8>], limit: Int = 40) -> (frames: [Frame], skipped: Int) {
    var decoder = FrameDecoder(frameBytesMax: limit)
    var frames = chunks.flatMap { decoder.receive(Array($0)) }
    decoder.endOfStream(into: &frames)
    return (frames, decoder.skippedBytes)
}

@Suite struct FrameDecoderTests {
    @Test(arguments: FramingCase.all)
    func `a stream read at once gives its frames`(example: FramingCase) {
        let result = decode([wire(example.stream)[...]])
        #expect(result.frames == example.frames)
        #expect(result.skipped == example.skipped)
    }

    @Test(arguments: FramingCase.all)
    func `a stream gives the same frames at every two split points`(example: FramingCase) {
        let bytes = wire(example.stream)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let result = decode([bytes[..<first], bytes[first..<second], bytes[second...]])
                #expect(result.frames == example.frames, "split at \(first) and \(second)")
                #expect(result.skipped == example.skipped, "split at \(first) and \(second)")
            }
        }
    }

    @Test(arguments: FramingCase.all)
    func `a stream read byte by byte gives the same frames`(example: FramingCase) {
        let bytes = wire(example.stream)
        let result = decode(bytes.indices.map { bytes[$0...$0] })
        #expect(result.frames == example.frames)
        #expect(result.skipped == example.skipped)
    }

    @Test func `random streams in random chunks mean what a plain reading of the rules says`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let alphabet = wire("<<<>>>//\nMSHFBx|")
        for round in 0..<3_000 {
            let length = Int.random(in: 0...120, using: &random)
            let bytes = (0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            var chunks: [ArraySlice<UInt8>] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let size = Int.random(in: 1...min(rest.count, 30), using: &random)
                chunks.append(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
            let result = decode(chunks, limit: 12)
            let expected = plainReading(bytes, limit: 12)
            #expect(result.frames == expected.frames, "seed \(seed), round \(round)")
            #expect(result.skipped == expected.skipped, "seed \(seed), round \(round)")
        }
    }

    @Test func `silence after an end byte ends the frame, and a late CR belongs to it`() {
        var decoder = FrameDecoder()
        var frames = decoder.receive(wire("<MSH|1>"))
        #expect(frames.isEmpty)
        #expect(decoder.awaitsSilence)
        decoder.endOfSilence(into: &frames)
        #expect(frames == [.message(wire("MSH|1"))])
        #expect(decoder.frameBytes == nil)
        #expect(decoder.receive(wire("/<MSH|2>/")) == [.message(wire("MSH|2"))])
        #expect(decoder.skippedBytes == 0)
    }

    @Test func `silence inside a frame means nothing`() {
        var decoder = FrameDecoder()
        var frames = decoder.receive(wire("<MSH|1"))
        decoder.endOfSilence(into: &frames)
        #expect(frames.isEmpty)
        #expect(decoder.receive(wire("2>/")) == [.message(wire("MSH|12"))])
    }

    @Test func `an abandoned frame is broken with the bytes it had, and the next one is read`() {
        var decoder = FrameDecoder()
        var frames = decoder.receive(wire("<MSH|1"))
        decoder.abandon(.stalled, into: &frames)
        #expect(frames == [.broken(start: wire("MSH|1"), error: FrameError(.stalled, length: 5))])
        #expect(decoder.receive(wire("<MSH|2>/")) == [.message(wire("MSH|2"))])
    }

    @Test func `an over-long frame keeps its start and counts the rest`() {
        var decoder = FrameDecoder(frameBytesMax: 100_000)
        let payload = wire("MSH|") + [UInt8](repeating: 0x41, count: 299_996)
        var frames: [Frame] = []
        for chunk in stride(from: 0, to: payload.count, by: 1_000) {
            frames += decoder.receive((chunk == 0 ? [0x0B] : []) + payload[chunk..<chunk + 1_000])
            #expect(decoder.heldBytes <= 100_000)
        }
        #expect(decoder.heldBytes == FrameDecoder.startBytesMax)
        frames += decoder.receive([0x1C, 0x0D])
        #expect(frames == [.overlong(start: Array(payload.prefix(FrameDecoder.startBytesMax)), length: 300_000)])
        #expect(decoder.heldBytes == 0)
    }

    @Test(arguments: 0..<40)
    func `the scan finds the first frame byte wherever it stands`(position: Int) {
        for byte in [FrameByte.start, FrameByte.end] {
            // Neighbours of the wanted values, and high bytes, must not be mistaken for them.
            var bytes: [UInt8] = (0..<40).map { [0x0A, 0x0C, 0x1B, 0x1D, 0x8B, 0x9C, 0x00, 0xFF][$0 % 8] }
            #expect(bytes.withUnsafeBytes { $0.firstFrameByte(from: 0) } == nil)
            bytes[position] = byte
            #expect(bytes.withUnsafeBytes { $0.firstFrameByte(from: 0) } == position)
            #expect(bytes.withUnsafeBytes { $0.firstFrameByte(from: position) } == position)
            #expect(bytes.withUnsafeBytes { $0.firstFrameByte(from: position + 1) } == nil)
        }
    }
}

/// The framing rules over a whole stream, with all bytes in sight.
private func plainReading(_ bytes: [UInt8], limit: Int) -> (frames: [Frame], skipped: Int) {
    var frames: [Frame] = []
    var skipped = 0
    var payload: [UInt8]?
    var isTrailer = false
    var position = 0
    func finished(_ payload: [UInt8]) -> Frame {
        if payload.isEmpty { return .empty }
        return payload.count > limit
            ? .overlong(start: Array(payload.prefix(limit)), length: payload.count) : .message(payload)
    }
    func broken(_ payload: [UInt8], _ code: FrameError.Code) -> Frame {
        .broken(
            start: Array(payload.count > limit ? payload.prefix(limit) : payload[...]),
            error: FrameError(code, length: payload.count))
    }
    while position < bytes.count {
        let byte = bytes[position]
        let next = position + 1 < bytes.count ? bytes[position + 1] : nil
        position += 1
        guard var body = payload else {
            if byte == 0x0B {
                payload = []
                isTrailer = false
            } else if !(isTrailer && (byte == 0x0D || byte == 0x0A)) {
                isTrailer = false
                skipped += 1
            }
            continue
        }
        let ahead = String(decoding: bytes[position...].prefix(3), as: UTF8.self)
        if byte == 0x1C, next == nil || next == 0x0D || next == 0x0A || next == 0x0B {
            frames.append(finished(body))
            payload = next == 0x0B ? [] : nil
            isTrailer = next != 0x0B
            position += next == nil ? 0 : 1
        } else if byte == 0x0B, ["MSH", "FHS", "BHS"].contains(ahead) {
            frames.append(broken(body, .newFrameInside))
            payload = []
        } else {
            body.append(byte)
            payload = body
        }
    }
    if let payload { frames.append(broken(payload, .unfinished)) }
    return (frames, skipped)
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
