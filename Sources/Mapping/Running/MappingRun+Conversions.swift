import FHIR
import HL7

extension MappingRun {
    /// What a conversion makes of a value, or nil if it is not such a value.
    ///
    /// - Parameter read: gets the ranges that were used.
    func converted(_ hand: Hand, _ conversion: Conversion, _ row: RowPlan, _ read: inout [Range<Int>]) -> JSONValue? {
        switch conversion {
        case .coding: return coding(hand, row, &read)
        case .codeableConcept: return concept(hand, row, &read)
        case .authority: return authority(hand, &read)
        case .system:
            let text = clean(hand.leaf.text, trimsStart: true)
            guard !text.isEmpty else { return nil }
            read = [hand.leaf.range]
            return .string(names.codingSystem(text))
        case .text, .markdown:
            read = [hand.value.range]
            let text = clean(hand.value.text, trimsStart: false)
            return text.isEmpty ? nil : .string(text)
        case .base64Encode:
            read = [hand.value.range]
            return .string(Base64.encoded(Array(hand.value.text.utf8)))
        default:
            let leaf = hand.leaf
            guard leaf.presence == .value else { return nil }
            read = [leaf.range]
            if conversion == .date || conversion == .dateTime || conversion == .instant {
                return time(leaf, conversion)
            }
            return translated(clean(leaf.text, trimsStart: true), conversion, row)
        }
    }

    /// A primitive, by the row's table if it has one.
    private func translated(_ text: String, _ conversion: Conversion, _ row: RowPlan) -> JSONValue? {
        guard let table = row.table else {
            return primitive(text.isEmpty ? text : (row.prefix ?? "") + text, conversion)
        }
        guard let code = table.code(for: text) else { return row.onUnmapped.flatMap { primitive($0, conversion) } }
        return primitive(code.code, conversion)
    }

    /// A text as a FHIR primitive; nil if it is none.
    func primitive(_ text: String, _ conversion: Conversion) -> JSONValue? {
        guard !text.isEmpty else { return nil }
        switch conversion {
        case .string, .text, .markdown, .instant, .dateTime, .date: return .string(text)
        case .code: return .string(Primitive.code(text))
        case .boolean: return Primitive.boolean(text).map { .bool($0) }
        case .integer, .positiveInt, .unsignedInt:
            return Primitive.integer(text, minimum: conversion == .integer ? nil : conversion == .positiveInt ? 1 : 0)
        case .decimal: return Primitive.decimal(text)
        case .time: return FHIRTime.time(text).map { .string($0) }
        case .base64Binary: return Base64.checked(text).map { .string($0) }
        case .base64FromHex: return Base64.fromHex(text).map { .string($0) }
        case .uri, .url, .canonical: return text.utf8.allSatisfy { $0 > 0x20 } ? .string(text) : nil
        case .id, .oid, .uuid: return R4.isValid(text, as: conversion.rawValue) ? .string(text) : nil
        case .base64Encode: return .string(Base64.encoded(Array(text.utf8)))
        case .coding, .codeableConcept, .system, .authority: return nil
        }
    }

    private func time(_ value: Value, _ conversion: Conversion) -> JSONValue? {
        var bytes = value.bytes
        while let last = bytes.last, last == 0x20 { bytes = bytes.dropLast() }
        // What is no time in the calendar is carried nowhere, and the loss record says so.
        guard let time = try? Timestamp(bytes) else { return nil }
        switch conversion {
        case .date: return .string(FHIRTime.date(time))
        case .instant: return FHIRTime.instant(time, zone: options.timeZone).map { .string($0) }
        default:
            let written = FHIRTime.dateTime(time, zone: options.timeZone)
            if written.isCut { note(value, "the time of day is left out: its zone is not known") }
            return .string(written.text)
        }
    }

    private func authority(_ hand: Hand, _ read: inout [Range<Int>]) -> JSONValue? {
        let parts = (1...3).map { hand.part($0)?.leaf }
        let texts = parts.map { part in part.map { $0.isNull ? "" : clean($0.text, trimsStart: true) } ?? "" }
        guard let uri = names.authority(texts[0], texts[1], texts[2]) else { return nil }
        for case let part? in parts where !part.isEmpty { read.append(part.range) }
        return .string(uri)
    }

    // MARK: Codes

    /// A code of a table as the element wants it.
    func written(_ code: TablePlan.Code, as conversion: Conversion) -> JSONValue {
        switch conversion {
        case .coding: return .object(coding(code))
        case .codeableConcept: return .object(["coding": .array([.object(coding(code))])])
        default: return primitive(code.code, conversion) ?? .string(code.code)
        }
    }

    private func coding(_ code: TablePlan.Code) -> JSONObject {
        var object = JSONObject()
        if let system = code.system { object["system"] = .string(system) }
        object["code"] = .string(code.code)
        if let display = code.display { object["display"] = .string(display) }
        return object
    }

    /// One original coding of a coded value, its parts at `first`, `first + 1`, `first + 2`.
    private func original(
        _ hand: Hand, at first: Int, version: Int, _ row: RowPlan, _ read: inout [Range<Int>]
    ) -> (object: JSONObject, code: String)? {
        guard let leaf = hand.part(first)?.leaf, leaf.presence == .value else { return nil }
        let code = Primitive.code(clean(leaf.text, trimsStart: true))
        guard !code.isEmpty else { return nil }
        read.append(leaf.range)
        var object = JSONObject()
        if let system = system(hand.part(first + 2), code, row, &read) { object["system"] = .string(system) }
        if let version = text(hand.part(version), &read) { object["version"] = .string(version) }
        object["code"] = .string(code)
        if let display = text(hand.part(first + 1), &read) { object["display"] = .string(display) }
        return (object, code)
    }

