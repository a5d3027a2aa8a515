import HL7

/// Where every part of a message lies, down to its leaves, as arrays of offsets made in one pass.
///
///     PID|1||7^^^H~8^^^G          fields:      1  7^^^H~8^^^G (an empty field has no parts)
///                                 repetitions:    7^^^H  8^^^G
///                                 components:     7  ""  ""  H  8  …
///                                 leaves:         the sub-components of all components
struct MessageTable {
    struct Part {
        var start: Int32
        var end: Int32
        /// The first of its parts in the array of the next level; the next one's is behind the last of them.
        var first: Int32

        var isEmpty: Bool { start == end }
    }

    struct SegmentPart {
        /// The three bytes of its name, 0 if it is not three bytes long.
        var code: UInt32
        var start: Int32
        var end: Int32
        /// Of its name in the plan, -1 if no map names it.
        var symbol: Int16
        /// Its field 1.
        var firstField: Int32
        var fieldCount: Int32
        /// The first leaf, behind MSH-1 and MSH-2, and the one behind its last.
        var firstLeaf: Int32
        var endLeaf: Int32
    }

    private(set) var segments: Buffer<SegmentPart>
    private(set) var fields: Buffer<Part>
    private(set) var repetitions: Buffer<Part>
    private(set) var components: Buffer<Part>
    private(set) var leaves: Buffer<Part>

    func free() {
        segments.free()
        fields.free()
        repetitions.free()
        components.free()
        leaves.free()
    }

    private enum Mark: UInt8 { case none, subcomponent, component, repetition, field }

    init(_ message: Message, bytes: UnsafeBufferPointer<UInt8>, plan: FlatPlan) {
        let marks = Self.marks(message.delimiters)
        let fieldMark = message.delimiters.field
        let guess = bytes.count / 4 + 16
        segments = Buffer(capacity: message.segmentCount)
        fields = Buffer(capacity: guess)
        repetitions = Buffer(capacity: guess)
        components = Buffer(capacity: guess)
        leaves = Buffer(capacity: guess)
        for position in 0..<message.segmentCount {
            let range = message[position: position].range
            let (code, isHeader) = Self.code(bytes, range, fieldMark)
            var segment = SegmentPart(
                code: code, start: Int32(range.lowerBound), end: Int32(range.upperBound),
                symbol: code > 0 ? plan.symbol(of: code) : -1,
                firstField: Int32(fields.count), fieldCount: 0, firstLeaf: Int32(leaves.count), endLeaf: 0)
            marks.withUnsafeBufferPointer { scan(bytes, range, $0, isHeader: isHeader) }
            segment.fieldCount = Int32(fields.count) - segment.firstField
            segment.endLeaf = Int32(leaves.count)
            if isHeader { segment.firstLeaf = leavesBehindSeparators(of: segment) }
            segments.append(segment)
        }
        fields.append(Part(start: 0, end: 0, first: Int32(repetitions.count)))
        repetitions.append(Part(start: 0, end: 0, first: Int32(components.count)))
        components.append(Part(start: 0, end: 0, first: Int32(leaves.count)))
    }

    /// What each byte separates; a separator that is several counts as the highest.
    private static func marks(_ delimiters: Delimiters) -> [UInt8] {
        var marks = [UInt8](repeating: 0, count: 256)
        marks[Int(delimiters.subcomponent)] = Mark.subcomponent.rawValue
        marks[Int(delimiters.component)] = Mark.component.rawValue
        marks[Int(delimiters.repetition)] = Mark.repetition.rawValue
        marks[Int(Delimiters.absent)] = 0
        marks[Int(delimiters.field)] = Mark.field.rawValue
        return marks
    }

    /// The three bytes of a segment's name, 0 for a name of another length, and whether it is a header.
    private static func code(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ field: UInt8
    ) -> (code: UInt32, isHeader: Bool) {
        guard range.count >= 3, range.count == 3 || bytes[range.lowerBound + 3] == field else { return (0, false) }
        let start = range.lowerBound
        if bytes[start] == field || bytes[start + 1] == field || bytes[start + 2] == field { return (0, false) }
        let code = UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2])
        return (code, code == 0x4D5348 || code == 0x465348 || code == 0x425348)  // MSH, FHS, BHS
    }

    private mutating func scan(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ marks: UnsafeBufferPointer<UInt8>, isHeader: Bool
    ) {
        var position = range.lowerBound
        while position < range.upperBound, marks[Int(bytes[position])] != Mark.field.rawValue { position += 1 }
        guard position < range.upperBound else { return }
        if isHeader {
            addLiteral(position..<position + 1)
            let start = position + 1
            position = start
            while position < range.upperBound, marks[Int(bytes[position])] != Mark.field.rawValue { position += 1 }
            addLiteral(start..<position)
            guard position < range.upperBound else { return }
        }
        position += 1
        while true {
            position = scanField(bytes, position, range.upperBound, marks)
            if position >= range.upperBound { return }
            position += 1
        }
    }

    /// MSH-1 and MSH-2, in which nothing is split.
    private mutating func addLiteral(_ range: Range<Int>) {
        let (start, end) = (Int32(range.lowerBound), Int32(range.upperBound))
        fields.append(Part(start: start, end: end, first: Int32(repetitions.count)))
        guard start < end else { return }
        repetitions.append(Part(start: start, end: end, first: Int32(components.count)))
        components.append(Part(start: start, end: end, first: Int32(leaves.count)))
        leaves.append(Part(start: start, end: end, first: 0))
    }

    /// One field; returns where it ends.
    private mutating func scanField(
        _ bytes: UnsafeBufferPointer<UInt8>, _ from: Int, _ limit: Int, _ marks: UnsafeBufferPointer<UInt8>
    ) -> Int {
        if from >= limit || marks[Int(bytes[from])] == Mark.field.rawValue {
            fields.append(Part(start: Int32(from), end: Int32(from), first: Int32(repetitions.count)))
            return from
        }
        let (field, firstRepetition) = (from, Int32(repetitions.count))
        var (repetition, firstComponent) = (from, Int32(components.count))
        var (component, firstLeaf) = (from, Int32(leaves.count))
        var leaf = from
        var position = from
        while true {
            var mark = Mark.field.rawValue
            while position < limit {
                mark = marks[Int(bytes[position])]
                if mark != 0 { break }
                position += 1
            }
            let isEnd = position >= limit || mark == Mark.field.rawValue
            let end = Int32(position)
            leaves.append(Part(start: Int32(leaf), end: end, first: 0))
            leaf = position + 1
            if isEnd || mark >= Mark.component.rawValue {
                components.append(Part(start: Int32(component), end: end, first: firstLeaf))
                (component, firstLeaf) = (position + 1, Int32(leaves.count))
            }
            if isEnd || mark >= Mark.repetition.rawValue {
                repetitions.append(Part(start: Int32(repetition), end: end, first: firstComponent))
                (repetition, firstComponent) = (position + 1, Int32(components.count))
            }
            if isEnd {
                fields.append(Part(start: Int32(field), end: end, first: firstRepetition))
                return position
            }
            position += 1
        }
    }

    private func leavesBehindSeparators(of segment: SegmentPart) -> Int32 {
        let literals = fields[Int(segment.firstField)..<fields.count].prefix(2)
        return segment.firstLeaf + Int32(literals.count { !$0.isEmpty })
    }

    // MARK: Parts

    func field(_ number: Int32, of segment: Int32) -> Int32? {
        let segment = segments[Int(segment)]
        return number >= 1 && number <= segment.fieldCount ? segment.firstField + number - 1 : nil
    }
}
