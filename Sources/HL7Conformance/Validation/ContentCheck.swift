import HL7

/// Walks a message's segments once, byte by byte, and checks every field that the version defines.
///
/// No string is made and nothing is allocated unless something is found. The parts: this file walks segments, fields
/// and repetitions; `+Components` what is in a repetition; `+Values` single values; `+Varying` fields whose type
/// stands elsewhere in the message; `+Conditions` what one field demands of another.
struct ContentCheck {
    let message: Message
    let set: DefinitionSet
    var report: Report
    /// The names of the segments as numbers, 0 for one that cannot be read; what ``StructureRules`` needs.
    private(set) var segmentNames: [UInt32] = []

    // These point into arrays that `message` and `set` hold, and are valid while `check(_:set:_:)` runs, which alone
    // makes a value of this type: a pointer costs neither a retain nor a bounds check for each byte.
    let bytes: UnsafeBufferPointer<UInt8>
    let classes: UnsafeBufferPointer<UInt8>
    let rows: DefinitionSet.Rows

    let delimiters: Delimiters
    /// Some byte of the message is not valid in its character set.
    let hasUndecodable: Bool
    /// How many values with such bytes were reported; beyond ``undecodableMax`` the rest is not looked for, because
    /// finding the place in what was received can take as long as the message is.
    var undecodableCount = 0
    static let undecodableMax = 100
    var place = Place()
    /// The fields of the segment that have a value, bit `n` for field n; up to 63.
    var valued: UInt64 = 0
    /// What a component that is not a number breaks: less in types whose numbers are often written freely.
    var numberRule = Rule.number
    /// Leading components of the field at hand that ``HeaderRules`` judge.
    var judgedComponents = 0
    var observation = Observation()
    var varying = Varying()

    /// Where the walk is.
    struct Place {
        var segment = 0
        var name: UInt32 = 0
        var field = 0
        /// nil while the field as a whole is meant.
        var repetition: Int?
        var component: Int?
        var subcomponent: Int?

        /// A component is always within a repetition.
        func location(in message: Message) -> Location {
            message[position: segment].location(
                field: field == 0 ? nil : field, repetition: repetition ?? (component == nil ? nil : 1),
                component: component, subcomponent: subcomponent)
        }
    }

    /// Checks a message against a set of definitions.
    ///
    /// - Returns: the names of its segments as numbers, 0 for one that cannot be read.
    static func check(_ message: Message, set: DefinitionSet, _ report: inout Report) -> [UInt32] {
        let classes = ByteClasses.table(message.delimiters)
        return message.indexedBytes.withUnsafeBufferPointer { bytes in
            classes.withUnsafeBufferPointer { classes in
                set.withRows { rows in
                    var check = ContentCheck(message, set, bytes, classes, rows, report)
                    check.checkSegments()
                    report = check.report
                    return check.segmentNames
                }
            }
        }
    }

    private init(
        _ message: Message, _ set: DefinitionSet, _ bytes: UnsafeBufferPointer<UInt8>,
        _ classes: UnsafeBufferPointer<UInt8>, _ rows: DefinitionSet.Rows, _ report: Report
    ) {
        self.message = message
        self.set = set
        self.bytes = bytes
        self.classes = classes
        self.rows = rows
        self.report = report
        delimiters = message.delimiters
        // That a set is refused as a whole is said once, of MSH-18.
        hasUndecodable = !message.charset.isRefused && message.firstUndecodableOffset != nil
        segmentNames.reserveCapacity(message.segmentCount)
    }

    // MARK: Segments

    private mutating func checkSegments() {
        for position in 0..<message.segmentCount {
            let range = message[position: position].range
            let name = segmentName(range)
            segmentNames.append(name)
            place = Place(segment: position, name: name)
            valued = 0
            if name == 0 {
                report.add(
                    .segmentMalformed, nil,
                    "segment \(position + 1) of the message does not begin with a three-character name and a separator")
            } else if name == SegmentName.msh, position > 0 {
                add(.secondHeader, "a second MSH: one frame holds one message or a batch")
            } else if let row = set.segment(name) {
                checkSegment(set.segments[row], range)
            } else {
                if !SegmentName.isLocal(name) { add(.segmentUnknown, "\(set.version) does not define this segment") }
                checkFields(of: nil, range)
            }
        }
        if hasUndecodable, undecodableCount == 0 { reportUndecodableElsewhere() }
    }

