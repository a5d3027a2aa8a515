import FHIR
import HL7

/// All maps for one kind of sender, flattened to arrays of numbers that refer to each other by position.
///
/// What runs for every message reads nothing but this: no text is compared that could be a number, and nothing has a
/// reference count. Texts lie in one array of bytes; -1 stands for nothing. The memory belongs to a ``PlanMemory``.
struct FlatPlan {
    let maps: UnsafeBufferPointer<FlatMap>
    let rows: UnsafeBufferPointer<FlatRow>
    /// One for each row.
    let gates: UnsafeBufferPointer<FlatGate>
    let sources: UnsafeBufferPointer<FlatSource>
    let targets: UnsafeBufferPointer<FlatTarget>
    let steps: UnsafeBufferPointer<FlatStep>
    let conditions: UnsafeBufferPointer<FlatCondition>
    let picks: UnsafeBufferPointer<Int32>
    let tables: UnsafeBufferPointer<FlatTable>
    let tableSlots: UnsafeBufferPointer<Int32>
    let tableCodes: UnsafeBufferPointer<FlatCode>
    let tableRows: UnsafeBufferPointer<FlatTableRow>
    let tableInputs: UnsafeBufferPointer<FlatTableInput>
    let keyRecipes: UnsafeBufferPointer<FlatKeyRecipe>
    let keyParts: UnsafeBufferPointer<FlatKeyPart>
    let requirements: UnsafeBufferPointer<FlatRequirement>
    let fillers: UnsafeBufferPointer<FlatFiller>
    let together: UnsafeBufferPointer<FlatTogether>
    let togetherCodes: UnsafeBufferPointer<FlatTogetherCode>
    /// Paths and names of requirements and fillers.
    let keyLists: UnsafeBufferPointer<Int32>
    let messages: UnsafeBufferPointer<FlatMessage>
    let entries: UnsafeBufferPointer<FlatEntry>
    let entryChildren: UnsafeBufferPointer<Int32>
    let entryStarts: UnsafeBufferPointer<Int16>
    let actions: UnsafeBufferPointer<FlatAction>
    let references: UnsafeBufferPointer<FlatReference>
    let types: UnsafeBufferPointer<FlatType>
    let constants: UnsafeBufferPointer<FlatConstant>
    let texts: UnsafeBufferPointer<FlatText>
    /// `"name":` for each key.
    let keys: UnsafeBufferPointer<FlatText>
    /// One for each key.
    let choices: UnsafeBufferPointer<FlatChoice>
    let bytes: UnsafeBufferPointer<UInt8>
    /// Three-byte segment names, sorted, with their symbol.
    let segmentSymbols: UnsafeBufferPointer<FlatSegmentSymbol>
    let codingSystems: Int32
    let authorities: Int32

    init(_ assembler: PlanAssembler, in memory: PlanMemory) {
        maps = memory.keep(assembler.maps)
        rows = memory.keep(assembler.rows)
        gates = memory.keep(assembler.rows.map(assembler.gate))
        sources = memory.keep(assembler.sources)
        targets = memory.keep(assembler.targets)
        steps = memory.keep(assembler.steps)
        conditions = memory.keep(assembler.conditions)
        picks = memory.keep(assembler.picks)
        tables = memory.keep(assembler.tables)
        tableSlots = memory.keep(assembler.tableSlots)
        tableCodes = memory.keep(assembler.tableCodes)
        tableRows = memory.keep(assembler.tableRows)
        tableInputs = memory.keep(assembler.tableInputs)
        keyRecipes = memory.keep(assembler.keyRecipes)
        keyParts = memory.keep(assembler.keyParts)
        requirements = memory.keep(assembler.requirements)
        fillers = memory.keep(assembler.fillers)
        together = memory.keep(assembler.together)
        togetherCodes = memory.keep(assembler.togetherCodes)
        keyLists = memory.keep(assembler.keyLists)
        messages = memory.keep(assembler.messages)
        entries = memory.keep(assembler.entries)
        entryChildren = memory.keep(assembler.entryChildren)
        entryStarts = memory.keep(assembler.entryStarts)
        actions = memory.keep(assembler.actions)
        references = memory.keep(assembler.references)
        types = memory.keep(assembler.types)
        constants = memory.keep(assembler.pool.constants)
        texts = memory.keep(assembler.pool.texts)
        keys = memory.keep(assembler.pool.keys)
        choices = memory.keep(assembler.pool.choices)
        bytes = memory.keep(assembler.pool.bytes)
        segmentSymbols = memory.keep(
            assembler.segmentSymbols.map { FlatSegmentSymbol(code: $0.key, symbol: $0.value) }
                .sorted { $0.code < $1.code })
        codingSystems = assembler.codingSystems
        authorities = assembler.authorities
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

    func text(_ index: Int32) -> Text {
        guard index >= 0 else { return Text(start: nil, count: 0) }
        return text(texts[Int(index)])
    }

    func text(_ text: FlatText) -> Text {
        Text(rebasing: bytes[Int(text.start)..<Int(text.start + text.count)])
    }

    func json(_ constant: Int32) -> Text { text(constants[Int(constant)].json) }
}

/// Owns the arrays of a plan.
final class PlanMemory {
    private var blocks: [UnsafeMutableRawPointer] = []

    func keep<Element>(_ array: [Element]) -> UnsafeBufferPointer<Element> {
        let block = UnsafeMutableBufferPointer<Element>.allocate(capacity: max(array.count, 1))
        _ = block.initialize(from: array)
        block.baseAddress.map { blocks.append(UnsafeMutableRawPointer($0)) }
        return UnsafeBufferPointer(rebasing: block[..<array.count])
    }

    deinit { for block in blocks { block.deallocate() } }
}

/// A plan with its memory, and what of it is not numbers.
///
/// `@unchecked Sendable`: the memory is written while this is made and only read afterwards, until nobody holds it.
final class LoadedPlan: @unchecked Sendable {
    let plan: FlatPlan
    private let memory: PlanMemory
    /// Comparisons that are left to the expression language itself, and its patterns.
    let expressions: [Expression]
    let globs: [Glob]
    /// MSH-9.1^MSH-9.2, or the name of a message map → index in ``FlatPlan/messages``.
    let events: [String: Int]
    let structures: [String: Int]
    let version: String
    let mapNames: [String]
    /// For explanations.
    let rowNames: [(map: String, row: String)]
    let keyNames: [String]
    let typeNames: [String]

    init(_ compiled: CompiledMaps) {
        let assembler = PlanAssembler(compiled)
        memory = PlanMemory()
        plan = FlatPlan(assembler, in: memory)
        expressions = assembler.expressions
        globs = assembler.globs
        events = compiled.events
        structures = compiled.structures
        version = compiled.version
        mapNames = compiled.maps.map(\.name)
        rowNames = assembler.rowNames
        keyNames = assembler.pool.keyNames
        typeNames = assembler.typeNames
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
