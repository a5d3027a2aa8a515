/// One pass over a message's bytes that finds every segment and field.
struct SegmentScan {
    let segments: [MessageIndex.SegmentEntry]
    /// The offset after each separator.
    let fields: [UInt32]
    let delimiters: Delimiters
    let layout: MessageLayout
    let hasContinuation: Bool

    private static let cr: UInt8 = 0x0D
    private static let lf: UInt8 = 0x0A

    /// - Throws: ``ParseError/Code/noHeader`` if the bytes do not begin with `MSH` and a separator (a byte order
    ///   mark and blank lines before it are passed over), ``ParseError/Code/tooManySegments``.
    init(_ bytes: [UInt8], limits: Limits) throws(ParseError) {
        var failure: ParseError?
        var header = Header()
        var census = DelimiterScan.Census()
        bytes.withUnsafeBytes { bytes in
            guard let start = Self.headerStart(bytes, &failure) else { return }
            header = Header(bytes, at: start)
            census = DelimiterScan(field: header.delimiters.field).census(bytes)
        }
        if let failure { throw failure }
        var lines = LineSplitter(start: header.start, segmentsMax: limits.segmentsMax)
        lines.segments.reserveCapacity(min(census.lineEnds &+ 1, limits.segmentsMax))
        // Offsets are written four at a time, so up to three entries past the last.
        fields = [UInt32](unsafeUninitializedCapacity: census.separators &+ 4) { table, count in
            bytes.withUnsafeBytes { bytes in count = Self.scan(bytes, header, into: table, &lines) }
        }
        if let offset = lines.refusedAt { throw ParseError(.tooManySegments, offset: offset) }
        delimiters = header.delimiters
        hasContinuation = lines.hasContinuation
        layout = MessageLayout(
            terminator: lines.layoutTerminator, blankLines: lines.blankLines, hasByteOrderMark: header.hasByteOrderMark,
            isASCII: census.isASCII)
        segments = lines.segments
    }

    /// What MSH-1 and MSH-2 say, and where they stand.
    private struct Header {
        var start = 0
        var delimiters = Delimiters.standard
        var hasByteOrderMark = false

        init() {}

        init(_ bytes: UnsafeRawBufferPointer, at start: Int) {
            self.start = start
            hasByteOrderMark = bytes[0] == 0xEF
            let separator = bytes[start + 3]
            var end = start + 4
            while end < bytes.count, bytes[end] != separator, bytes[end] != cr, bytes[end] != lf { end += 1 }
            delimiters = Delimiters(field: separator, encoding: bytes[(start + 4)..<end])
        }
    }

    /// Where `MSH` stands.
    private static func headerStart(_ bytes: UnsafeRawBufferPointer, _ failure: inout ParseError?) -> Int? {
        var start = 0
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { start = 3 }
        while start < bytes.count, bytes[start] == cr || bytes[start] == lf { start += 1 }
        guard start + 3 < bytes.count,
            SegmentCode.pack(bytes[start], bytes[start + 1], bytes[start + 2]) == SegmentCode.msh,
            Delimiters.canSeparateFields(bytes[start + 3])
        else {
            failure = ParseError(.noHeader, offset: start)
            return nil
        }
        return start
    }

    /// - Returns: how many entries were written into `fields`.
    private static func scan(
        _ bytes: UnsafeRawBufferPointer, _ header: Header, into fields: UnsafeMutableBufferPointer<UInt32>,
        _ lines: inout LineSplitter
    ) -> Int {
        let scan = DelimiterScan(field: header.delimiters.field)
        var count = 0
        var offset = header.start
        while offset < bytes.count {
            let isWhole = offset &+ DelimiterScan.blockBytes <= bytes.count
            let block = isWhole ? scan.block(bytes, at: offset) : scan.partialBlock(bytes, at: offset)
            var separators = block.separators
            var written = count
            let next = offset &+ 1
            // Four at a time: how many there are is hard to foresee, and a wrong guess costs more than three stores.
            while separators != 0 {
                for slot in 0..<4 {
                    fields[written &+ slot] = UInt32(truncatingIfNeeded: next &+ separators.trailingZeroBitCount)
                    separators &= separators &- 1
                }
                written &+= 4
            }
            var lineEnds = block.lineEnds
            while lineEnds != 0 {
                let bit = lineEnds & (0 &- lineEnds)
                let before = count &+ (block.separators & (bit &- 1)).nonzeroBitCount
                lines.endLine(at: offset &+ bit.trailingZeroBitCount, before, bytes, fields)
                if lines.refusedAt != nil { return 0 }
                lineEnds ^= bit
            }
            count &+= block.separators.nonzeroBitCount
            offset &+= DelimiterScan.blockBytes
        }
        lines.endMessage(count, bytes, fields)
        return count
    }

    /// Where MSH-18 stands; empty if it is not there.
    var declaredCharset: Range<Int> {
        guard let header = segments.first, header.fieldCount >= 18 else { return 0..<0 }
        let index = Int(header.firstField) + 17
        let end = header.fieldCount == 18 ? Int(header.end) : Int(fields[index + 1]) - 1
        return Int(fields[index])..<end
    }

    /// The bytes with every `ADD` segment joined to the field that it continues (HL7 2.5.1 §2.10.2.1).
    ///
    /// - Parameter invalid: places in the bytes, in order; they become places in the joined bytes.
    func joiningContinuations(in bytes: [UInt8], _ invalid: inout [Charset.Invalid]) -> [UInt8] {
        var joined: [UInt8] = []
        joined.reserveCapacity(bytes.count)
        var moved = 0
        for (number, segment) in segments.enumerated() {
            let body = bytes[Int(segment.start)..<Int(segment.end)]
            if segment.code == SegmentCode.add, number > 0 {
                joined.removeLast()
                joined += body.dropFirst(4)
            } else {
                joined += body
            }
            while moved < invalid.count, invalid[moved].decoded < Int(segment.end) {
                invalid[moved].decoded += joined.count - Int(segment.end)
                moved += 1
            }
            joined.append(Self.cr)
        }
        return joined
    }
}
