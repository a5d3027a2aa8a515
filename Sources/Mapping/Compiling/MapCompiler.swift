import FHIR
import HL7

/// Turns declarations into plans, checking every row against the R4 definitions.
///
/// It never stops at a mistake: all are collected, and the plans are good only if there are none.
final class MapCompiler {
    let declarations: MapDeclarations
    let mistakes: MistakeList
    private(set) var tables: [String: TablePlan] = [:]
    /// Names of segment and datatype maps → index.
    private(set) var indices: [String: Int] = [:]
    private var slots: [String: Int32] = [:]
    /// By the index of a map: what its rows and fillers write, and by type: what R4 requires, made once.
    private var written: [Int: Set<String>] = [:]
    private var required: [String: [(name: String, names: [String])]] = [:]

    init(_ declarations: MapDeclarations, mistakes: MistakeList) {
        self.declarations = declarations
        self.mistakes = mistakes
    }

    func compiled(version: String) -> CompiledMaps {
        var compiled = CompiledMaps()
        compiled.version = version
        for (name, table) in declarations.tables { tables[name] = compile(table) }
        let all =
            declarations.segments.values.sorted { $0.name < $1.name }
            + declarations.datatypes.values.sorted { $0.name < $1.name }
        for (index, map) in all.enumerated() {
            if indices[map.name] != nil {
                mistakes.add(map.place, "there is a segment and a datatype map of this name")
            }
            indices[map.name] = index
        }
        compiled.maps = all.enumerated().map { compile($1, index: $0) }
        for map in compiled.maps where map.isResource && declarations.datatypes[map.name] != nil {
            checkRequired(map, written: written(by: map))
        }
        for message in declarations.messages.values.sorted(by: { $0.name < $1.name }) {
            let index = compiled.messages.count
            compiled.messages.append(MessageCompiler(self, message, compiled.maps).compiled())
            compiled.structures[message.name] = index
            for event in message.events {
                if let other = compiled.events[event.content] {
                    mistakes.add(
                        event.place, "\(event.content) is mapped by \(compiled.messages[other].name) already; keep one")
                }
                compiled.events[event.content] = index
            }
        }
        compiled.codingSystems = codes(ofTable: "CodingSystem")
        compiled.authorities = codes(ofTable: "AssigningAuthority")
        return compiled
    }

    private func codes(ofTable name: String) -> [String: String] {
        let entries = declarations.tables[name]?.codes ?? []
        return Dictionary(entries.map { ($0.inputs[0], $0.code.code) }) { _, new in new }
    }

    /// A number for the name of a slot; the same for the same name.
    func slot(_ name: String) -> Int32 {
        if let slot = slots[name] { return slot }
        let slot = Int32(slots.count + 1)
        slots[name] = slot
        return slot
    }

    // MARK: Tables

    private func compile(_ table: TableDeclaration) -> TablePlan {
        func code(_ code: TableDeclaration.Code) -> TablePlan.Code {
            TablePlan.Code(system: code.system ?? table.system, code: code.code, display: code.display)
        }
        let width = table.rows.first?.inputs.count ?? 0
        for row in table.rows where row.inputs.count != width {
            mistakes.add(
                row.place, "in has \(row.inputs.count) inputs, the first row of the table \(width); write as many")
        }
        return TablePlan(
            name: table.name, v2: table.v2, ignoresCase: table.ignoreCase,
            codes: Dictionary(table.codes.map { ($0.inputs[0], code($0.code)) }) { _, new in new },
            rows: table.rows.map { row in
                let inputs = row.inputs.map { text -> TablePlan.Input in
                    switch text {
                    case "*": .any
                    case "+": .valued
                    case "-": .empty
                    default: .code(text)
                    }
                }
                return (inputs, code(row.code))
            })
    }

    // MARK: Maps

    private func compile(_ map: ResourceMapDeclaration, index: Int) -> ResourcePlan {
        let target = map.target.content
        if !Definitions.isComplex(target) {
            mistakes.add(map.target.place, "\(target) is not a resource or complex type of FHIR R4")
        }
        let isResource = R4.isResource(target)
        if map.kind == .segment, !isResource, map.place.file.hasPrefix("segments/") {
            mistakes.add(map.target.place, "a segment map fills a resource; \(target) is none")
        }
        let context = MapContext(name: map.name, source: map.source, kind: map.kind, target: target)
        let rows = map.rows.compactMap { RowCompiler(self, context, $0).compiled() }
        let fillers = map.required.compactMap { filler($0.path, $0.value, target) }
        return ResourcePlan(
            index: index, name: map.name, target: target, isResource: isResource,
            when: map.when.flatMap { compile(condition: $0, context) },
            key: map.key.compactMap { compile($0, context) }, rows: rows, fillers: fillers,
            requirements: requirements(of: rows, target), together: map.together.compactMap { together($0, target) },
            isPure: isPure(map, []))
    }

