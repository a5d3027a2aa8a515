import HL7

extension ContentCheck {
    /// Checks one repetition of a field. `flags` cover at least its bytes.
    mutating func checkRepetition(_ type: Int, _ row: DefinitionSet.FieldRow, _ range: Range<Int>, _ flags: UInt8) {
        let typeRow = set.types[type]
        guard typeRow.format.hasComponents else {
            checkPrimitive(typeRow, row, range, flags)
            return
        }
        switch typeRow.format {
        case .structuredNumeric: numberRule = .structuredNumeric
        case .telephone: numberRule = .telephone
        default: numberRule = .number
        }
        defer { numberRule = .number }
        var parts = LeadingParts()
        var number = 1
        var start = range.lowerBound
        for at in range.lowerBound...range.upperBound
        where at == range.upperBound || bytes[at] == delimiters.component {
            if number <= Int(typeRow.componentCount) {
                let component = set.components[Int(typeRow.firstComponent) + number - 1]
                parts.set(number, start..<at)
                place.component = number
                if start < at {
                    checkComponent(component, start..<at, flags)
                } else if component.usage == .required {
                    reportRequired(component)
                }
            }
            start = at + 1
            number += 1
        }
        if typeRow.hasRequiredComponents { checkRequired(typeRow, from: number) }
        place.component = nil
        if number - 1 > Int(typeRow.componentCount) {
            add(
                .componentUnexpected,
                "\(number - 1) components; \(typeName(type)) has \(typeRow.componentCount) in \(set.version)")
        }
        checkWhole(typeRow, row, parts)
    }

    /// The components that follow the last one stated.
    private mutating func checkRequired(_ type: DefinitionSet.TypeRow, from first: Int) {
        var number = first
        while number <= Int(type.componentCount) {
            let component = set.components[Int(type.firstComponent) + number - 1]
            if component.usage == .required {
                place.component = number
                reportRequired(component)
            }
            number += 1
        }
    }

    private mutating func reportRequired(_ component: DefinitionSet.ComponentRow) {
        let name = component.name.string(in: DefinitionTables.components)
        add(.componentRequired, "the component (\(name)) is required in \(set.version) and empty")
    }

    private mutating func checkPrimitive(
        _ type: DefinitionSet.TypeRow, _ row: DefinitionSet.FieldRow, _ range: Range<Int>, _ flags: UInt8
    ) {
        var end = range.upperBound
        // 2.1 names hardly any composite type: its fields are divided though they are called ST or ID.
        let isDivided = flags & (ByteClasses.component | ByteClasses.subcomponent) != 0
        if isDivided, type.format != .unknown, set.version > .v2_1 {
            let isSeparator = { byte in byte == delimiters.component || byte == delimiters.subcomponent }
            if let split = bytes[range].firstIndex(where: isSeparator) {
                add(
                    .componentDelimiter,
                    "a value of one part is divided into components; a separator in text is escaped")
                end = split
            }
        }
        let first = range.lowerBound..<end
        checkValue(type.format, table: row.table, first, flags)
        if row.length > 0, first.count > Int(row.length) { checkLength(row, first, flags) }
    }

    private mutating func checkComponent(
        _ component: DefinitionSet.ComponentRow, _ range: Range<Int>, _ flags: UInt8
    ) {
        if component.usage == .withdrawn || isNull(range) { return }
        let type = set.types[Int(component.type)]
        let isDivided =
            flags & ByteClasses.subcomponent != 0 && bytes[range].contains(delimiters.subcomponent)
        if type.format.hasComponents {
            checkSubcomponents(type, range, flags, isDivided)
        } else if isDivided, type.format != .unknown {
            add(
                .componentDelimiter,
                "a component of one part is divided into sub-components; a separator in text is escaped")
            checkCharacters(range, flags, allowsWhitespace: false)
        } else {
            checkValue(type.format, table: component.table, range, flags)
        }
    }

