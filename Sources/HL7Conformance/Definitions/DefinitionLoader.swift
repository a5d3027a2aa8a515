/// Decodes the definition tables for one version.
///
/// The rows of a table are sorted by key, so the fields of a segment, the components of a type and the codes of a
/// table stand together.
struct DefinitionLoader {
    private let version: Version
    private(set) var segments: [DefinitionSet.SegmentRow] = []
    private(set) var fields: [DefinitionSet.FieldRow] = []
    private(set) var types: [DefinitionSet.TypeRow] = []
    private(set) var components: [DefinitionSet.ComponentRow] = []
    private(set) var tables: [DefinitionSet.TableRow] = []
    private(set) var codes: [DefinitionSet.CodeRow] = []
    private(set) var typeByName: [UInt64: UInt8] = [:]
    private var tableByNumber: [UInt16: UInt16] = [:]
    private(set) var unknownType: UInt8 = 0
    private var dateTimeType: UInt8 = 0

    init(_ version: Version) { self.version = version }

    // MARK: Tables of codes

    mutating func loadTables() {
        let borrowed = max(version, .v2_3_1)
        var rows = TableReader(DefinitionTables.tables, version: borrowed)
        while rows.next() {
            let number = UInt16(rows.number(rows.column()) ?? 0)
            let kind = CodeTable.Kind(rows.bytes(rows.column()).first ?? 0)
            tableByNumber[number] = UInt16(tables.count + 1)
            tables.append(DefinitionSet.TableRow(number: number, kind: kind, name: rows.column()))
        }
        rows = TableReader(DefinitionTables.codes, version: borrowed)
        codes.reserveCapacity(5_500)
        while rows.next() {
            let number = UInt16(rows.number(rows.column()) ?? 0)
            let code = DefinitionSet.CodeRow(code: rows.column(), text: rows.column())
            if let row = tableByNumber[number].map({ Int($0) - 1 }) {
                if tables[row].codeCount == 0 { tables[row].firstCode = UInt32(codes.count) }
                tables[row].codeCount += 1
                if Self.standsForOthers(rows.bytes(code.code)) { tables[row].isOpen = true }
            }
            codes.append(code)
        }
    }

    /// `…`, `12 ... 16`, `Q<integer>D`, `99zzz`, `HL7nnnn`.
    private static func standsForOthers(_ code: UnsafeBufferPointer<UInt8>) -> Bool {
        guard code.count > 1 else { return false }
        var run = 0
        var last: UInt8 = 0
        for byte in code {
            // `<`, and the first byte of an ellipsis in UTF-8.
            if byte == UInt8(ascii: "<") || byte == 0xE2 { return true }
            run = byte == last ? run + 1 : 1
            last = byte
            let isPlaceholder = byte == UInt8(ascii: ".") || byte == UInt8(ascii: "n") || byte == UInt8(ascii: "z")
            if run == 3, isPlaceholder { return true }
        }
        return false
    }

    // MARK: Data types

    mutating func loadTypes() {
        var rows = TableReader(DefinitionTables.dataTypes, version: version)
        while rows.next() {
            let name = rows.column()
            let isComposite = rows.bytes(rows.column()).first == UInt8(ascii: "C")
            typeByName[TableText.hash(rows.bytes(name))] = UInt8(types.count)
            let format = ValueFormat(name: rows.bytes(name), isComposite: isComposite)
            types.append(DefinitionSet.TypeRow(format: format, name: name, title: rows.column()))
        }
        // Fields of types that the version does not define, and the first component of TS, which up to 2.4 is
        // called ST though it is a time.
        unknownType = UInt8(types.count)
        types.append(DefinitionSet.TypeRow(format: .unknown, name: .none, title: .none))
        dateTimeType = UInt8(types.count)
        types.append(DefinitionSet.TypeRow(format: .dateTime, name: .none, title: .none))
        loadComponents()
    }

    private mutating func loadComponents() {
        let timeStamp = typeByName[TableText.hash("TS".utf8)]
        var rows = TableReader(DefinitionTables.components, version: version)
        while rows.next() {
            guard let owner = typeByName[TableText.hash(rows.bytes(rows.column()))] else {
                rows.skipLine()
                continue
            }
            let position = rows.number(rows.column()) ?? 0
            var type = type(named: rows.bytes(rows.column()))
            if owner == timeStamp, position == 1 { type = dateTimeType }
            let usage = Usage(rows.bytes(rows.column()).first ?? 0)
            let number = UInt16(rows.number(rows.column()) ?? 0)
            let row = Int(owner)
            if types[row].componentCount == 0 { types[row].firstComponent = UInt32(components.count) }
            while Int(types[row].componentCount) + 1 < position {
                let gap = DefinitionSet.ComponentRow(
                    type: unknownType, usage: .undefined, table: 0, tableNumber: 0, name: .none)
                components.append(gap)
                types[row].componentCount += 1
            }
            types[row].componentCount += 1
            types[row].hasRequiredComponents = types[row].hasRequiredComponents || usage == .required
            components.append(
                DefinitionSet.ComponentRow(
                    type: type, usage: usage, table: tableByNumber[number] ?? 0, tableNumber: number,
                    name: rows.column()))
        }
        for row in types.indices where types[row].format.hasComponents && types[row].componentCount == 0 {
            types[row].format = .unknown
        }
        for index in components.indices { components[index].isFree = isFree(components[index]) }
    }

