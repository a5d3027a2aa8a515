/// Makes segments of the lines that ``SegmentScan`` finds.
struct LineSplitter {
    var segments: [MessageIndex.SegmentEntry] = []
    private(set) var blankLines = 0
    private(set) var hasContinuation = false
    private(set) var layoutTerminator = MessageLayout.Terminator.carriageReturn
    /// Where the segment begins that is one too many.
    private(set) var refusedAt: Int?

    private var segmentStart: Int
    /// The number of separators before the segment.
    private var firstField = 0
    /// The byte that ends segments in this message; 0 before the first line end.
    private var terminator: UInt8 = 0
    private let segmentsMax: Int

    private static let cr: UInt8 = 0x0D
    private static let lf: UInt8 = 0x0A

    init(start: Int, segmentsMax: Int) {
        segmentStart = start
        self.segmentsMax = segmentsMax
    }

    /// Takes a carriage return or line feed.
    ///
    /// - Parameter fieldCount: how many separators stand before it in the message; `fields` has them.
    @inline(__always)
    mutating func endLine(
        at end: Int, _ fieldCount: Int, _ bytes: UnsafeRawBufferPointer, _ fields: UnsafeMutableBufferPointer<UInt32>
    ) {
        if end < segmentStart { return }
        let byte = bytes[end]
        let next = end &+ 1 < bytes.count ? bytes[end &+ 1] : 0
        if terminator == 0 {
            terminator = byte
            layoutTerminator = byte == Self.lf ? .lineFeed : next == Self.lf ? .both : .carriageReturn
        }
        // A line feed inside a message whose segments end with a carriage return is data, except right after one.
        if byte != terminator, byte == Self.lf { return }
        endSegment(at: end, fieldCount, bytes, fields)
        segmentStart = end + 1
        if byte == Self.cr, next == Self.lf { segmentStart = end + 2 }
    }

    /// Takes the end of the bytes.
    mutating func endMessage(
        _ fieldCount: Int, _ bytes: UnsafeRawBufferPointer, _ fields: UnsafeMutableBufferPointer<UInt32>
    ) {
        if segmentStart < bytes.count { endSegment(at: bytes.count, fieldCount, bytes, fields) }
    }

    private mutating func endSegment(
        at end: Int, _ fieldCount: Int, _ bytes: UnsafeRawBufferPointer, _ fields: UnsafeMutableBufferPointer<UInt32>
    ) {
        guard end > segmentStart else {
            blankLines += 1
            return
        }
        guard segments.count < segmentsMax else {
            refusedAt = refusedAt ?? segmentStart
            return
        }
        let nameEnd = firstField < fieldCount ? Int(fields[firstField]) - 1 : end
        var entry = MessageIndex.SegmentEntry(
            start: UInt32(truncatingIfNeeded: segmentStart), end: UInt32(truncatingIfNeeded: end), code: 0,
            firstField: Int32(truncatingIfNeeded: firstField),
            fieldCount: Int32(truncatingIfNeeded: fieldCount - firstField))
        if nameEnd - segmentStart == 3 {
            entry.code = SegmentCode.pack(bytes[segmentStart], bytes[segmentStart + 1], bytes[segmentStart + 2])
            if MessageIndex.isHeader(entry.code), entry.fieldCount > 0 {
                // The separator after the name is the first field.
                entry.firstField -= 1
                entry.fieldCount += 1
            }
            if entry.code == SegmentCode.add { hasContinuation = true }
        }
        segments.append(entry)
        firstField = fieldCount
    }
}
