import Synchronization

/// The decoded definitions of one version: flat arrays that point into the tables' text.
///
///     segments[i] ─ firstField, fieldCount ─▶ fields[…] ─ type ─▶ types[…] ─ firstComponent ─▶ components[…]
///                                                └ table ─▶ tables[…] ─ firstCode, codeCount ─▶ codes[…]
///
/// One version takes 100–250 KiB and about 2 ms to decode.
final class DefinitionSet: Sendable {
    struct SegmentRow {
        /// The three bytes of the name, big-endian. Rows are in the order of it.
        var code: UInt32
        var firstField: UInt32
        /// The highest field number; positions that the version leaves out have a row with usage ``Usage/undefined``.
        var fieldCount: UInt16
        /// The last field that is required, 0 if none is.
        var lastRequired: UInt16 = 0
        var title: TableText
    }

    struct FieldRow {
        var type: UInt8
        var usage: Usage
        var minimum: UInt8
        /// 0 = unlimited.
        var maximum: UInt8
        /// 0 = not stated.
        var length: UInt32
        /// Index in `tables` plus one; 0 = none.
        var table: UInt16
        var tableNumber: UInt16
        var item: UInt16
        var name: TableText
    }

    struct TypeRow {
        var format: ValueFormat
        var hasRequiredComponents = false
        var componentCount: UInt16 = 0
        var firstComponent: UInt32 = 0
        var name: TableText
        var title: TableText
    }

    struct ComponentRow {
        var type: UInt8
        var usage: Usage
        var table: UInt16
        var tableNumber: UInt16
        var name: TableText
        /// Any text is right, as long as no byte in it is special.
        var isFree = false
    }

    struct TableRow {
        var number: UInt16
        var kind: CodeTable.Kind
        /// Some entry stands for codes that the data does not list (`…`, `Q<integer>D`): nothing can be said wrong.
        var isOpen = false
        var codeCount: UInt32 = 0
        var firstCode: UInt32 = 0
        var name: TableText
    }

    struct CodeRow {
        var code: TableText
        var text: TableText
    }

    let version: Version
    let segments: [SegmentRow]
    let fields: [FieldRow]
    let types: [TypeRow]
    let components: [ComponentRow]
    let tables: [TableRow]
    let codes: [CodeRow]
    /// ``Rows/key(_:)`` of every code, in the same order.
    let codeKeys: [UInt64]
    /// By the hash of `ADT_A01`: the hash of its structure's name, and the name.
    let events: [UInt64: (structure: UInt64, name: TableText)]
    /// By the hash of the structure's name: the name and its grammar.
    let structures: [UInt64: (name: TableText, grammar: TableText)]
    let messageTypes: Set<UInt64>
    let eventCodes: Set<UInt64>
    let typeByName: [UInt64: UInt8]
    /// The type of fields about whose values nothing is known.
    let unknownType: UInt8
    /// Automata built so far, by the hash of the structure's name.
    let automata = Mutex<[UInt64: StructureAutomaton]>([:])

    /// The tables up to 2.3 are not known: those of 2.3.1 stand in, and what is not in them is never an error.
    var hasBorrowedTables: Bool { version < .v2_3_1 }

    init(_ version: Version) {
        self.version = version
        var loader = DefinitionLoader(version)
        loader.loadTables()
        loader.loadTypes()
        loader.loadSegments()
        (events, messageTypes, eventCodes) = loader.events()
        structures = loader.structures()
        segments = loader.segments
        fields = loader.fields
        types = loader.types
        components = loader.components
        tables = loader.tables
        codes = loader.codes
        codeKeys = loader.codes.map { Rows.key($0.code.bytes(in: DefinitionTables.codes)) }
        typeByName = loader.typeByName
        unknownType = loader.unknownType
    }

    /// A version's definitions with other segments and fields: what a profile adds to them.
    init(_ base: DefinitionSet, segments: [SegmentRow], fields: [FieldRow]) {
        version = base.version
        self.segments = segments
        self.fields = fields
        types = base.types
        components = base.components
        tables = base.tables
        codes = base.codes
        codeKeys = base.codeKeys
        events = base.events
        structures = base.structures
        messageTypes = base.messageTypes
        eventCodes = base.eventCodes
        typeByName = base.typeByName
        unknownType = base.unknownType
    }

    /// The row of the segment with a name code, by binary search.
    func segment(_ code: UInt32) -> Int? {
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].code < code { low = middle + 1 } else { high = middle }
        }
        return low < segments.count && segments[low].code == code ? low : nil
    }

    func table(number: Int) -> Int? { tables.firstIndex { Int($0.number) == number } }

    /// The rows as they are read while messages are checked.
    func withRows<Result>(_ body: (Rows) throws -> Result) rethrows -> Result {
        try fields.withUnsafeBufferPointer { fields in
            try types.withUnsafeBufferPointer { types in
                try components.withUnsafeBufferPointer { components in
                    try tables.withUnsafeBufferPointer { tables in
                        try codes.withUnsafeBufferPointer { codes in
                            try codeKeys.withUnsafeBufferPointer { keys in
                                try body(
                                    Rows(
                                        fields: fields, types: types, components: components, tables: tables,
                                        codes: codes, keys: keys))
                            }
                        }
                    }
                }
            }
        }
    }

    /// The index of a code in `codes`, or nil if the table does not list it.
    func codeIndex(in table: TableRow, _ code: [UInt8]) -> Int? {
        withRows { rows in code.withUnsafeBufferPointer { rows.codeIndex(in: table, $0) } }
    }
}

/// Whether a field or component must, may or must not be there.
public enum Usage: UInt8, Sendable {
    case required, optional, conditional, withdrawn, notUsed
    /// The version does not define this position.
    case undefined

    init(_ letter: UInt8) {
        self =
            switch letter {
            case UInt8(ascii: "R"): .required
            case UInt8(ascii: "C"): .conditional
            case UInt8(ascii: "W"): .withdrawn
            case UInt8(ascii: "X"): .notUsed
            default: .optional
            }
    }

    /// The letter of the standard's tables.
    public var letter: String {
        switch self {
        case .required: "R"
        case .optional: "O"
        case .conditional: "C"
        case .withdrawn: "W"
        case .notUsed: "X"
        case .undefined: ""
        }
    }
}

/// How the text of a value is checked.
enum ValueFormat: UInt8, Sendable {
    /// ST, TX, FT, TN, GTS and the like: any text.
    case text
    case number, sequence, date, time, dateTime
    /// ID and IS.
    case code
    /// The type is given elsewhere in the message (OBX-5 by OBX-2).
    case varies
    /// CM of 2.1 without components, and withdrawn fields: nothing is known.
    case unknown
    case composite
    case structuredNumeric, identifier
    /// XTN, whose numbers are written in every way there is.
    case telephone
    /// CE, CWE, CNE, CF: the first component may be of a table.
    case coded

    init(name: UnsafeBufferPointer<UInt8>, isComposite: Bool) {
        let text = String(decoding: name, as: UTF8.self)
        self =
            switch text {
            case "NM": .number
            case "SI": .sequence
            case "DT": .date
            case "TM": .time
            case "DTM": .dateTime
            case "ID", "IS": .code
            case "varies": .varies
            case "CM", "-": .unknown
            case "SN": .structuredNumeric
            case "CX": .identifier
            case "XTN": .telephone
            case "CE", "CWE", "CNE", "CF": .coded
            default: isComposite ? .composite : .text
            }
    }

    var hasComponents: Bool { rawValue >= ValueFormat.composite.rawValue }
}
