import FHIR
import HL7

/// Flattens compiled maps to a ``FlatPlan``.
final class PlanAssembler {
    var pool = ConstantPool()
    var maps: [FlatMap] = []
    var rows: [FlatRow] = []
    var sources: [FlatSource] = []
    var targets: [FlatTarget] = []
    var steps: [FlatStep] = []
    var conditions: [FlatCondition] = []
    var picks: [Int32] = []
    var tables: [FlatTable] = []
    var tableSlots: [Int32] = []
    var tableCodes: [FlatCode] = []
    var tableRows: [FlatTableRow] = []
    var tableInputs: [FlatTableInput] = []
    var keyRecipes: [FlatKeyRecipe] = []
    var keyParts: [FlatKeyPart] = []
    var requirements: [FlatRequirement] = []
    var fillers: [FlatFiller] = []
    var together: [FlatTogether] = []
    var togetherCodes: [FlatTogetherCode] = []
    var keyLists: [Int32] = []
    var messages: [FlatMessage] = []
    var entries: [FlatEntry] = []
    var entryChildren: [Int32] = []
    var entryStarts: [Int16] = []
    var actions: [FlatAction] = []
    var references: [FlatReference] = []
    var types: [FlatType] = []
    var segmentSymbols: [UInt32: Int16] = [:]
    var expressions: [Expression] = []
    var globs: [Glob] = []
    var codingSystems: Int32 = -1
    var authorities: Int32 = -1
    var rowNames: [(map: String, row: String)] = []
    var typeNames: [String] = []
    private var tableIndex: [String: Int32] = [:]
    private var typeIndex: [String: Int32] = [:]
    private var conditionIndex: [String: Int32] = [:]
    /// Names of resources in message maps.
    private var nameIndex: [String: Int32] = ["bundle": 0]

    init(_ compiled: CompiledMaps) {
        codingSystems = names(compiled.codingSystems)
        authorities = names(compiled.authorities)
        maps = compiled.maps.map(flat)
        for message in compiled.messages { add(message) }
    }

    // MARK: Names

    func name(_ name: String) -> Int32 {
        if let known = nameIndex[name] { return known }
        nameIndex[name] = Int32(nameIndex.count)
        return nameIndex[name] ?? 0
    }

    func type(_ name: String) -> Int32 {
        if let known = typeIndex[name] { return known }
        let element = R4.element(name, "identifier")
        let identifier = element.map { $0.isArray ? FlatType.Identifier.list : .one } ?? .none
        types.append(FlatType(name: pool.text(name), identifier: identifier, isHeader: name == "MessageHeader"))
        typeNames.append(name)
        typeIndex[name] = Int32(types.count - 1)
        return Int32(types.count - 1)
    }

    /// The symbol of a segment's name; names that are not three bytes long get one that no segment has.
    func symbol(_ name: String) -> Int16 {
        let bytes = Array(name.utf8)
        guard bytes.count == 3 else { return Int16.max }
        let code = UInt32(bytes[0]) << 16 | UInt32(bytes[1]) << 8 | UInt32(bytes[2])
        if let known = segmentSymbols[code] { return known }
        segmentSymbols[code] = Int16(segmentSymbols.count)
        return Int16(segmentSymbols.count - 1)
    }

    func source(_ path: SourcePath) -> FlatSource {
        var source = FlatSource()
        if case .segment(let name) = path.base { source.segment = symbol(name) }
        source.field = Int32(path.field)
        switch path.repetition {
        case .any: source.repetition = FlatSource.all
        case .number(let number): source.repetition = Int32(number)
        case nil: source.repetition = 0
        }
        source.component = Int32(path.component ?? 0)
        source.subcomponent = Int32(path.subcomponent ?? 0)
        return source
    }

    func add(_ paths: [SourcePath]) -> FlatRange {
        sources += paths.map(source)
        return FlatRange(first: Int32(sources.count - paths.count), count: Int32(paths.count))
    }

    func list(_ names: [String]) -> FlatRange {
        keyLists += names.map { pool.key($0) }
        return FlatRange(first: Int32(keyLists.count - names.count), count: Int32(names.count))
    }

    // MARK: Maps

    private func flat(_ map: ResourcePlan) -> FlatMap {
        // Rows of one map lie beside each other; alternatives behind them.
        let first = rows.count
        rows += map.rows.map { _ in FlatRow(kind: .drop) }
        for (offset, row) in map.rows.enumerated() {
            let row = flat(row)
            rows[first + offset] = row
        }
        let requirements = map.requirements.map {
            FlatRequirement(path: list($0.path), names: list($0.names + $0.names.map { "_" + $0 }))
        }
        let fillers = map.fillers.map {
            FlatFiller(
                path: list($0.path), name: pool.key($0.name), names: list($0.names + $0.names.map { "_" + $0 }),
                constant: pool.constant($0.value))
        }
        let recipes = map.key.map(flat)
        let together = map.together.map(flat)
        self.together += together
        self.requirements += requirements
        self.fillers += fillers
        keyRecipes += recipes
        func last(_ total: Int, _ count: Int) -> FlatRange {
            FlatRange(first: Int32(total - count), count: Int32(count))
        }
        return FlatMap(
            type: type(map.target), when: condition(map.when),
            keys: last(keyRecipes.count, recipes.count),
            rows: FlatRange(first: Int32(first), count: Int32(map.rows.count)),
            fillers: last(self.fillers.count, fillers.count),
            requirements: last(self.requirements.count, requirements.count),
            together: last(self.together.count, together.count), isPure: map.isPure)
    }