    /// Whether a map, and all that it uses, reads nothing but the value it is applied to.
    private func isPure(_ map: ResourceMapDeclaration, _ seen: Set<String>) -> Bool {
        guard map.kind == .datatype, !seen.contains(map.name) else { return map.kind == .datatype }
        let paths = map.rows.flatMap(\.from).map(\.content) + map.key.flatMap(\.paths)
        guard paths.allSatisfy({ $0 == map.source || $0.hasPrefix(map.source + ".") }) else { return false }
        let conditions = ([map.when] + map.rows.map(\.when)).compactMap { $0 }
        guard conditions.allSatisfy({ !ConditionSyntax.rewritten($0.content, ownType: map.source).readsSegments }),
            map.rows.allSatisfy({ $0.ref == nil })
        else { return false }
        let used = map.rows.flatMap { [$0.conversion?.content, $0.with?.content, $0.otherwise?.conversion] }
        return used.compactMap { $0.flatMap { declarations.datatypes[$0] } }.allSatisfy {
            isPure($0, seen.union([map.name]))
        }
    }

    func compile(condition: Placed<String>, _ context: MapContext?) -> Guard? {
        let ownType = context?.kind == .datatype ? context?.source : nil
        do {
            return Guard(condition: try Condition(ConditionSyntax.rewritten(condition.content, ownType: ownType)))
        } catch {
            mistakes.add(condition.place, "condition \(condition.content): \(error)")
            return nil
        }
    }

    private func compile(_ key: KeyDeclaration, _ context: MapContext) -> KeyRecipe? {
        switch key.recipe {
        case .identifier(let text, let type, let except):
            guard let type = KeyRecipe.IdentifierType(rawValue: type) else {
                let types = KeyRecipe.IdentifierType.allCases.map(\.rawValue).joined(separator: ", ")
                mistakes.add(key.place, "as of a key is one of \(types)")
                return nil
            }
            let other = except.flatMap { source($0, key.place, context) }
            return source(text, key.place, context).map { KeyRecipe(recipe: .identifier($0, type, except: other)) }
        case .parts(let texts):
            let parts = texts.compactMap { text -> KeyRecipe.Part? in
                let isOptional = text.hasSuffix("?")
                let text = isOptional ? String(text.dropLast()) : text
                if text.first?.isLowercase == true { return .resource(text) }
                return source(text, key.place, context).map { .value($0, isOptional: isOptional) }
            }
            return KeyRecipe(recipe: .parts(parts))
        }
    }

    /// Compiles a path of `from` or `key`.
    func source(_ text: String, _ place: MapPlace, _ context: MapContext) -> SourcePath? {
        if context.kind == .datatype, text == context.source || text.hasPrefix(context.source + ".") {
            let numbers = text.dropFirst(context.source.count).split(separator: ".").map { Int($0) ?? 0 }
            guard numbers.count <= 2, !numbers.contains(0) else {
                mistakes.add(place, "\(text) is no path; write \(context.source).5 or \(context.source).4.2")
                return nil
            }
            return SourcePath(base: .hand, component: numbers.first, subcomponent: numbers.count > 1 ? numbers[1] : nil)
        }
        do {
            let path = try Path(text)
            guard let field = path.field, path.occurrence == nil else {
                mistakes.add(place, "\(text): name a field of the segment, without a number for the segment")
                return nil
            }
            return SourcePath(
                base: .segment(path.segment), field: field, repetition: path.repetition,
                component: path.component, subcomponent: path.subcomponent)
        } catch {
            mistakes.add(place, "\(error)")
            return nil
        }
    }

    // MARK: What must be there

