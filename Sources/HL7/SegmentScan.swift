/// One pass over a message's bytes that finds every segment and field.
struct SegmentScan {
    private(set) var segments: [MessageIndex.SegmentEntry] = []
    private(set) var fields: [UInt32] = []
    private(set) var delimiters: Delimiters
    private(set) var layout = MessageLayout()
    private(set) var hasContinuation = false
    var isASCII: Bool { layout.isASCII }

    private var segmentStart: Int
    private var firstField = 0
    private var terminator: UInt8 = 0
    private let limits: Limits

    /// - Throws: ``ParseError/Code/noHeader`` if the bytes do not begin with `MSH` and a separator (a byte order
    ///   mark and blank lines before it are passed over), ``ParseError/Code/tooManySegments``.
    init(_ bytes: [UInt8], limits: Limits) throws(ParseError) {
        self.limits = limits
        var start = 0
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            start = 3
            layout.hasByteOrderMark = true
        }
        while start < bytes.count, bytes[start] == Self.cr || bytes[start] == Self.lf { start += 1 }
        guard start + 3 < bytes.count, bytes[start...].starts(with: [0x4D, 0x53, 0x48]),
            Delimiters.canSeparateFields(bytes[start + 3])
        else { throw ParseError(.noHeader, offset: start) }
        segmentStart = start
        let separator = bytes[start + 3]
        let encoding = bytes[(start + 4)...].prefix { $0 != separator && $0 != Self.cr && $0 != Self.lf }
        delimiters = Delimiters(field: separator, encoding: encoding)
        segments.reserveCapacity(bytes.count / 64 + 4)
        fields.reserveCapacity(bytes.count / 6 + 16)
        try scan(bytes, from: start)
    }

    private static let cr: UInt8 = 0x0D
    private static let lf: UInt8 = 0x0A

    /// Eight bytes at a time: a byte of `x ^ pattern` is zero where the byte of `x` is the one looked for.
    private mutating func scan(_ bytes: [UInt8], from start: Int) throws(ParseError) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let separators = ones &* UInt64(delimiters.field)
        let crs = ones &* UInt64(Self.cr)
        let lfs = ones &* UInt64(Self.lf)
        func zeros(_ x: UInt64) -> UInt64 { ~(((x & ~highs) &+ ~highs) | x | ~highs) }

        let count = bytes.count
        var position = start
        var high: UInt64 = 0
        while position + 8 <= count {
            let word = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: UInt64.self) }
                .littleEndian
            high |= word
            var hits = zeros(word ^ separators) | zeros(word ^ crs) | zeros(word ^ lfs)
            while hits != 0 {
                let at = position + hits.trailingZeroBitCount / 8
                try visit(bytes[at], at, bytes)
                hits &= hits &- 1
            }
            position += 8
        }
        while position < count {
            let byte = bytes[position]
            high |= UInt64(byte)
            if byte == delimiters.field || byte == Self.cr || byte == Self.lf { try visit(byte, position, bytes) }
            position += 1
        }
        layout.isASCII = high & highs == 0
        if segmentStart < count { try endSegment(at: count, bytes) }
    }

    private mutating func visit(_ byte: UInt8, _ at: Int, _ bytes: [UInt8]) throws(ParseError) {
        if at < segmentStart { return }
        if byte == delimiters.field {
            if at == segmentStart + 3, MessageIndex.isHeader(code(at: segmentStart, to: at, bytes)) {
                fields.append(UInt32(at))
            }
            fields.append(UInt32(at + 1))
            return
        }
        if terminator == 0 {
            terminator = byte
            let next = at + 1 < bytes.count ? bytes[at + 1] : 0
            layout.terminator = byte == Self.lf ? .lineFeed : next == Self.lf ? .both : .carriageReturn
        }
        // A line feed inside a message whose segments end with a carriage return is data, except right after one.
        if byte != terminator, byte == Self.lf { return }
        try endSegment(at: at, bytes)
        segmentStart = at + 1
        if byte == Self.cr, terminator == Self.cr, at + 1 < bytes.count, bytes[at + 1] == Self.lf {
            segmentStart = at + 2
        }
    }

    private mutating func endSegment(at end: Int, _ bytes: [UInt8]) throws(ParseError) {
        guard end > segmentStart else {
            layout.blankLines += 1
            return
        }
        guard segments.count < limits.segmentsMax else { throw ParseError(.tooManySegments, offset: segmentStart) }
        let hasFields = firstField < fields.count
        var nameEnd = hasFields ? Int(fields[firstField]) - 1 : end
        // The first field of a header is its separator, which stands one byte before the others begin.
        if hasFields, nameEnd == segmentStart + 2, MessageIndex.isHeader(code(at: segmentStart, to: nameEnd + 1, bytes))
        {
            nameEnd += 1
        }
        let code = code(at: segmentStart, to: nameEnd, bytes)
        segments.append(
            MessageIndex.SegmentEntry(
                start: UInt32(segmentStart), end: UInt32(end), code: code, firstField: UInt32(firstField),
                fieldCount: UInt32(fields.count - firstField)))
        if code == SegmentCode.add { hasContinuation = true }
        firstField = fields.count
    }

    private func code(at start: Int, to end: Int, _ bytes: [UInt8]) -> UInt32 {
        end - start == 3 ? SegmentCode.pack(bytes[start], bytes[start + 1], bytes[start + 2]) : 0
    }

    /// The bytes of MSH-18.
    func declaredCharset(in bytes: [UInt8]) -> ArraySlice<UInt8> {
        guard let header = segments.first, header.fieldCount >= 18 else { return [] }
        let index = Int(header.firstField) + 17
        let end = header.fieldCount == 18 ? Int(header.end) : Int(fields[index + 1]) - 1
        return bytes[Int(fields[index])..<end]
    }

    /// The bytes with every `ADD` segment joined to the field that it continues (HL7 2.5.1 §2.10.2.1).
    func joiningContinuations(in bytes: [UInt8]) -> [UInt8] {
        var joined: [UInt8] = []
        joined.reserveCapacity(bytes.count)
        for (number, segment) in segments.enumerated() {
            let body = bytes[Int(segment.start)..<Int(segment.end)]
            if segment.code == SegmentCode.add, number > 0 {
                joined.removeLast()
                joined += body.dropFirst(4)
            } else {
                joined += body
            }
            joined.append(Self.cr)
        }
        return joined
    }
}