    private func flat(_ rule: TogetherPlan) -> FlatTogether {
        togetherCodes += rule.codes.sorted { $0.key < $1.key }.map {
            FlatTogetherCode(from: pool.constant(.string($0.key)), to: pool.constant(.string($0.value)))
        }
        return FlatTogether(
            names: list(rule.names), status: pool.key(rule.status),
            codes: FlatRange(first: Int32(togetherCodes.count - rule.codes.count), count: Int32(rule.codes.count)),
            otherwise: pool.constant(.string(rule.otherwise)))
    }

    private func flat(_ recipe: KeyRecipe) -> FlatKeyRecipe {
        switch recipe.recipe {
        case .identifier(let path, let type, let except):
            return FlatKeyRecipe(
                type: type, source: add([path]).first, except: except.map { add([$0]).first } ?? -1, parts: FlatRange())
        case .parts(let parts):
            keyParts += parts.map { part in
                switch part {
                case .resource(let name): FlatKeyPart(name: self.name(name), source: -1, isOptional: false)
                case .value(let path, let isOptional):
                    FlatKeyPart(name: -1, source: add([path]).first, isOptional: isOptional)
                }
            }
            return FlatKeyRecipe(
                type: nil, source: -1,
                parts: FlatRange(first: Int32(keyParts.count - parts.count), count: Int32(parts.count)))
        }
    }

    // MARK: Tables

    /// Names and their URIs as a table.
    private func names(_ uris: [String: String]) -> Int32 {
        add(
            TablePlan(
                name: "", v2: nil, ignoresCase: false, codes: uris.mapValues { TablePlan.Code(system: nil, code: $0) },
                rows: []))
    }

    func table(_ table: TablePlan?) -> Int32 {
        guard let table else { return -1 }
        if let known = tableIndex[table.name] { return known }
        tableIndex[table.name] = add(table)
        return tableIndex[table.name] ?? -1
    }

    private func add(_ table: TablePlan) -> Int32 {
        let codes = table.codes.sorted { $0.key < $1.key }
        var mask = -1
        let firstSlot = tableSlots.count
        if !codes.isEmpty {
            var size = 4
            while size < codes.count * 2 { size *= 2 }
            mask = size - 1
            var slots = [Int32](repeating: -1, count: size)
            for (input, code) in codes {
                var text = input
                let hash = text.withUTF8 { TextHash.hash($0, foldsCase: table.ignoresCase) }
                var slot = Int(hash & UInt64(mask))
                while slots[slot] >= 0 { slot = (slot + 1) & mask }
                slots[slot] = Int32(tableCodes.count)
                tableCodes.append(flat(code, input: input))
            }
            tableSlots += slots
        }
        let tableRows = table.rows.map { row in
            tableInputs += row.inputs.map { input in
                switch input {
                case .any: FlatTableInput(kind: .any, text: -1)
                case .valued: FlatTableInput(kind: .valued, text: -1)
                case .empty: FlatTableInput(kind: .empty, text: -1)
                case .code(let code): FlatTableInput(kind: .text, text: pool.text(code))
                }
            }
            tableCodes.append(flat(row.code, input: ""))
            return FlatTableRow(
                inputs: FlatRange(first: Int32(tableInputs.count - row.inputs.count), count: Int32(row.inputs.count)),
                code: Int32(tableCodes.count - 1))
        }
        self.tableRows += tableRows
        tables.append(
            FlatTable(
                firstSlot: Int32(firstSlot), mask: Int32(mask), ignoresCase: table.ignoresCase,
                system: table.v2.map { pool.constant(.string(NameSystem.table($0))) } ?? -1,
                rows: FlatRange(first: Int32(self.tableRows.count - tableRows.count), count: Int32(tableRows.count))))
        return Int32(tables.count - 1)
    }

    private func flat(_ code: TablePlan.Code, input: String) -> FlatCode {
        FlatCode(
            input: pool.text(input), code: pool.constant(.string(code.code)),
            system: code.system.map { pool.constant(.string($0)) } ?? -1,
            coding: pool.constant(.object(Self.coding(code))), text: pool.text(code.code),
            isTidy: Primitive.code(code.code) == code.code)
    }

    static func coding(_ code: TablePlan.Code) -> JSONObject {
        var object = JSONObject()
        if let system = code.system { object["system"] = .string(system) }
        object["code"] = .string(code.code)
        if let display = code.display { object["display"] = .string(display) }
        return object
    }

    // MARK: Conditions

    func condition(_ guarding: Guard?) -> Int32 {
        guard let condition = guarding?.condition else { return -1 }
        if let known = conditionIndex[condition.description] { return known }
        let index = add(condition.expression)
        conditionIndex[condition.description] = index
        return index
    }
}
