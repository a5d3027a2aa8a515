/// The messages in bytes that may hold one message, several, or a batch file (HL7 2.5.1 §2.10.3).
///
///     FHS|…          file header          each optional
///     BHS|…          batch header
///     MSH|… PID|…    message              zero or more
///     BTS|2          batch trailer
///     FTS|1          file trailer
public struct Batch: Hashable, Sendable {
    /// Where each message lies in the bytes, from its MSH to the end of its last segment, terminator included.
    public private(set) var messages: [Range<Int>] = []
    /// The segments FHS, BHS, BTS and FTS, in order.
    public private(set) var envelope: [Range<Int>] = []
    /// Bytes before the first header segment.
    public private(set) var leadingBytes = 0

    /// Whether there is an FHS, BHS, BTS or FTS: the answer to it is then a batch too.
    public var isBatch: Bool { !envelope.isEmpty }

    /// Finds the messages. Segments may end with CR, LF or both.
    public init(_ bytes: some RandomAccessCollection<UInt8>) {
        let bytes = Array(bytes)
        var lineStart = 0
        var open: Int?
        func close(at end: Int) {
            if let start = open { messages.append(start..<end) }
            open = nil
        }
        var sawHeader = false
        while lineStart < bytes.count {
            let end = bytes[lineStart...].firstIndex { $0 == 0x0D || $0 == 0x0A } ?? bytes.count
            var next = min(end + 1, bytes.count)
            if next < bytes.count, bytes[end] == 0x0D, bytes[next] == 0x0A { next += 1 }
            let name = Self.name(bytes[lineStart..<end], isFirst: !sawHeader)
            switch name {
            case "MSH":
                close(at: lineStart)
                open = lineStart
            case "FHS", "BHS", "BTS", "FTS":
                close(at: lineStart)
                envelope.append(lineStart..<end)
            default:
                if !sawHeader { leadingBytes = next }
            }
            if name != nil { sawHeader = true }
            lineStart = next
        }
        close(at: bytes.count)
    }

    private static func name(_ line: ArraySlice<UInt8>, isFirst: Bool) -> String? {
        var line = line
        if isFirst, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        guard line.count > 3 || line.elementsEqual("BTS".utf8) || line.elementsEqual("FTS".utf8) else { return nil }
        let name = String(decoding: line.prefix(3), as: UTF8.self)
        guard ["MSH", "FHS", "BHS", "BTS", "FTS"].contains(name) else { return nil }
        // A letter or digit in fourth place: another word that begins like it, not a segment.
        if line.count > 3 {
            if !Delimiters.canSeparateFields(line[line.startIndex + 3]) { return nil }
        }
        return name
    }
}
