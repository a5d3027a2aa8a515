import HL7

extension ProfileCheck {
    mutating func checkRepetitions(_ plan: FieldPlan, _ range: Range<Int>) {
        var number = 1
        var start = range.lowerBound
        while true {
            var end = start
            while end < range.upperBound, bytes[end] != delimiters.repetition { end += 1 }
            scope.repetition = number
            if start < end, !isNull(start..<end), isValued(start..<end) {
                checkRepetition(plan, start..<end)
            }
            if end >= range.upperBound { break }
            start = end + 1
            number += 1
        }
        guard let cardinality = plan.element?.cardinality, let element = plan.element else { return }
        scope.repetition = 0
        if number < cardinality.minimum {
            add(.profileCardinality, text(element.label, number, "asks for at least \(cardinality.minimum)"))
        } else if let maximum = cardinality.maximum, number > maximum {
            add(.profileCardinality, text(element.label, number, "allows \(maximum)"))
        }
    }

    func text(_ label: String, _ count: Int, _ expected: String) -> String {
        "\(label) occurs \(count) \(count == 1 ? "time" : "times"); the profile \(profile.name) \(expected)"
    }

    private mutating func checkRepetition(_ plan: FieldPlan, _ range: Range<Int>) {
        if let element = plan.element {
            if let codes = element.codes, codes.isCodedElement { checkCodedElement(element, codes, range) }
            checkValue(element, range)
        }
        guard !plan.components.isEmpty else { return }
        checkParts(plan.components, range, delimiters.component, isComponent: true)
        component = nil
    }

    /// Finds the parts that are spoken of among the parts of a value, in one pass.
    private mutating func checkParts(
        _ parts: [PartPlan], _ range: Range<Int>, _ separator: UInt8, isComponent: Bool
    ) {
        var number = 1
        var start = range.lowerBound
        for part in parts {
            while number < part.number, start <= range.upperBound {
                while start < range.upperBound, bytes[start] != separator { start += 1 }
                start += 1
                number += 1
            }
            var end = min(start, range.upperBound)
            while end < range.upperBound, bytes[end] != separator { end += 1 }
            if isComponent { component = part.number } else { subcomponent = part.number }
            checkPart(part, min(start, end)..<end)
        }
    }

    private mutating func checkPart(_ part: PartPlan, _ range: Range<Int>) {
        let isNull = isNull(range)
        let isValued = !isNull && isValued(range)
        if let element = part.element {
            guard checkUsage(element, isValued: isValued, isNull: isNull) else { return }
            if isValued { checkValue(element, range) }
        }
        guard isValued, !part.parts.isEmpty else { return }
        checkParts(part.parts, range, delimiters.subcomponent, isComponent: false)
        subcomponent = nil
    }

    // MARK: Values

    mutating func checkValue(_ element: ElementPlan, _ range: Range<Int>) {
        if let length = element.length { checkLength(element.label, length, range) }
        if let most = element.conformanceLength, range.count > most {
            let count = characterCount(range)
            if count > most {
                add(
                    .profileConformanceLength,
                    "\(element.label) has \(count) characters; by the profile \(profile.name) receivers keep \(most)")
            }
        }
        if let constant = element.constant, !equals(range, constant) {
            add(
                .profileValue, "\(element.label) is not \"\(constant.text)\", as the profile \(profile.name) asks")
        }
        if let codes = element.codes, !codes.isCodedElement, !contains(codes.codes, range) {
            add(.profileValue, "\(element.label) is not \(codes.label), as the profile \(profile.name) asks")
        }
    }

    private mutating func checkLength(_ label: String, _ length: Cardinality, _ range: Range<Int>) {
        let isTooLong = length.maximum.map { range.count > $0 } ?? false
        guard isTooLong || length.minimum > 1 || bytes[range].contains(delimiters.escape) else { return }
        let count = characterCount(range)
        if let maximum = length.maximum, count > maximum {
            add(.profileLength, "\(label) has \(count) characters; the profile \(profile.name) allows \(maximum)")
        } else if count < length.minimum {
            add(
                .profileLength,
                "\(label) has \(count) characters; the profile \(profile.name) asks for at least \(length.minimum)")
        }
    }

