import HL7

/// Walks a message's segments once, byte by byte, and checks every field that the version defines.
///
/// No string is made and nothing is allocated unless something is found. The parts: this file walks segments, fields
/// and repetitions; `+Components` what is in a repetition; `+Values` single values.
struct ContentCheck {
    let message: Message
    let set: DefinitionSet
    var report: Report
    /// The names of the segments as numbers, 0 for one that cannot be read; what ``StructureRules`` needs.
    private(set) var segmentNames: [UInt32] = []

    let bytes: [UInt8]
    let classes: ByteClasses
    let delimiters: Delimiters
    /// Some byte of the message is not valid in its character set.
    let hasUndecodable: Bool
    var foundUndecodable = false
    var place = Place()
    /// What a component that is not a number breaks: less in types whose numbers are often written freely.
    var numberRule = Rule.number
    private var observation = Observation()

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

    /// What the fields of an OBX say about its OBX-5.
    private struct Observation {
        enum ValueType {
            case missing, unchecked
            case known(UInt8)
        }
        var type = ValueType.missing
        var isValued = false
        var status: UInt8?
    }

    init(_ message: Message, version: Version, _ report: Report) {
        self.message = message
        self.report = report
        set = Definitions.set(version)
        bytes = message.indexedBytes
        delimiters = message.delimiters
        classes = ByteClasses(delimiters)
        hasUndecodable = message.firstUndecodableOffset != nil
        segmentNames.reserveCapacity(message.segmentCount)
    }

    // MARK: Segments

    mutating func check() {
        for position in 0..<message.segmentCount {
            let range = message[position: position].range
            let name = segmentName(range)
            segmentNames.append(name)
            place = Place(segment: position, name: name)
            if name == 0 {
                report.add(
                    .segmentMalformed, nil,
                    "segment \(position + 1) of the message does not begin with a three-character name and a separator")
            } else if name == SegmentName.msh, position > 0 {
                add(.secondHeader, "a second MSH: one frame holds one message or a batch")
            } else if let row = set.segment(name) {
                checkSegment(set.segments[row], range)
            } else if !SegmentName.isLocal(name) {
                add(.segmentUnknown, "\(set.version) does not define this segment")
            }
        }
        if hasUndecodable, !foundUndecodable { reportUndecodableElsewhere() }
    }

