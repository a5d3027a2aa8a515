/// A message's bytes and the offset table over them. Immutable and shared by all views.
///
///     MSH|^~\&|LAB|…<CR>PID|1||…<CR>
///     ^   ^    ^                       fields: the offset after each separator; MSH-1, the separator itself, has no entry
///     ^ segments: start, end, name, entry of field 1 in `fields`, number of fields
final class MessageIndex: Sendable {
    struct SegmentEntry {
        var start: UInt32
        /// One past the last byte, without the terminator.
        var end: UInt32
        /// The three bytes of the name, big-endian, or 0 if the name is not three bytes long.
        var code: UInt32
        /// The entry of field 1 in `fields`; in header segments, whose field 1 has none, one before that of field 2.
        var firstField: Int32
        var fieldCount: Int32
    }

    /// Exactly what was received.
    let received: [UInt8]
    /// What the table points into: `received`, unless it had to be decoded or joined first.
    let bytes: [UInt8]
    let delimiters: Delimiters
    /// The character set of `bytes`.
    let charset: Charset
    /// The character set of `received`.
    let receivedCharset: Charset
    let charsetOrigin: Charset.Origin
    /// What was not valid in `received` and is U+FFFD in `bytes`, if those had to be decoded.
    let replaced: [Charset.Invalid]
    let segments: [SegmentEntry]
    let fields: [UInt32]
    let layout: MessageLayout

    init(parsing received: [UInt8], limits: Limits, fallback: Charset?) throws(ParseError) {
        guard received.count <= limits.messageBytesMax else {
            throw ParseError(.tooLong, offset: limits.messageBytesMax)
        }
        let scan = try SegmentScan(received, limits: limits)
        let isASCII = scan.layout.isASCII
        let (charset, origin) = Charset.choose(
            declared: scan.declaredCharset, repetition: scan.delimiters.repetition, bytes: received, isASCII: isASCII,
            fallback: fallback)
        self.received = received
        receivedCharset = charset
        charsetOrigin = origin
        layout = scan.layout
        guard scan.hasContinuation || Self.needsDecoding(received, charset, isASCII: isASCII) else {
            bytes = received
            self.charset = charset
            replaced = []
            delimiters = scan.delimiters
            segments = scan.segments
            fields = scan.fields
            return
        }
        let prepared = try Prepared(received, charset, scan, limits)
        bytes = prepared.bytes
        self.charset = prepared.charset
        replaced = prepared.invalid
        delimiters = prepared.scan.delimiters
        segments = prepared.scan.segments
        fields = prepared.scan.fields
    }

    /// A message that had to be decoded or joined before it could be split.
    private struct Prepared {
        var bytes: [UInt8]
        var charset: Charset
        var scan: SegmentScan
        var invalid: [Charset.Invalid] = []

        init(_ received: [UInt8], _ charset: Charset, _ scan: SegmentScan, _ limits: Limits) throws(ParseError) {
            bytes = received
            self.charset = charset
            self.scan = scan
            if needsDecoding(received, charset, isASCII: scan.layout.isASCII),
                let repaired = charset.repaired(received[...])
            {
                bytes = repaired.bytes
                invalid = repaired.invalid
                self.charset = .utf8
                self.scan = try SegmentScan(bytes, limits: limits)
            }
            if self.scan.hasContinuation {
                bytes = self.scan.joiningContinuations(in: bytes, &invalid)
                self.scan = try SegmentScan(bytes, limits: limits)
            }
        }
    }

    /// ASCII without escape bytes is the same in all sets that are decoded before the message is split.
    private static func needsDecoding(_ bytes: [UInt8], _ charset: Charset, isASCII: Bool) -> Bool {
        charset.mustBeDecodedBeforeSplitting && (!isASCII || charset.kind == .iso2022 && bytes.contains(0x1B))
    }

    /// The bytes of field `number` (1-based) of the segment at `position` (0-based), or nil beyond its last field.
    func fieldRange(_ position: Int, _ number: Int) -> Range<Int>? {
        let segment = segments[position]
        guard number >= 1, number <= Int(segment.fieldCount) else { return nil }
        let index = Int(segment.firstField) + number - 1
        if number == 1, Self.isHeader(segment.code) { return Int(segment.start) + 3..<Int(segment.start) + 4 }
        let start = Int(fields[index])
        let end = number == Int(segment.fieldCount) ? Int(segment.end) : Int(fields[index + 1]) - 1
        return start..<max(start, end)
    }

    /// Bytes put together from `bytes`, in the character set of `received`.
    func asReceived(_ indexed: [UInt8]) -> [UInt8] {
        if charset == receivedCharset { return indexed }
        return String(validating: indexed, as: UTF8.self).flatMap(receivedCharset.encoded) ?? indexed
    }

    /// MSH, FHS and BHS: their first field is the separator itself.
    static func isHeader(_ code: UInt32) -> Bool {
        code == SegmentCode.msh || code == SegmentCode.fhs || code == SegmentCode.bhs
    }
}

/// How the segments of a message are laid out in its bytes.
public struct MessageLayout: Hashable, Sendable {
    public enum Terminator: Hashable, Sendable { case carriageReturn, lineFeed, both }
    /// What ends the first segment. HL7 allows the carriage return only (§2.5.2).
    public var terminator = Terminator.carriageReturn
    /// Lines without a byte between segments.
    public var blankLines = 0
    /// A UTF-8 byte order mark stood before the MSH.
    public var hasByteOrderMark = false
    /// All bytes are below 0x80.
    public var isASCII = true
}

/// Three-letter segment names as numbers, so that the hot path compares no strings.
enum SegmentCode {
    static let msh = pack(0x4D, 0x53, 0x48)
    static let fhs = pack(0x46, 0x48, 0x53)
    static let bhs = pack(0x42, 0x48, 0x53)
    static let add = pack(0x41, 0x44, 0x44)

    static func pack(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> UInt32 {
        UInt32(a) << 16 | UInt32(b) << 8 | UInt32(c)
    }

    /// The code of a name, or 0 if it is not three bytes long.
    static func of(_ name: String) -> UInt32 {
        let utf8 = Array(name.utf8.prefix(4))
        return utf8.count == 3 ? pack(utf8[0], utf8[1], utf8[2]) : 0
    }
}
