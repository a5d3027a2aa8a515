import FHIR
import HL7

extension MappingRun {
    /// A node with what a conversion makes of a value, -1 if it is not such a value. Notes in ``reads`` what it used.
    mutating func converted(_ hand: Hand, _ row: FlatRow) -> Int32 {
        switch row.conversion {
        case .coding: return coding(hand, row)
        case .codeableConcept: return concept(hand, row)
        case .authority:
            guard let uri = authority((table.part(1, of: hand), table.part(2, of: hand), table.part(3, of: hand)))
            else { return -1 }
            return tree.detached(tree.encode(uri))
        case .system:
            let leaf = table.leaf(of: hand)
            let text = clean(leaf)
            guard !text.isEmpty else { return -1 }
            reads.append(table.leaves(of: leaf))
            return tree.detached(tree.encode(codingSystem(text)))
        case .text, .markdown:
            let text = clean(hand, trimsStart: false)
            guard !text.isEmpty else { return -1 }
            reads.append(table.leaves(of: hand))
            return tree.detached(tree.encode(text))
        case .base64Encode:
            reads.append(table.leaves(of: hand))
            return tree.detached(tree.encode(store.keep(Base64.encoded(Array(text(hand))))))
        default:
            let leaf = table.leaf(of: hand)
            guard isValued(leaf) else { return -1 }
            reads.append(table.leaves(of: leaf))
            switch row.conversion {
            case .date, .dateTime, .instant: return time(leaf, row)
            default: return translated(leaf, row)
            }
        }
    }

    /// A primitive, by the row's table if it has one.
    private mutating func translated(_ leaf: Hand, _ row: FlatRow) -> Int32 {
        let text = clean(leaf)
        guard row.table >= 0 else {
            guard row.prefix >= 0, !text.isEmpty else { return primitive(text, row.conversion) }
            line.removeAll()
            line.append(contentsOf: plan.text(row.prefix))
            line.append(contentsOf: text)
            return primitive(store.keep(line.all), row.conversion)
        }
        let code = plan.code(for: text, in: row.table)
        if code >= 0 { return node(of: plan.tableCodes[Int(code)], as: row.conversion) }
        guard row.onUnmapped >= 0 else { return -1 }
        // The code itself is carried nowhere, but it was looked at.
        for leaves in reads.all { steering.append(leaves) }
        reads.removeAll()
        return tree.detached(.constant, row.onUnmapped)
    }

    /// A node with a text as a primitive; -1 if it is none.
    mutating func primitive(_ text: Text, _ conversion: Conversion) -> Int32 {
        guard !text.isEmpty else { return -1 }
        switch conversion {
        case .string, .text, .markdown, .instant, .dateTime, .date: return tree.detached(tree.encode(text))
        case .code: return tree.detached(tree.encode(code(text)))
        case .decimal: return decimal(text)
        case .boolean:
            guard let bool = Primitive.boolean(text.string) else { return -1 }
            return tree.detached(.constant, bool ? ConstantPool.yes : ConstantPool.no)
        default:
            guard let value = Primitive.value(text.string, conversion) else { return -1 }
            return tree.detached(value.bytes().withUnsafeBufferPointer { tree.add(verbatim: $0) })
        }
    }

    /// An NM (HL7 2.5.1 §2.A.47) with the digits it has: a sign, digits and a point; zeros that JSON forbids are taken
    /// off the front.
    private mutating func decimal(_ text: Text) -> Int32 {
        var start = 0
        let isNegative = text[0] == UInt8(ascii: "-")
        if isNegative || text[0] == UInt8(ascii: "+") { start = 1 }
        var point = text.count
        for index in start..<text.count {
            if text[index] == UInt8(ascii: "."), point == text.count {
                point = index
            } else if !(0x30...0x39).contains(text[index]) {
                return -1
            }
        }
        let hasFraction = point < text.count - 1
        guard point > start || hasFraction else { return -1 }
        while start < point - 1, text[start] == 0x30 { start += 1 }
        line.removeAll()
        if isNegative { line.append(UInt8(ascii: "-")) }
        if start == point { line.append(0x30) }
        line.append(contentsOf: Text(rebasing: text[start..<point]))
        if hasFraction { line.append(contentsOf: Text(rebasing: text[point...])) }
        return tree.detached(tree.add(verbatim: line.all))
    }

    private mutating func time(_ leaf: Hand, _ row: FlatRow) -> Int32 {
        var end = Int(leaf.end)
        while end > Int(leaf.start), bytes[end - 1] == 0x20 { end -= 1 }
        // What is no time in the calendar is carried nowhere, and the loss record says so.
        guard let time = try? Timestamp(array[Int(leaf.start)..<end]) else { return -1 }
        line.removeAll()
        line.append(UInt8(ascii: "\""))
        if row.conversion != .date, time.hour != nil, let offset = FHIRTime.offset(of: time, zone: options.timeZone) {
            if FHIRTime.comesTwice(time, offset: offset, zone: options.timeZone) {
                note(leaf, "this hour comes twice, since clocks are set back; taken as the first")
            }
            FHIRTime.append(time, offset: offset, to: &line)
        } else {
            if row.conversion == .instant {
                if time.hour != nil { lackZone(leaf, row) }
                return -1
            }
            FHIRTime.append(date: time, to: &line)
            if row.conversion == .dateTime, time.hour != nil {
                note(leaf, "the time of day is left out: its zone is not known")
            }
        }
        line.append(UInt8(ascii: "\""))
        return tree.detached(tree.add(verbatim: line.all))
    }

    /// An instant is left out, or the message cannot be mapped without it.
    private mutating func lackZone(_ leaf: Hand, _ row: FlatRow) {
        guard row.isNeeded, options.needsZones else {
            return note(leaf, "left out: its zone is not known, and an instant needs it")
        }
        placeWithoutZone = placeWithoutZone ?? LeafPlaces(message, table).location(of: table.leaves(of: leaf))
    }

    mutating func note(_ leaf: Hand, _ text: String) {
        guard let location = LeafPlaces(message, table).location(of: table.leaves(of: leaf)) else { return }
        notes.append(LossRecord.Note(location: location, text: text))
    }

    /// The URI of an HD's three parts, nil if they say nothing.
    mutating func authority(_ parts: (Hand?, Hand?, Hand?)) -> Text? {
        let leaves = (
            parts.0.map { table.leaf(of: $0) }, parts.1.map { table.leaf(of: $0) }, parts.2.map { table.leaf(of: $0) }
        )
        let uri = authority(authorityText(leaves.0), authorityText(leaves.1), authorityText(leaves.2))
        guard let uri else { return nil }
        if let leaf = leaves.0, !leaf.isEmpty { reads.append(table.leaves(of: leaf)) }
        if let leaf = leaves.1, !leaf.isEmpty { reads.append(table.leaves(of: leaf)) }
        if let leaf = leaves.2, !leaf.isEmpty { reads.append(table.leaves(of: leaf)) }
        return uri
    }

    mutating func authorityText(_ leaf: Hand?) -> Text {
        guard let leaf, isValued(leaf) else { return Text(start: nil, count: 0) }
        return clean(leaf)
    }
}
