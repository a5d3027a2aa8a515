import HL7

extension ContentCheck {
    /// Checks one repetition of a field. `flags` cover at least its bytes.
    mutating func checkRepetition(_ type: Int, _ row: DefinitionSet.FieldRow, _ range: Range<Int>, _ flags: UInt8) {
        let typeRow = rows.types[type]
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
        let (first, count) = (Int(typeRow.firstComponent), Int(typeRow.componentCount))
        let isPlain = flags & (ByteClasses.special | ByteClasses.subcomponent) == 0
        let separator = delimiters.component
        var number = 1
        var start = range.lowerBound
        while start <= range.upperBound {
            var at = start
            while at < range.upperBound, bytes[at] != separator { at += 1 }
            if number <= count {
                let component = rows.components[first + number - 1]
                if number <= 3 { parts.set(number, start..<at) }
                if start < at {
                    if !isPlain || !component.isFree {
                        place.component = number
                        checkComponent(component, start..<at, flags)
                    }
                } else if component.usage == .required, number > judgedComponents {
                    place.component = number
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
            let component = rows.components[Int(type.firstComponent) + number - 1]
            if component.usage == .required, number > judgedComponents {
                place.component = number
                reportRequired(component)
            }
            number += 1
        }
    }

    private mutating func reportRequired(_ component: DefinitionSet.ComponentRow, _ kind: String = "component") {
        let name = component.name.string(in: DefinitionTables.components)
        add(.componentRequired, "the \(kind) (\(name)) is required in \(set.version) and empty")
    }

    private mutating func checkPrimitive(
        _ type: DefinitionSet.TypeRow, _ row: DefinitionSet.FieldRow, _ range: Range<Int>, _ flags: UInt8
    ) {
        var end = range.upperBound
        // 2.1 names hardly any composite type: its fields are divided though they are called ST or ID.
        let isDivided = flags & (ByteClasses.component | ByteClasses.subcomponent) != 0
        if isDivided, type.format != .unknown, set.version > .v2_1 {
            let split = range.first { bytes[$0] == delimiters.component || bytes[$0] == delimiters.subcomponent }
            if let split {
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
        let type = rows.types[Int(component.type)]
        if isNull(range) { return }
        if component.usage == .withdrawn {
            let name = component.name.string(in: DefinitionTables.components)
            add(.componentWithdrawn, "the component (\(name)) is not in use in \(set.version); it is ignored")
        }
        if component.usage == .withdrawn || isJudgedElsewhere {
            if flags & ByteClasses.special != 0 { checkCharacters(range, flags, allowsWhitespace: false) }
            return
        }
        let isDivided =
            flags & ByteClasses.subcomponent != 0 && range.contains { bytes[$0] == delimiters.subcomponent }
        if type.format.hasComponents {
            checkSubcomponents(type, range, flags, isDivided)
        } else if isDivided, type.format != .unknown {
            add(
                .componentDelimiter,
                "a component of one part is divided into sub-components; a separator in text is escaped")
            if flags & ByteClasses.special != 0 { checkCharacters(range, flags, allowsWhitespace: false) }
        } else {
            checkValue(type.format, table: component.table, range, flags)
        }
    }

    private var isJudgedElsewhere: Bool { judgedComponents > 0 && (place.component ?? 0) <= judgedComponents }

    private mutating func checkSubcomponents(
        _ type: DefinitionSet.TypeRow, _ range: Range<Int>, _ flags: UInt8, _ isDivided: Bool
    ) {
        let last = Int(type.componentCount)
        var number = 1
        var start = range.lowerBound
        while start <= range.upperBound {
            var at = start
            if isDivided {
                while at < range.upperBound, bytes[at] != delimiters.subcomponent { at += 1 }
            } else {
                at = range.upperBound
            }
            if number <= last {
                checkSubcomponent(rows.components[Int(type.firstComponent) + number - 1], number, start..<at, flags)
            }
            start = at + 1
            number += 1
        }
        if type.hasRequiredComponents {
            for missing in number..<max(number, last + 1) {
                checkSubcomponent(rows.components[Int(type.firstComponent) + missing - 1], missing, 0..<0, flags)
            }
        }
        place.subcomponent = nil
        if number - 1 > last {
            add(.componentUnexpected, "\(number - 1) sub-components; the type has \(last) in \(set.version)")
        }
    }

    private mutating func checkSubcomponent(
        _ part: DefinitionSet.ComponentRow, _ number: Int, _ range: Range<Int>, _ flags: UInt8
    ) {
        if range.isEmpty {
            if part.usage == .required {
                place.subcomponent = number
                reportRequired(part, "sub-component")
            }
            return
        }
        let format = rows.types[Int(part.type)].format
        if part.usage == .withdrawn || format == .text && flags & ByteClasses.special == 0 || isNull(range) { return }
        // A component that is not divided is its own first sub-component, and named as the component.
        place.subcomponent = number == 1 && !isDivided(after: range) ? nil : number
        checkValue(format, table: part.table, range, flags)
    }

    private func isDivided(after range: Range<Int>) -> Bool {
        range.upperBound < bytes.count && bytes[range.upperBound] == delimiters.subcomponent
    }

    func typeName(_ type: Int) -> String { rows.types[type].name.string(in: DefinitionTables.dataTypes) }

    // MARK: Rules about several components

    /// The first three components of a repetition.
    struct LeadingParts {
        var first = 0..<0
        var second = 0..<0
        var third = 0..<0

        mutating func set(_ number: Int, _ range: Range<Int>) {
            switch number {
            case 1: first = range
            case 2: second = range
            default: third = range
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
        if !parts.first.isEmpty, !isComparator(parts.first) {
            place.component = 1
            add(.structuredNumeric, "the comparator is not one of >, <, >=, <=, = and <>")
        }
        if !parts.third.isEmpty, !isSeparator(parts.third) {
            place.component = 3
            add(.structuredNumeric, "the separator is not one of - + / . and :")
        }
        place.component = nil
    }

    private func isComparator(_ range: Range<Int>) -> Bool {
        let first = bytes[range.lowerBound]
        let isOne = first == 0x3C || first == 0x3D || first == 0x3E
        if range.count == 1 { return isOne }
        let second = bytes[range.lowerBound + 1]
        return range.count == 2 && isOne && first != 0x3D && (second == 0x3D || first == 0x3C && second == 0x3E)
    }

    private func isSeparator(_ range: Range<Int>) -> Bool {
        guard range.count == 1 else { return false }
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: ":"): return true
        default: return false
        }
    }

    private mutating func checkCheckDigit(_ parts: LeadingParts) {
        guard
            let expected = CheckDigit.expected(
                of: slice(parts.first), scheme: String(decoding: bytes[parts.third], as: UTF8.self)),
            parts.second.count != 1 || bytes[parts.second.lowerBound] != expected
        else { return }
        place.component = 2
        add(.checkDigit, "the check digit does not fit the identifier and its scheme")
        place.component = nil
    }

    /// The code of a coded element is held against the field's table only where its coding system is that table, or
    /// none is named and HL7 defines the codes: a code of another system is right by definition.
    private mutating func checkCoded(_ row: DefinitionSet.FieldRow, _ parts: LeadingParts) {
        let table = rows.tables[Int(row.table) - 1]
        if parts.third.isEmpty {
            guard table.kind == .hl7 else { return }
        } else {
            guard isTable(table.number, parts.third) else { return }
        }
        if isNull(parts.first) { return }
        place.component = 1
        checkCode(table, parts.first)
        place.component = nil
    }

    /// Whether a coding system is `HL7nnnn` with the number of a table; leading zeros may be left out.
    private func isTable(_ number: UInt16, _ system: Range<Int>) -> Bool {
        guard system.count > 3, system.count <= 7, equals(system.lowerBound..<system.lowerBound + 3, "HL7") else {
            return false
        }
        var stated = 0
        for at in (system.lowerBound + 3)..<system.upperBound {
            guard bytes[at] >= 0x30, bytes[at] <= 0x39 else { return false }
            stated = stated * 10 + Int(bytes[at] - 0x30)
        }
        return stated == Int(number)
    }
}
