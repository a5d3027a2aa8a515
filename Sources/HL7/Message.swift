/// An HL7 v2 message in delimiter encoding: its bytes exactly as received, and an index over them.
///
///     let message = try Message(parsing: bytes)
///     message["PID-5.1"]                                  // "EVERYWOMAN": decoded by MSH-18 and unescaped
///     message["PID-3[2].1"]                               // second repetition
///     for obx in message.segments("OBX") { print(obx[5] ?? "") }
///
/// Parsing checks only that there is a header to read; what else is wrong with a message is for a validator to find.
/// Copying a message costs one retain.
public struct Message: Sendable {
    let index: MessageIndex

    /// Indexes the bytes of one message, without MLLP framing.
    ///
    /// - Parameter fallback: the character set of a message whose MSH-18 is empty and whose bytes are not ASCII. Without
    ///   it such bytes are taken as UTF-8 if they are valid in it, and as windows-1252 otherwise.
    public init(
        parsing bytes: [UInt8], limits: Limits = Limits(), fallback: Charset? = nil
    ) throws(ParseError) {
        index = try MessageIndex(parsing: bytes, limits: limits, fallback: fallback)
    }

    /// The message exactly as received.
    public var bytes: [UInt8] { index.received }

    /// What offsets of ``Value/range`` count in: ``bytes``, unless the message had to be decoded before it could be
    /// split (GB 18030, Big5, ISO-2022-JP, …) or `ADD` segments had to be joined.
    public var indexedBytes: [UInt8] { index.bytes }

    public var delimiters: Delimiters { index.delimiters }
    public var layout: MessageLayout { index.layout }

    /// The character set of ``bytes``, and how it was chosen.
    public var charset: Charset { index.receivedCharset }
    public var charsetOrigin: Charset.Origin { index.charsetOrigin }

    /// The offset in ``bytes`` of the first byte that is not valid in the message's character set.
    public var firstUndecodableOffset: Int? { firstUndecodableOffset(in: 0..<index.bytes.count) }

    /// The offset in ``bytes`` of the first byte that is not valid in the message's character set, among those that
    /// became a range of ``indexedBytes``.
    public func firstUndecodableOffset(in range: Range<Int>) -> Int? {
        guard index.charset == index.receivedCharset else {
            return index.replaced.first { range.contains($0.decoded) }?.source
        }
        if index.layout.isASCII, !index.charset.isRefused { return nil }
        guard let offset = index.charset.firstInvalidOffset(in: index.bytes[range]) else { return nil }
        // Where continuations were joined, the first in the message stands for all.
        return bytes.count == index.bytes.count ? offset : index.charset.firstInvalidOffset(in: bytes[...])
    }

    // MARK: Segments

    public var segmentCount: Int { index.segments.count }

    /// All segments, in the order of the message.
    public var segments: [Segment] { index.segments.indices.map { Segment(index, $0) } }

    /// The text of a repetition, component or sub-component that lies in these bytes, decoded and unescaped.
    package func text(in range: Range<Int>) -> String { Value(index, range, .repetition).text }

    /// The segment at a 0-based position.
    public subscript(position position: Int) -> Segment { Segment(index, position) }

    /// The segments with a name, in the order of the message.
    public func segments(_ name: String) -> [Segment] {
        let code = SegmentCode.of(name)
        return index.segments.indices.compactMap { position in
            index.matches(position, code, name) ? Segment(index, position) : nil
        }
    }

    /// The `occurrence`-th (1-based) segment with a name, or nil.
    public func segment(_ name: String, occurrence: Int = 1) -> Segment? {
        index.position(of: SegmentCode.of(name), name, occurrence: occurrence).map { Segment(index, $0) }
    }

    // MARK: Values

    /// The text at a path, or nil if the path does not parse or its place is not in the message.
    public subscript(_ path: String) -> String? {
        // A path that does not parse names no place, as a place that is not there.
        guard let path = try? Path(path) else { return nil }
        return self[path]
    }

    /// The text of the first value at a path: nil where segment, field or component is absent, `""` where it is empty.
    public subscript(_ path: Path) -> String? { value(at: path)?.text }

    /// The first value at a path.
    public func value(at path: Path) -> Value? {
        if path.occurrence != .any, path.repetition != .any {
            return index.place(at: path).map { Value(index, $0.range, $0.level) }
        }
        var found: Value?
        _ = contains(at: path) { value in
            found = value
            return true
        }
        return found
    }

    /// Calls `body` with the bytes of the first value at a path, neither decoded nor unescaped: the cheapest way to look
    /// at a value. Returns nil where the path's place is not in the message, or it has a `[*]`.
    public func withBytes<Result>(at path: Path, _ body: (Span<UInt8>) -> Result) -> Result? {
        guard path.occurrence != .any, path.repetition != .any, let place = index.place(at: path) else { return nil }
        let bytes = index.bytes
        return body(bytes.span.extracting(place.range))
    }

    /// What the message says at a path.
    public func presence(of path: String) -> Presence {
        // As above: a path that does not parse names no place.
        guard let path = try? Path(path) else { return .absent }
        return value(at: path)?.presence ?? .absent
    }
}

extension Message: ValueSource {
    public func contains(at path: Path, where predicate: (Value) -> Bool) -> Bool {
        switch path.occurrence {
        case .any:
            for position in index.segments.indices where index.matches(position, path.segmentCode, path.segment) {
                if Segment(index, position).contains(at: path, where: predicate) { return true }
            }
            return false
        case .number(let number):
            return occurrence(number, of: path)?.contains(at: path, where: predicate) ?? false
        case nil:
            return occurrence(1, of: path)?.contains(at: path, where: predicate) ?? false
        }
    }

    private func occurrence(_ number: Int, of path: Path) -> Segment? {
        index.position(of: path.segmentCode, path.segment, occurrence: number).map { Segment(index, $0) }
    }
}

extension Message: Hashable {
    /// Messages are equal if their bytes are.
    public static func == (left: Message, right: Message) -> Bool { left.bytes == right.bytes }
    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

extension MessageIndex {
    func matches(_ position: Int, _ code: UInt32, _ name: String) -> Bool {
        code != 0 ? segments[position].code == code : segments[position].code == 0 && self.name(position) == name
    }

    func position(of code: UInt32, _ name: String, occurrence: Int) -> Int? {
        var remaining = occurrence
        for position in segments.indices where matches(position, code, name) {
            remaining -= 1
            if remaining == 0 { return position }
        }
        return nil
    }

    /// The bytes before the first separator; at most four, so that a line that is no segment does not give its text
    /// away as a name.
    func name(_ position: Int) -> String {
        let segment = segments[position]
        let start = Int(segment.start)
        if segment.code != 0 { return String(decoding: bytes[start..<start + 3], as: UTF8.self) }
        let end = segment.fieldCount > 0 ? Int(fields[Int(segment.firstField)]) - 1 : Int(segment.end)
        return String(decoding: bytes[start..<min(end, start + 4)], as: UTF8.self)
    }
}