    /// The name as a number, or 0 if the segment does not begin with a name and a separator.
    private func segmentName(_ range: Range<Int>) -> UInt32 {
        guard range.count >= 3, range.count == 3 || bytes[range.lowerBound + 3] == delimiters.field else { return 0 }
        let start = range.lowerBound
        let name = UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2])
        return SegmentName.isWellFormed(name) ? name : 0
    }

    private mutating func checkSegment(_ segment: DefinitionSet.SegmentRow, _ range: Range<Int>) {
        if place.name == SegmentName.obx { observation = Observation() }
        var number = checkFields(of: segment, range)
        while number <= Int(segment.lastRequired) {
            let row = rows.fields[Int(segment.firstField) + number - 1]
            place.field = number
            if row.usage == .required { reportRequired(row) }
            number += 1
        }
        if place.name == SegmentName.obx { checkObservation(segment) }
        checkConditions(segment)
    }

    /// - Parameter segment: nil for one that the version does not define.
    /// - Returns: the number after the last field.
    @discardableResult
    private mutating func checkFields(of segment: DefinitionSet.SegmentRow?, _ range: Range<Int>) -> Int {
        var at = range.lowerBound + 4
        var number = 1
        if SegmentName.isHeader(place.name) {
            while at < range.upperBound, bytes[at] != delimiters.field { at += 1 }
            at += 1
            number = 3
        }
        let lastRequired = Int(segment?.lastRequired ?? 0)
        while at <= range.upperBound {
            let start = at
            // Most fields are empty, and most of those need not be there.
            if number > lastRequired, at == range.upperBound || bytes[at] == delimiters.field {
                number += 1
                at += 1
                continue
            }
            var flags: UInt8 = 0
            while at < range.upperBound {
                let byteClass = classes[Int(bytes[at])]
                if byteClass == ByteClasses.field { break }
                flags |= byteClass
                at += 1
            }
            place.field = number
            if let segment {
                checkField(segment, start..<at, flags)
            } else if flags & ByteClasses.special != 0 {
                checkCharacters(start..<at, flags, allowsWhitespace: true)
            }
            number += 1
            at += 1
        }
        return number
    }

    // MARK: Fields

    private mutating func checkField(_ segment: DefinitionSet.SegmentRow, _ range: Range<Int>, _ flags: UInt8) {
        let hasContent = flags & ByteClasses.content != 0
        guard place.field <= Int(segment.fieldCount) else {
            if hasContent { checkFieldBeyond(segment, range, flags) }
            return
        }
        let row = rows.fields[Int(segment.firstField) + place.field - 1]
        guard hasContent else {
            if row.usage == .required { reportRequired(row) }
            return
        }
        switch row.usage {
        case .withdrawn, .notUsed, .undefined:
            add(.fieldWithdrawn, "\(fieldName(row)) is not in use in \(set.version); it is ignored")
            if flags & ByteClasses.special != 0 { checkCharacters(range, flags, allowsWhitespace: true) }
            return
        default: break
        }
        if isNull(range) {
            if row.usage == .required { reportNull(row) }
            return
        }
        if place.field < 64 { valued |= 1 << UInt64(place.field) }
        judgedComponents = 0
        if place.name == SegmentName.msh, !isForContent(row) { return }
        if place.name == SegmentName.obx {
            observe(range)
            if place.field == 2 { return }
        }
        let type = Int(row.type)
        if rows.types[type].format == .varies {
            checkVarying(row, range, flags)
        } else {
            check(type, row, range, flags)
        }
    }

    /// Checks a field of a known type, repetition by repetition.
    mutating func check(_ type: Int, _ row: DefinitionSet.FieldRow, _ range: Range<Int>, _ flags: UInt8) {
        place.repetition = row.maximum == 1 ? nil : 1
        if flags & ByteClasses.repetition == 0 {
            checkRepetition(type, row, range, flags)
        } else {
            let count = forEachRepetition(range) { check, number, part in
                check.checkRepetition(type, row, part, flags)
            }
            checkCount(count, row)
        }
        place.repetition = nil
    }

    /// Calls `body` for every repetition that has a value, with the walk's place set to it.
    ///
    /// A value that must not repeat is still read repetition by repetition, each with its own place.
    /// - Returns: the number of repetitions, empty ones included.
    mutating func forEachRepetition(
        _ range: Range<Int>, _ body: (inout ContentCheck, Int, Range<Int>) -> Void
    ) -> Int {
        var start = range.lowerBound
        var number = 1
        for at in range.lowerBound...range.upperBound
        where at == range.upperBound || bytes[at] == delimiters.repetition {
            if start < at, !isNull(start..<at) {
                place.repetition = number
                body(&self, number, start..<at)
            }
            start = at + 1
            number += 1
        }
        return number - 1
    }

    mutating func checkCount(_ count: Int, _ row: DefinitionSet.FieldRow) {
        guard row.maximum > 0, count > Int(row.maximum) else { return }
        place.repetition = nil
        add(.fieldRepetition, "\(fieldName(row)) occurs \(count) times; \(set.version) allows \(row.maximum)")
    }

    private mutating func checkFieldBeyond(
        _ segment: DefinitionSet.SegmentRow, _ range: Range<Int>, _ flags: UInt8
    ) {
        if continuesInSuccessiveFields { return checkColumn(range, flags) }
        add(.fieldUnexpected, "\(set.version) ends this segment with field \(segment.fieldCount); the rest is ignored")
        if flags & ByteClasses.special != 0 { checkCharacters(range, flags, allowsWhitespace: true) }
    }

    /// Whether a field of MSH is to be looked at here; where ``HeaderRules`` judge its first components, only the rest.
    private mutating func isForContent(_ row: DefinitionSet.FieldRow) -> Bool {
        switch place.field {
        case 9: judgedComponents = 3
        case 11, 12: judgedComponents = 1
        case 15, 16, 18: return false
        default: return true
        }
        return rows.types[Int(row.type)].format.hasComponents
    }

    private mutating func reportRequired(_ row: DefinitionSet.FieldRow) {
        // HeaderRules have their own words for these.
        if place.name == SegmentName.msh, place.field == 7 || (9...12).contains(place.field) { return }
        add(
            .fieldRequired, atMost: isDisputed ? .warning : .error,
            "\(fieldName(row)) is required in \(set.version) and empty")
    }

    /// The field tables of 2.3 require a quantity and timing in ORC-7 and OBR-27, which 2.2 and 2.3.1 leave optional and
    /// no result message of that time has.
    private var isDisputed: Bool {
        self.set.version == .v2_3
            && (place.name == SegmentName.orc && place.field == 7 || place.name == SegmentName.obr && place.field == 27)
    }

    private mutating func reportNull(_ row: DefinitionSet.FieldRow) {
        if place.name == SegmentName.msh, place.field == 7 || place.field == 10 { return }
        add(.fieldNull, "\(fieldName(row)) is required in \(set.version) and cannot be deleted")
    }

    // MARK: Places

    func isNull(_ range: Range<Int>) -> Bool {
        range.count == 2 && bytes[range.lowerBound] == 0x22 && bytes[range.lowerBound + 1] == 0x22
    }

    /// The bytes as a collection of their own; costs a retain.
    func slice(_ range: Range<Int>) -> ArraySlice<UInt8> { message.indexedBytes[range] }

    func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count where bytes[range.lowerBound + offset] != text.utf8Start[offset] { return false }
        return true
    }

    /// Adds a finding at the walk's place.
    mutating func add(_ rule: Rule, atMost most: Severity = .error, _ text: String) {
        let (place, message) = (place, message)
        if let profiled = report.profiled,
            profiled.replaces(
                rule, segment: place.segment, place.field, place.component ?? 0, place.subcomponent ?? 0)
        {
            return
        }
        report.add(rule, place.location(in: message), atMost: most, text)
    }

    /// `PID-3 (Patient Identifier List)`.
    func fieldName(_ row: DefinitionSet.FieldRow) -> String {
        let name = row.name.string(in: DefinitionTables.fields)
        return "\(SegmentName.text(place.name))-\(place.field)" + (name.isEmpty ? "" : " (\(name))")
    }

    private mutating func reportUndecodableElsewhere() {
        guard let offset = message.firstUndecodableOffset else { return }
        let position = message.segments.last { $0.range.lowerBound <= offset }?.position ?? 0
        let text = "byte \(offset) of the message is not valid in \(message.charset.name)"
        // A segment whose name no path can write has no location.
        if segmentNames[position] == 0 { return report.add(.undecodable, nil, text) }
        place = Place(segment: position, name: segmentNames[position])
        add(.undecodable, text)
    }
}
