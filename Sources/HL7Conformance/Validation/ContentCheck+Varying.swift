import HL7

/// Fields whose data type stands elsewhere in the message (type `varies`).
///
/// | field | its type stands in |
/// |---|---|
/// | OBX-5 | OBX-2 |
/// | MFE-4, MFA-5 | the same repetition of MFE-5, MFA-6 |
/// | RDT-1 and all that follow | the second component of the same repetition of RDF-2, in the RDF before |
/// | QPD-3 and all that follow | the query's own definition, which a message does not carry |
extension ContentCheck {
    /// What the fields of an OBX say about its OBX-5.
    struct Observation {
        enum ValueType {
            case missing, unchecked
            case known(UInt8)
        }
        var type = ValueType.missing
        var isValued = false
        var status: UInt8?
    }

    /// What is remembered from one segment for others.
    struct Varying {
        /// The text of the last OBX-2, by hash: most observations of a message have the type of the one before.
        var lastTypeHash: UInt64 = 0
        var lastType: UInt8 = 0
        /// The types of the columns that the last RDF announced; nil for one that is not known.
        var columns: [UInt8?] = []
        /// MFI-6 asks for an answer to each record.
        var answersRecords = false
    }

    // MARK: OBX

    mutating func observe(_ range: Range<Int>) {
        switch place.field {
        case 2: observeType(range)
        case 5: observation.isValued = true
        case 11: observation.status = range.count == 1 ? bytes[range.lowerBound] : 0
        default: break
        }
    }

    private mutating func observeType(_ range: Range<Int>) {
        let name = TableText.hash(bytes[range])
        if name == varying.lastTypeHash {
            observation.type = .known(varying.lastType)
            return
        }
        if let type = set.typeByName[name] {
            (varying.lastTypeHash, varying.lastType) = (name, type)
            observation.type = .known(type)
            return
        }
        observation.type = .unchecked
        if Version.allCases.contains(where: { Definitions.set($0).typeByName[name] != nil }) {
            add(
                .observationTypeOfOtherVersion,
                "OBX-2 is a data type, but not of \(set.version); OBX-5 is not checked")
        } else {
            add(.observationTypeUnknown, "OBX-2 is not a data type of table 0125; OBX-5 is not checked")
        }
    }

    mutating func checkObservation(_ segment: DefinitionSet.SegmentRow) {
        guard segment.fieldCount >= 11, case .missing = observation.type,
            rows.fields[Int(segment.firstField) + 1].usage != .required
        else { return }
        place.field = 2
        if observation.isValued {
            add(.observationTypeMissing, "OBX-2 (Value Type) is required where OBX-5 has a value")
        } else if let status = observation.status, status != UInt8(ascii: "X") {
            add(.observationTypeMissing, "OBX-2 (Value Type) is required unless OBX-11 is X")
        }
    }

    // MARK: All

    /// Checks a field of type `varies`.
    mutating func checkVarying(_ row: DefinitionSet.FieldRow, _ range: Range<Int>, _ flags: UInt8) {
        switch place.name {
        case SegmentName.obx:
            if case .known(let type) = observation.type { return check(Int(type), row, range, flags) }
        case SegmentName.mfe: return checkKeys(row, range, flags, typesIn: 5)
        case SegmentName.mfa: return checkKeys(row, range, flags, typesIn: 6)
        case SegmentName.rdt: return checkColumn(range, flags)
        default: break
        }
        if flags & ByteClasses.special != 0 { checkCharacters(range, flags, allowsWhitespace: true) }
    }

    /// The keys of a master file record; each repetition is of the type that the same repetition of `field` names.
    private mutating func checkKeys(
        _ row: DefinitionSet.FieldRow, _ range: Range<Int>, _ flags: UInt8, typesIn field: Int
    ) {
        let types = message[position: place.segment].field(field)?.repetitions.map { type(named: $0.bytes) } ?? []
        let count = forEachRepetition(range) { check, number, part in
            if let type = number <= types.count ? types[number - 1] : types.last ?? nil {
                check.checkRepetition(Int(type), row, part, flags)
            } else if flags & ByteClasses.special != 0 {
                check.checkCharacters(part, flags, allowsWhitespace: true)
            }
        }
        checkCount(count, row)
        place.repetition = nil
    }

    private func type(named name: ArraySlice<UInt8>) -> UInt8? { set.typeByName[TableText.hash(name)] }

    // MARK: Tables of query results

    /// The last field of these segments stands for any number of fields like it.
    var continuesInSuccessiveFields: Bool { place.name == SegmentName.rdt || place.name == SegmentName.qpd }

    /// A column of a row, or a parameter of a query.
    mutating func checkColumn(_ range: Range<Int>, _ flags: UInt8) {
        if isNull(range) { return }
        if place.name == SegmentName.rdt, place.field <= varying.columns.count,
            let type = varying.columns[place.field - 1]
        {
            return check(Int(type), Self.column(type), range, flags)
        }
        if flags & ByteClasses.special != 0 { checkCharacters(range, flags, allowsWhitespace: true) }
    }

    /// A column may repeat, and has neither length nor table.
    private static func column(_ type: UInt8) -> DefinitionSet.FieldRow {
        DefinitionSet.FieldRow(
            type: type, usage: .optional, minimum: 0, maximum: 0, length: 0, table: 0, tableNumber: 0, item: 0,
            name: .none)
    }

    /// Takes the types of the columns from an RDF.
    mutating func readColumns() {
        let columns = message[position: place.segment].field(2)?.repetitions ?? []
        varying.columns = columns.map { column in column.component(2).flatMap { type(named: $0.bytes) } }
    }
}