    private func system(_ part: Hand?, _ code: String, _ row: RowPlan, _ read: inout [Range<Int>]) -> String? {
        if let name = text(part, &read) { return names.codingSystem(name) }
        if let number = row.v2 { return NameSystem.table(number) }
        guard let table = row.table, let number = table.v2, table.code(for: code) != nil else { return nil }
        return NameSystem.table(number)
    }

    private func text(_ part: Hand?, _ read: inout [Range<Int>]) -> String? {
        guard let leaf = part?.leaf, leaf.presence == .value else { return nil }
        let text = clean(leaf.text, trimsStart: true)
        guard !text.isEmpty else { return nil }
        read.append(leaf.range)
        return text
    }

    private func coding(_ hand: Hand, _ row: RowPlan, _ read: inout [Range<Int>]) -> JSONValue? {
        let original = original(hand, at: 1, version: 7, row, &read)
        if let table = row.table, let code = original?.code {
            if let hit = table.code(for: code) { return .object(coding(hit)) }
            if let code = row.onUnmapped { return .object(coding(unmapped(code, table))) }
        }
        if row.needsTableCode { return nil }
        return original.map { .object($0.object) }
    }

    /// A code of the table's own code system that stands for those that the table does not have.
    private func unmapped(_ code: String, _ table: TablePlan) -> TablePlan.Code {
        table.allCodes.first { $0.code == code }
            ?? TablePlan.Code(system: table.allCodes.compactMap(\.system).min(), code: code)
    }

    private func concept(_ hand: Hand, _ row: RowPlan, _ read: inout [Range<Int>]) -> JSONValue? {
        let originals = [(1, 7), (4, 8), (10, 13)].compactMap { first, version in
            original(hand, at: first, version: version, row, &read)
        }
        var codings: [JSONValue] = []
        if let table = row.table {
            let hit = originals.compactMap { table.code(for: $0.code) }.first
            let code = hit ?? (originals.isEmpty ? nil : row.onUnmapped.map { unmapped($0, table) })
            if let code { codings.append(.object(coding(code))) }
        }
        if row.needsTableCode, codings.isEmpty { return nil }
        for original in originals
        where codings.first?["code"] != original.object["code"] || codings.first?["system"] != original.object["system"]
        {
            codings.append(.object(original.object))
        }
        var object = JSONObject()
        if !codings.isEmpty { object["coding"] = .array(codings) }
        for number in [9, 2, 5] {
            guard let text = text(hand.part(number), &read) else { continue }
            object["text"] = .string(text)
            break
        }
        return object.isEmpty ? nil : .object(object)
    }

    // MARK: Texts

    /// A text as FHIR allows it: without control characters other than tab and line breaks, without blanks at the end.
    func clean(_ text: String, trimsStart: Bool) -> String {
        var needsWork = false
        for byte in text.utf8 where byte < 0x20 || byte == 0x7F {
            needsWork = true
            break
        }
        let isPadded = text.utf8.last == 0x20 || trimsStart && text.utf8.first == 0x20
        guard needsWork || isPadded else { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar.value >= 0x20 && scalar.value != 0x7F || scalar == "\t" || scalar == "\n" || scalar == "\r" {
                scalars.append(scalar)
            } else {
                controlCharacters += 1
            }
        }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        if trimsStart { while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() } }
        return scalars.contains { !$0.properties.isWhitespace } ? String(scalars) : ""
    }

    private func note(_ value: Value, _ text: String) {
        if let location = location(of: value.range) { notes.append(LossRecord.Note(location: location, text: text)) }
    }

    /// Where a range of the message's bytes is.
    func location(of range: Range<Int>) -> Location? {
        guard let segment = segments.last(where: { $0.range.lowerBound <= range.lowerBound }) else { return nil }
        for number in 1...max(1, segment.fieldCount) {
            guard let field = segment.field(number), field.range.lowerBound <= range.lowerBound,
                range.upperBound <= field.range.upperBound
            else { continue }
            for (index, repetition) in field.repetitions.enumerated()
            where repetition.range.lowerBound <= range.lowerBound && range.upperBound <= repetition.range.upperBound {
                guard repetition.range != range || repetition.componentCount == 1 else {
                    return segment.location(field: number, repetition: index + 1)
                }
                return location(of: range, in: repetition, segment, number, index + 1)
            }
            return segment.location(field: number)
        }
        return segment.location()
    }

    private func location(
        of range: Range<Int>, in repetition: Value, _ segment: Segment, _ field: Int, _ number: Int
    ) -> Location {
        for (index, component) in repetition.components.enumerated()
        where component.range.lowerBound <= range.lowerBound && range.upperBound <= component.range.upperBound {
            let parts = component.subcomponents
            let inner = parts.firstIndex { $0.range == range }
            return segment.location(
                field: field, repetition: number, component: index + 1,
                subcomponent: parts.count > 1 ? inner.map { $0 + 1 } : nil)
        }
        return segment.location(field: field, repetition: number)
    }
}