    /// The name as a number, or 0 if the segment does not begin with a name and a separator.
    private func segmentName(_ range: Range<Int>) -> UInt32 {
        guard range.count >= 3, range.count == 3 || bytes[range.lowerBound + 3] == delimiters.field else { return 0 }
        let start = range.lowerBound
        let name = UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2])
        return SegmentName.isWellFormed(name) ? name : 0
    }

    private mutating func checkSegment(_ segment: DefinitionSet.SegmentRow, _ range: Range<Int>) {
        let isHeader = place.name == SegmentName.msh
        if place.name == SegmentName.obx { observation = Observation() }
        var at = range.lowerBound + 4
        var number = 1
        if isHeader {
            at = range.lowerBound + 4
            while at < range.upperBound, bytes[at] != delimiters.field { at += 1 }
            at += 1
            number = 3
        }
        while at <= range.upperBound {
            let start = at
            var flags: UInt8 = 0
            while at < range.upperBound {
                let byteClass = classes[bytes[at]]
                if byteClass == ByteClasses.field { break }
                flags |= byteClass
                at += 1
            }
            place.field = number
            checkField(segment, start..<at, flags)
            number += 1
            at += 1
        }
        while number <= Int(segment.lastRequired) {
            let row = set.fields[Int(segment.firstField) + number - 1]
            place.field = number
            if row.usage == .required { reportRequired(row) }
            number += 1
        }
        if place.name == SegmentName.obx { checkObservation(segment) }
    }

    // MARK: Fields

    private mutating func checkField(_ segment: DefinitionSet.SegmentRow, _ range: Range<Int>, _ flags: UInt8) {
        let hasContent = flags & ByteClasses.content != 0
        guard place.field <= Int(segment.fieldCount) else {
            if hasContent {
                add(.fieldUnexpected, "\(set.version) ends this segment with field \(segment.fieldCount)")
            }
            return
        }
        let row = set.fields[Int(segment.firstField) + place.field - 1]
        guard hasContent else {
            if row.usage == .required { reportRequired(row) }
            return
        }
        switch row.usage {
        case .withdrawn, .notUsed, .undefined:
            add(.fieldWithdrawn, "\(fieldName(row)) is not in use in \(set.version)")
            return
        default: break
        }
        if isNull(range) {
            if row.usage == .required { reportNull(row) }
            return
        }
        if place.name == SegmentName.msh, isHeaderRuleField(place.field) { return }
        if place.name == SegmentName.obx {
            observe(range)
            if place.field == 2 { return }
        }
        guard let type = resolvedType(row) else { return }
        place.repetition = row.maximum == 1 ? nil : 1
        if flags & ByteClasses.repetition == 0 {
            checkRepetition(type, row, range, flags)
        } else {
            checkRepetitions(type, row, range, flags)
        }
        place.repetition = nil
    }

    private mutating func checkRepetitions(
        _ type: Int, _ row: DefinitionSet.FieldRow, _ range: Range<Int>, _ flags: UInt8
    ) {
        var start = range.lowerBound
        var number = 1
        // A value that must not repeat is still read repetition by repetition, each with its own place.
        for at in range.lowerBound...range.upperBound
        where at == range.upperBound || bytes[at] == delimiters.repetition {
            if start < at, !isNull(start..<at) {
                place.repetition = number
                checkRepetition(type, row, start..<at, flags)
            }
            start = at + 1
            number += 1
        }
        let count = number - 1
        if row.maximum > 0, count > Int(row.maximum) {
            place.repetition = nil
            add(
                .fieldRepetition,
                "\(fieldName(row)) occurs \(count) times; \(set.version) allows \(row.maximum)")
        }
    }

    private func isHeaderRuleField(_ number: Int) -> Bool {
        number == 9 || number == 11 || number == 12 || number == 15 || number == 16 || number == 18
    }

    private mutating func reportRequired(_ row: DefinitionSet.FieldRow) {
        // HeaderRules have their own words for these.
        if place.name == SegmentName.msh, place.field == 7 || (9...12).contains(place.field) { return }
        add(.fieldRequired, "\(fieldName(row)) is required in \(set.version) and empty")
    }

    private mutating func reportNull(_ row: DefinitionSet.FieldRow) {
        if place.name == SegmentName.msh, place.field == 7 || place.field == 10 { return }
        add(.fieldNull, "\(fieldName(row)) is required in \(set.version) and cannot be deleted")
    }

    // MARK: OBX-5 by OBX-2

    private mutating func observe(_ range: Range<Int>) {
        switch place.field {
        case 2: observeType(range)
        case 5: observation.isValued = true
        case 11: observation.status = range.count == 1 ? bytes[range.lowerBound] : 0
        default: break
        }
    }

    private mutating func observeType(_ range: Range<Int>) {
        let name = TableText.hash(bytes[range])
        if let type = set.typeByName[name] {
            observation.type = .known(type)
            return
        }
        observation.type = .unchecked
        if Version.allCases.contains(where: { Definitions.set($0).typeByName[name] != nil }) {
            add(
                .observationTypeOfOtherVersion,
                "OBX-2 is a data type, but not of \(set.version); OBX-5 is not checked")
        } else {
            add(.observationTypeUnknown, "OBX-2 is not a data type; OBX-5 is not checked")
        }
    }

    private mutating func checkObservation(_ segment: DefinitionSet.SegmentRow) {
        guard segment.fieldCount >= 11, case .missing = observation.type,
            set.fields[Int(segment.firstField) + 1].usage != .required
        else { return }
        place.field = 2
        if observation.isValued {
            add(.observationTypeMissing, "OBX-2 (Value Type) is required where OBX-5 has a value")
        } else if let status = observation.status, status != UInt8(ascii: "X") {
            add(.observationTypeMissing, "OBX-2 (Value Type) is required unless OBX-11 is X")
        }
    }

    /// The type of the field, or nil if it is given by something that is not there or not known.
    private func resolvedType(_ row: DefinitionSet.FieldRow) -> Int? {
        guard set.types[Int(row.type)].format == .varies else { return Int(row.type) }
        if place.name == SegmentName.obx, case .known(let type) = observation.type { return Int(type) }
        return nil
    }

    // MARK: Places

    func isNull(_ range: Range<Int>) -> Bool {
        range.count == 2 && bytes[range.lowerBound] == 0x22 && bytes[range.lowerBound + 1] == 0x22
    }

    /// Adds a finding at the walk's place.
    mutating func add(_ rule: Rule, atMost most: Severity = .error, _ text: String) {
        let (place, message) = (place, message)
        report.add(rule, place.location(in: message), atMost: most, text)
    }

    /// `PID-3 (Patient Identifier List)`.
    func fieldName(_ row: DefinitionSet.FieldRow) -> String {
        let name = row.name.string(in: DefinitionTables.fields)
        return "\(SegmentName.text(place.name))-\(place.field)" + (name.isEmpty ? "" : " (\(name))")
    }

    private mutating func reportUndecodableElsewhere() {
        guard let offset = message.firstUndecodableOffset else { return }
        let segment = message.segments.last { $0.range.lowerBound <= offset }
        place = Place(segment: segment?.position ?? 0, name: 0)
        add(.undecodable, "byte \(offset) of the message is not valid in \(message.charset.name)")
    }
}