    private func isFree(_ component: DefinitionSet.ComponentRow) -> Bool {
        if component.usage == .withdrawn { return false }
        return switch types[Int(component.type)].format {
        case .text, .unknown: true
        case .code: component.table == 0
        default: false
        }
    }

    private func type(named name: UnsafeBufferPointer<UInt8>) -> UInt8 {
        typeByName[TableText.hash(name)] ?? unknownType
    }

    // MARK: Segments

    mutating func loadSegments() {
        var rows = TableReader(DefinitionTables.segments, version: version)
        while rows.next() {
            let code = Self.code(rows.bytes(rows.column()))
            segments.append(
                DefinitionSet.SegmentRow(code: code, firstField: 0, fieldCount: 0, title: rows.column()))
        }
        rows = TableReader(DefinitionTables.fields, version: version)
        fields.reserveCapacity(2_700)
        var current = 0
        while rows.next() {
            let code = Self.code(rows.bytes(rows.column()))
            while current < segments.count, segments[current].code < code { current += 1 }
            guard current < segments.count, segments[current].code == code else {
                rows.skipLine()
                continue
            }
            if segments[current].fieldCount == 0 { segments[current].firstField = UInt32(fields.count) }
            let position = rows.number(rows.column()) ?? 0
            while Int(segments[current].fieldCount) + 1 < position { addField(Self.gap(unknownType), to: current) }
            addField(field(from: &rows), to: current)
        }
    }

    private mutating func addField(_ field: DefinitionSet.FieldRow, to segment: Int) {
        fields.append(field)
        segments[segment].fieldCount += 1
        if field.usage == .required { segments[segment].lastRequired = segments[segment].fieldCount }
    }

    private func field(from rows: inout TableReader) -> DefinitionSet.FieldRow {
        let type = type(named: rows.bytes(rows.column()))
        let usage = Usage(rows.bytes(rows.column()).first ?? 0)
        let cardinality = rows.bytes(rows.column())
        let bounds = cardinality.split(separator: UInt8(ascii: "."))
        func bound(_ digits: Slice<UnsafeBufferPointer<UInt8>>?) -> UInt8 {
            guard let digits, digits.first != UInt8(ascii: "*") else { return 0 }
            return UInt8(clamping: digits.reduce(0) { $0 * 10 + Int($1 - 0x30) })
        }
        let length = UInt32(rows.number(rows.column()) ?? 0)
        let number = UInt16(rows.number(rows.column()) ?? 0)
        let item = UInt16(rows.number(rows.column()) ?? 0)
        return DefinitionSet.FieldRow(
            type: type, usage: usage, minimum: bound(bounds.first), maximum: bound(bounds.last), length: length,
            table: tableByNumber[number] ?? 0, tableNumber: number, item: item, name: rows.column())
    }

    private static func gap(_ type: UInt8) -> DefinitionSet.FieldRow {
        DefinitionSet.FieldRow(
            type: type, usage: .undefined, minimum: 0, maximum: 0, length: 0, table: 0, tableNumber: 0, item: 0,
            name: .none)
    }

    static func code(_ name: some Sequence<UInt8>) -> UInt32 { name.reduce(0) { $0 << 8 | UInt32($1) } }

    // MARK: Messages

    func events() -> ([UInt64: (structure: UInt64, name: TableText)], types: Set<UInt64>, events: Set<UInt64>) {
        var events: [UInt64: (structure: UInt64, name: TableText)] = [:]
        var types: Set<UInt64> = []
        var codes: Set<UInt64> = []
        var rows = TableReader(DefinitionTables.events, version: version)
        while rows.next() {
            let key = rows.bytes(rows.column())
            let structure = rows.column()
            rows.skipLine()
            events[TableText.hash(key)] = (TableText.hash(rows.bytes(structure)), structure)
            let parts = key.split(separator: UInt8(ascii: "_"), maxSplits: 1)
            types.insert(TableText.hash(parts[0]))
            if parts.count > 1 { codes.insert(TableText.hash(parts[1])) }
        }
        for (number, isType) in [(UInt16(76), true), (3, false)] {
            guard let row = tableByNumber[number].map({ tables[Int($0) - 1] }), !hasBorrowedTables else { continue }
            for code in self.codes[Int(row.firstCode)..<Int(row.firstCode + row.codeCount)] {
                let hash = TableText.hash(code.code.bytes(in: DefinitionTables.codes))
                if isType { types.insert(hash) } else { codes.insert(hash) }
            }
        }
        return (events, types, codes)
    }

    private var hasBorrowedTables: Bool { version < .v2_3_1 }

    func structures() -> [UInt64: (name: TableText, grammar: TableText)] {
        var structures: [UInt64: (name: TableText, grammar: TableText)] = [:]
        var rows = TableReader(DefinitionTables.structures, version: version)
        while rows.next() {
            let name = rows.column()
            structures[TableText.hash(rows.bytes(name))] = (name, rows.column())
        }
        return structures
    }
}