    /// The elements of the resource itself that a map can write.
    func written(by map: ResourcePlan) -> Set<String> {
        if let known = written[map.index] { return known }
        var names = Set(map.rows.compactMap { $0.target.steps.first?.key })
        names.formUnion(map.rows.compactMap { $0.otherwise?.target.steps.first?.key })
        for row in map.rows where row.target.anchorCount == 0 { names.formUnion(row.set?.keys ?? []) }
        names.formUnion(map.fillers.filter(\.path.isEmpty).map(\.name))
        written[map.index] = names
        return names
    }

    /// Notes each element that R4 requires of a resource and nothing writes.
    func checkRequired(_ map: ResourcePlan, written: Set<String>) {
        let required =
            required[map.target]
            ?? Definitions.required(map.target)
            .filter { $0 != "type" || map.target != "Bundle" }
            .map { ($0, Self.names(of: $0, map.target, "")) }
        self.required[map.target] = required
        for (name, names) in required where written.isDisjoint(with: names) {
            guard let place = (declarations.segments[map.name] ?? declarations.datatypes[map.name])?.place else {
                continue
            }
            mistakes.add(
                place, "\(map.target) needs \(name): add a row, or required: { \(names[0]): … }")
        }
    }

    private func together(_ rule: TogetherDeclaration, _ target: String) -> TogetherPlan? {
        for name in rule.names {
            if Definitions.element(target, name.content).map({ $0.isArray || $0.isChoice }) ?? true {
                mistakes.add(name.place, "\(name.content) is no single element of \(target)")
                return nil
            }
        }
        guard let otherwise = rule.codes["*"] else {
            mistakes.add(rule.place, "else of together needs \"*\": the code for all that are not named")
            return nil
        }
        for code in rule.codes.values {
            ConstantCheck(mistakes, rule.place).check(.string(code), target, rule.status)
        }
        return TogetherPlan(
            names: rule.names.map(\.content), status: rule.status, codes: rule.codes.filter { $0.key != "*" },
            otherwise: otherwise)
    }

    /// What the elements that rows write into must have, deepest first.
    private func requirements(of rows: [RowPlan], _ target: String) -> [RequirementPlan] {
        var prefixes: Set<[String]> = [[]]
        for row in rows {
            for row in [row, row.otherwise].compactMap({ $0 }) {
                let keys = row.target.steps.map(\.key)
                for count in keys.indices { prefixes.insert(Array(keys[..<count])) }
                if row.target.anchorCount > 0 { prefixes.insert(Array(keys[..<row.target.anchorCount])) }
            }
        }
        return prefixes.sorted { ($0.count, $0.joined(separator: ".")) > ($1.count, $1.joined(separator: ".")) }.flatMap
        {
            prefix -> [RequirementPlan] in
            let path = prefix.map { $0.hasPrefix("_") ? String($0.dropFirst()) : $0 }.joined(separator: ".")
            // The URL of an extension is always there.
            guard prefix.last?.lowercased().hasSuffix("extension") != true else { return [] }
            return Definitions.required(target, path).map { name in
                RequirementPlan(path: prefix, names: Self.names(of: name, target, path))
            }
        }
    }

    /// The JSON names of an element: several for a choice.
    static func names(of name: String, _ target: String, _ path: String) -> [String] {
        guard name.hasSuffix("[x]") else { return [name] }
        let base = String(name.dropLast(3))
        let whole = path.isEmpty ? name : path + "." + name
        return (Definitions.element(target, whole)?.types ?? []).map {
            base + $0.prefix(1).uppercased() + $0.dropFirst()
        }
    }

    private func filler(_ path: Placed<String>, _ value: JSONValue, _ target: String) -> FillerPlan? {
        let keys = path.content.split(separator: ".").map(String.init)
        guard let name = keys.last, Definitions.element(target, path.content) != nil else {
            mistakes.add(path.place, "\(target) has no element \(path.content)")
            return nil
        }
        ConstantCheck(mistakes, path.place).check(value, target, path.content)
        let parent = keys.dropLast().joined(separator: ".")
        let choice = Definitions.elements(target, parent).first {
            $0.hasSuffix("[x]") && name.hasPrefix($0.dropLast(3))
                && !Definitions.elements(target, parent).contains(name)
        }
        return FillerPlan(
            path: Array(keys.dropLast()), name: name,
            names: choice.map { Self.names(of: $0, target, parent) } ?? [name], value: value)
    }
}

/// The map that is being compiled.
struct MapContext {
    var name: String
    /// The segment or data type that it reads.
    var source: String
    var kind: ResourceMapDeclaration.Kind
    /// The FHIR type that it fills.
    var target: String
}