    private mutating func checkSubcomponents(
        _ type: DefinitionSet.TypeRow, _ range: Range<Int>, _ flags: UInt8, _ isDivided: Bool
    ) {
        var number = 1
        var start = range.lowerBound
        for at in range.lowerBound...range.upperBound
        where at == range.upperBound || isDivided && bytes[at] == delimiters.subcomponent {
            if number <= Int(type.componentCount), start < at, !isNull(start..<at) {
                let part = set.components[Int(type.firstComponent) + number - 1]
                if part.usage != .withdrawn {
                    if isDivided { place.subcomponent = number }
                    checkValue(set.types[Int(part.type)].format, table: part.table, start..<at, flags)
                }
            }
            start = at + 1
            number += 1
        }
        place.subcomponent = nil
        if number - 1 > Int(type.componentCount) {
            add(
                .componentUnexpected,
                "\(number - 1) sub-components; the type has \(type.componentCount) in \(set.version)")
        }
    }

    func typeName(_ type: Int) -> String { set.types[type].name.string(in: DefinitionTables.dataTypes) }

    // MARK: Rules about several components

    /// The first four components of a repetition.
    struct LeadingParts {
        var first = 0..<0
        var second = 0..<0
        var third = 0..<0
        var fourth = 0..<0

        mutating func set(_ number: Int, _ range: Range<Int>) {
            switch number {
            case 1: first = range
            case 2: second = range
            case 3: third = range
            case 4: fourth = range
            default: break
            }
        }
    }

    private mutating func checkWhole(
        _ type: DefinitionSet.TypeRow, _ row: DefinitionSet.FieldRow, _ parts: LeadingParts
    ) {
        switch type.format {
        case .structuredNumeric: checkStructuredNumeric(parts)
        case .identifier where !parts.second.isEmpty && !parts.third.isEmpty: checkCheckDigit(parts)
        case .coded where row.table != 0 && !parts.first.isEmpty: checkCoded(row, parts)
        default: break
        }
    }

    /// SN: `comparator ^ number ^ separator ^ number` (§2.A.71).
    private mutating func checkStructuredNumeric(_ parts: LeadingParts) {
        let comparators = [">", "<", ">=", "<=", "=", "<>"]
        if !parts.first.isEmpty, !comparators.contains(where: { bytes[parts.first].elementsEqual($0.utf8) }) {
            place.component = 1
            add(.structuredNumeric, "the comparator is not one of >, <, >=, <=, = and <>")
        }
        if !parts.third.isEmpty,
            !["-", "+", "/", ".", ":"].contains(where: { bytes[parts.third].elementsEqual($0.utf8) })
        {
            place.component = 3
            add(.structuredNumeric, "the separator is not one of - + / . and :")
        }
        place.component = nil
    }

    private mutating func checkCheckDigit(_ parts: LeadingParts) {
        guard
            let expected = CheckDigit.expected(
                of: bytes[parts.first], scheme: String(decoding: bytes[parts.third], as: UTF8.self)),
            !bytes[parts.second].elementsEqual([expected])
        else { return }
        place.component = 2
        add(.checkDigit, "the check digit does not fit the identifier and its scheme")
        place.component = nil
    }

    /// The code of a coded element is held against the field's table only where its coding system is that table, or
    /// none is named and HL7 defines the codes: a code of another system is right by definition.
    private mutating func checkCoded(_ row: DefinitionSet.FieldRow, _ parts: LeadingParts) {
        let table = set.tables[Int(row.table) - 1]
        let isNamed = !parts.third.isEmpty
        if isNamed {
            guard bytes[parts.third].starts(with: "HL7".utf8),
                let number = Int(String(decoding: bytes[parts.third].dropFirst(3), as: UTF8.self)),
                number == Int(table.number)
            else { return }
        } else if table.kind != .hl7 {
            return
        }
        if isNull(parts.first) { return }
        place.component = 1
        checkCode(table, parts.first)
        place.component = nil
    }
}
