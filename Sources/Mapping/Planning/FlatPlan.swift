import FHIR
import HL7

/// All maps for one kind of sender, flattened to arrays of numbers that refer to each other by position.
///
/// What runs for every message reads nothing but this: no text is compared that could be a number, and no value with a
/// reference count is copied. Texts lie in one array of bytes; -1 stands for nothing.
final class FlatPlan: Sendable {
    let maps: [FlatMap]
    let rows: [FlatRow]
    /// One for each row.
    let gates: [FlatGate]
    let sources: [FlatSource]
    let targets: [FlatTarget]
    let steps: [FlatStep]
    let conditions: [FlatCondition]
    let picks: [Int32]
    let tables: [FlatTable]
    let tableSlots: [Int32]
    let tableCodes: [FlatCode]
    let tableRows: [FlatTableRow]
    let tableInputs: [FlatTableInput]
    let keyRecipes: [FlatKeyRecipe]
    let keyParts: [FlatKeyPart]
    let requirements: [FlatRequirement]
    let fillers: [FlatFiller]
    /// Paths and names of requirements and fillers.
    let keyLists: [Int32]
    let messages: [FlatMessage]
    let entries: [FlatEntry]
    let entryChildren: [Int32]
    let entryStarts: [Int16]
    let actions: [FlatAction]
    let references: [FlatReference]
    let types: [FlatType]
    let constants: [FlatConstant]
    let texts: [FlatText]
    /// `"name":` for each key.
    let keys: [FlatText]
    let bytes: [UInt8]
    /// Three-byte segment names, sorted, with their symbol.
    let segmentSymbols: [FlatSegmentSymbol]
    /// Comparisons that are left to the expression language itself, and its patterns.
    let expressions: [Expression]
    let globs: [Glob]
    let codingSystems: Int32
    let authorities: Int32
    /// MSH-9.1^MSH-9.2, or the name of a message map → index in `messages`.
    let events: [String: Int]
    let structures: [String: Int]
    let version: String
    let mapNames: [String]
    /// For explanations.
    let rowNames: [(map: String, row: String)]
    let keyNames: [String]
    let typeNames: [String]

    init(_ assembler: PlanAssembler) {
        maps = assembler.maps
        rows = assembler.rows
        gates = assembler.rows.map(assembler.gate)
        sources = assembler.sources
        targets = assembler.targets
        steps = assembler.steps
        conditions = assembler.conditions
        picks = assembler.picks
        tables = assembler.tables
        tableSlots = assembler.tableSlots
        tableCodes = assembler.tableCodes
        tableRows = assembler.tableRows
        tableInputs = assembler.tableInputs
        keyRecipes = assembler.keyRecipes
        keyParts = assembler.keyParts
        requirements = assembler.requirements
        fillers = assembler.fillers
        keyLists = assembler.keyLists
        messages = assembler.messages
        entries = assembler.entries
        entryChildren = assembler.entryChildren
        entryStarts = assembler.entryStarts
        actions = assembler.actions
        references = assembler.references
        types = assembler.types
        constants = assembler.pool.constants
        texts = assembler.pool.texts
        keys = assembler.pool.keys
        bytes = assembler.pool.bytes
        segmentSymbols = assembler.segmentSymbols.map { FlatSegmentSymbol(code: $0.key, symbol: $0.value) }
            .sorted { $0.code < $1.code }
        expressions = assembler.expressions
        globs = assembler.globs
        codingSystems = assembler.codingSystems
        authorities = assembler.authorities
        events = assembler.events
        structures = assembler.structures
        version = assembler.version
        mapNames = assembler.mapNames
        rowNames = assembler.rowNames
        keyNames = assembler.pool.keyNames
        typeNames = assembler.typeNames
    }

    /// The symbol of a segment's name, -1 if no map names it.
    func symbol(of code: UInt32) -> Int16 {
        var (low, high) = (0, segmentSymbols.count)
        while low < high {
            let middle = (low + high) / 2
            if segmentSymbols[middle].code < code { low = middle + 1 } else { high = middle }
        }
        guard low < segmentSymbols.count, segmentSymbols[low].code == code else { return -1 }
        return segmentSymbols[low].symbol
    }

    /// The entry of a table for a text, -1 if it has none.
    func code(for text: UnsafeBufferPointer<UInt8>, in table: Int32) -> Int32 {
        let table = tables[Int(table)]
        guard table.mask >= 0 else { return -1 }
        var slot = Int(TextHash.hash(text, foldsCase: table.ignoresCase) & UInt64(table.mask))
        while true {
            let code = tableSlots[Int(table.firstSlot) + slot]
            if code < 0 { return -1 }
            let key = texts[Int(tableCodes[Int(code)].input)]
            if equals(key, text, foldsCase: table.ignoresCase) { return code }
            slot = (slot + 1) & Int(table.mask)
        }
    }

    func equals(_ text: FlatText, _ other: UnsafeBufferPointer<UInt8>, foldsCase: Bool = false) -> Bool {
        guard Int(text.count) == other.count else { return false }
        let start = Int(text.start)
        if foldsCase {
            for index in other.indices where TextHash.folded(other[index]) != bytes[start + index] { return false }
            return true
        }
        for index in other.indices where other[index] != bytes[start + index] { return false }
        return true
    }

    func string(_ text: Int32) -> String {
        let text = texts[Int(text)]
        return String(decoding: bytes[Int(text.start)..<Int(text.start + text.count)], as: UTF8.self)
    }
}

/// A hash of bytes (FNV-1a), the same in every process.
enum TextHash {
    static func hash(_ text: UnsafeBufferPointer<UInt8>, foldsCase: Bool) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text { hash = (hash ^ UInt64(foldsCase ? folded(byte) : byte)) &* 0x100_0000_01B3 }
        return hash ^ hash >> 29
    }

    /// An ASCII letter in lower case.
    static func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