    /// A coded element is right if one of its triplets is: a code of the set, with its coding system.
    private mutating func checkCodedElement(_ element: ElementPlan, _ plan: CodePlan, _ range: Range<Int>) {
        let parts = components(range, upTo: 6)
        func isRight(_ code: Int, _ system: Int) -> Bool {
            guard code < parts.count, contains(plan.codes, parts[code]) else { return false }
            guard let expected = plan.system else { return true }
            return system < parts.count && bytes[parts[system]].elementsEqual(expected.utf8)
        }
        if isRight(0, 2) || isRight(3, 5) { return }
        component = 1
        add(.profileValue, "\(element.label) is not \(plan.label), as the profile \(profile.name) asks")
        component = nil
    }

    /// The ranges of the first components of a repetition.
    func components(_ range: Range<Int>, upTo count: Int) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var start = range.lowerBound
        for at in range.lowerBound...range.upperBound
        where at == range.upperBound || bytes[at] == delimiters.component {
            parts.append(start..<at)
            if parts.count == count { break }
            start = at + 1
        }
        return parts
    }

    func equals(_ range: Range<Int>, _ constant: ConstantPlan) -> Bool {
        bytes[range].elementsEqual(constant.utf8) || decoded(range).map { $0 == constant.text } ?? false
    }

    func contains(_ codes: CodeSet, _ range: Range<Int>) -> Bool {
        if range.isEmpty || isNull(range) { return false }
        return codes.contains(bytes[range]) || decoded(range).map { codes.contains(Array($0.utf8)[...]) } ?? false
    }

    private func characterCount(_ range: Range<Int>) -> Int {
        decoded(range).map(\.unicodeScalars.count) ?? range.count
    }

    /// The text at the place that is looked at, where its bytes are not already it.
    private func decoded(_ range: Range<Int>) -> String? {
        guard bytes[range].contains(where: { $0 == delimiters.escape || $0 >= 0x80 }) else { return nil }
        var value = grouped.message[position: scope.segment].field(scope.field)
        if scope.repetition > 0 { value = value?.repetition(scope.repetition) }
        if let component { value = value?.component(component) }
        if let subcomponent { value = value?.subcomponent(subcomponent) }
        guard let value else { return nil }
        // A part that is looked at on behalf of the whole, as the code of a coded element.
        if value.range != range { return value.components.first { $0.range == range }?.text }
        return value.text
    }

    // MARK: Observations

    /// What OBX-3 says of OBX-2, OBX-5 and OBX-6.
    mutating func checkObservation(_ segment: Segment) {
        guard let code = segment[3, component: 1], let plan = profile.observations[code] else { return }
        scope.repetition = 0
        let expected = "as the profile \(profile.name) asks for this observation"
        if let types = plan.types, let range = segment.field(2)?.range, !range.isEmpty {
            scope.field = 2
            if !contains(types, range) {
                add(.profileType, "OBX-2 (Value Type) is not \(Self.list(types)), \(expected)")
            }
        }
        if let units = plan.units, isValued(segment, 5) {
            scope.field = 6
            let range = segment.field(6)?.component(1)?.range ?? 0..<0
            if !contains(units, range) {
                component = 1
                add(.profileValue, "OBX-6 (Units) is not \(Self.list(units)), \(expected)")
                component = nil
            }
        }
        if let values = plan.values, let field = segment.field(5), isValued(segment, 5) {
            scope.field = 5
            for (index, repetition) in field.repetitions.enumerated() where isValued(repetition.range) {
                scope.repetition = index + 1
                let parts = components(repetition.range, upTo: 6)
                let isRight = contains(values.codes, parts[0]) || parts.count > 3 && contains(values.codes, parts[3])
                if !isRight { add(.profileValue, "OBX-5 (Observation Value) is not \(values.label), \(expected)") }
            }
        }
        scope.field = 0
        scope.repetition = 0
    }

    private func isValued(_ segment: Segment, _ field: Int) -> Bool {
        guard let range = segment.field(field)?.range else { return false }
        return !isNull(range) && isValued(range)
    }

    private static func list(_ codes: CodeSet) -> String {
        codes.list(most: 12).map { codes.count == 1 ? $0 : "one of \($0)" } ?? "one of \(codes.count) codes"
    }
}
