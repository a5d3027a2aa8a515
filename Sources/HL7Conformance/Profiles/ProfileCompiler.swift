import HL7

/// Turns a ``ProfileSource`` into plans, and collects what is wrong with it.
///
/// This file lays elements over the structures of the messages; `+Elements` checks and compiles single elements,
/// `+Paths` holds paths against the version.
struct ProfileCompiler {
    let source: ProfileSource
    let version: Definitions
    /// The version's with the profile's own segments and fields.
    let definitions: DefinitionSet
    let local: LocalDefinitions
    private(set) var mistakes: [ProfileError.Mistake] = []
    private var known: Set<ProfileError.Mistake> = []
    var valueSets: [String: CodePlan] = [:]

    typealias Element = ProfileSource.Element

    init(_ source: ProfileSource) {
        self.source = source
        version = Definitions.version(source.version)
        local = LocalDefinitions(source.elements + source.messages.flatMap(\.elements), over: version.data)
        definitions = local.set
        for set in source.valueSets {
            if set.codes.isEmpty { mistake("the value set \(set.name) has no codes; write at least one", set.origin) }
            let codes = CodeSet(set.codes)
            let list = codes.list(most: 12)
            let system = set.system.map { " of the coding system \($0)" } ?? ""
            let name = set.isInline ? list ?? "\(codes.count) codes" : set.name + (list.map { " (\($0))" } ?? "")
            valueSets[set.name] = CodePlan(label: "one of \(name)\(system)", codes: codes, system: set.system)
        }
    }

    mutating func mistake(_ text: String, _ origin: ProfileSource.Origin?) {
        let mistake = ProfileError.Mistake(text: text, origin: origin ?? source.origin)
        if known.insert(mistake).inserted { mistakes.append(mistake) }
    }

    // MARK: Messages

    mutating func plans() -> [String: ProfilePlan] {
        if source.messages.isEmpty {
            mistake("the profile is for no message; write messages: [ADT^A01]", source.origin)
        }
        var plans: [String: ProfilePlan] = [:]
        var maps: [String: StructureMap] = [:]
        var all: [StructureMap] = []
        var messages: [(ProfileSource.Message, Structure?, StructureMap)] = []
        for message in source.messages {
            let structure = structure(of: message)
            let name = structure?.name ?? ""
            let map = maps[name] ?? structure.map { StructureMap($0) } ?? StructureMap(grammar: [])
            if maps.updateValue(map, forKey: name) == nil { all.append(map) }
            messages.append((message, structure, map))
        }
        check(source.elements, in: all)
        for (message, structure, map) in messages {
            check(message.elements, in: [map])
            let elements = ProfileSource.merged(message.elements, over: source.elements)
            let constraints = source.constraints.map { ($0, all) } + message.constraints.map { ($0, [map]) }
            plans[message.type] = plan(
                elements, constraints, structure, map, hasOwnStructure: message.structure != nil)
        }
        return plans
    }

    private mutating func structure(of message: ProfileSource.Message) -> Structure? {
        let parts = message.type.split(separator: "^", omittingEmptySubsequences: false).map(String.init)
        let isCode = { (text: String) in
            text.utf8.count == 3
                && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
        }
        guard parts.count == 1 || parts.count == 2, parts.allSatisfy(isCode) else {
            mistake("\"\(message.type)\" is not a message; write type and event, as ADT^A01", message.origin)
            return nil
        }
        if let name = message.structure {
            if let structure = version.structure(name) { return structure }
            mistake("\(source.version) has no structure \(name); write one of its own, as ADT_A01", message.origin)
            return nil
        }
        let event = parts.count == 2 ? parts[1] : ""
        if let structure = version.structure(type: parts[0], event: event) { return structure }
        if parts[0].hasPrefix("Z") || event.hasPrefix("Z") { return nil }
        mistake(
            "\(source.version) has no message \(message.type); write one that it has, or structure: NAME for a local one",
            message.origin)
        return nil
    }

    // MARK: One message

    private mutating func plan(
        _ elements: [Element], _ constraints: [(ProfileSource.Constraint, [StructureMap])], _ structure: Structure?,
        _ map: StructureMap, hasOwnStructure: Bool
    ) -> ProfilePlan {
        let parsed = elements.compactMap { element in ElementPath(element.path).map { ($0, element) } }
        var segments: [SegmentPlan] = []
        var planOfPlace = [Int](repeating: -1, count: map.places.count)
        var planOfCode: [UInt32: Int] = [:]
        let byCode = Dictionary(grouping: parsed.filter { $0.0.field > 0 }, by: \.0.code)
        for (code, entries) in byCode {
            let contexts = Set(entries.map(\.0.groups)).sorted { ($0.count, $0.joined()) < ($1.count, $1.joined()) }
            var planned: [[[String]]: Int] = [:]
            func index(_ matching: [[String]]) -> Int {
                if let index = planned[matching] { return index }
                let chosen = matching.flatMap { context in entries.filter { $0.0.groups == context } }
                if chosen.isEmpty { return -1 }
                segments.append(segmentPlan(chosen, code))
                planned[matching] = segments.count - 1
                return segments.count - 1
            }
            for (place, entry) in map.places.enumerated() where entry.code == code {
                planOfPlace[place] = index(contexts.filter { map.group(entry.group, endsWith: $0) })
            }
            planOfCode[code] = index(contexts.filter(\.isEmpty))
        }
        var counts = CountCompiler(map: map)
        for (path, element) in parsed where path.field == 0 { counts.add(path, element) }
        counts.compile()
        let spoken = parsed.filter { $0.0.field == 0 && ($0.1.usage != nil || $0.1.cardinality != nil) }
        return ProfilePlan(
            map: map, structure: structure, hasOwnStructure: hasOwnStructure, segments: segments,
            planOfPlace: planOfPlace,
            planOfCode: planOfCode.filter { $0.value >= 0 }, counted: counts.counted,
            countOfPlace: counts.countOfPlace, countOfGroup: counts.countOfGroup,
            countedInMessage: counts.countedInMessage,
            constraints: constraints.compactMap { constraint($0.0, in: $0.1, map) },
            segmentsSpokenOf: Set(spoken.map(\.0.code)).subtracting([0]))
    }

    /// Lays the entries of a segment over each other, the more particular ones last.
    private func segmentPlan(_ entries: [(ElementPath, Element)], _ code: UInt32) -> SegmentPlan {
        var merged: [String: (path: ElementPath, element: Element)] = [:]
        for (path, element) in entries {
            let element = merged[path.text].map { element.over($0.element) } ?? element
            merged[path.text] = (path, element)
        }
        var plan = SegmentPlan()
        plan.lastField = local.lastField(of: code)
        let sorted = merged.values.sorted {
            ($0.path.field, $0.path.component, $0.path.subcomponent)
                < ($1.path.field, $1.path.component, $1.path.subcomponent)
        }
        for (path, element) in sorted {
            let compiled = compiled(element, path)
            let key = ReplacedAspects.key(path.field, path.component, path.subcomponent)
            plan.replaced[key, default: []].formUnion(ReplacedAspects(element))
            if compiled.codes?.isCodedElement == true {
                plan.replaced[ReplacedAspects.key(path.field, 1, 0), default: []].insert(.codes)
            }
            if plan.fields.last?.number != path.field { plan.fields.append(FieldPlan(number: path.field)) }
            let field = plan.fields.count - 1
            if path.component == 0 {
                plan.fields[field].element = compiled
                continue
            }
            if plan.fields[field].components.last?.number != path.component {
                plan.fields[field].components.append(PartPlan(number: path.component))
            }
            let component = plan.fields[field].components.count - 1
            if path.subcomponent == 0 {
                plan.fields[field].components[component].element = compiled
            } else {
                plan.fields[field].components[component].parts.append(
                    PartPlan(number: path.subcomponent, element: compiled))
            }
        }
        return plan
    }

    // MARK: Constraints and observations

    private mutating func constraint(
        _ constraint: ProfileSource.Constraint, in maps: [StructureMap], _ map: StructureMap
    ) -> ConstraintPlan? {
        check(constraint.condition, constraint.origin)
        check(constraint.requirement, constraint.origin)
        if let location = constraint.location { check(location, constraint.origin) }
        let location = constraint.location ?? constraint.requirement.paths.first ?? constraint.condition?.paths.first
        guard let each = constraint.each else {
            return ConstraintPlan(scope: .message, constraint: constraint, location: location)
        }
        guard let path = ElementPath(each), path.field == 0 else {
            mistake("\"\(each)\" is not a segment or group; write each: OBX or each: SPECIMEN", constraint.origin)
            return nil
        }
        check(path, in: maps, constraint.origin)
        if path.segment == nil {
            let groups = map.groups.indices.filter { map.group($0, endsWith: path.groups) }
            return ConstraintPlan(scope: .groups(groups), constraint: constraint, location: location)
        }
        let places = path.groups.isEmpty ? nil : places(path, map)
        return ConstraintPlan(
            scope: .segment(path.code, places: places), constraint: constraint, location: location)
    }

    func places(_ path: ElementPath, _ map: StructureMap) -> [Int] {
        map.places.indices.filter {
            map.places[$0].code == path.code && map.group(map.places[$0].group, endsWith: path.groups)
        }
    }

    mutating func observations() -> [String: ObservationPlan] {
        var plans: [String: ObservationPlan] = [:]
        for observation in source.observations {
            for type in observation.types where version.dataType(type) == nil {
                mistake("\(source.version) has no data type \(type); write one that it has, as NM", observation.origin)
            }
            var plan = ObservationPlan()
            if !observation.types.isEmpty { plan.types = CodeSet(observation.types) }
            if !observation.units.isEmpty { plan.units = CodeSet(observation.units) }
            if let name = observation.values { plan.values = codes(named: name, observation.origin) }
            if plan.types == nil, plan.units == nil, plan.values == nil {
                mistake(
                    "nothing is said of the observation \(observation.code); write type:, units: or values:",
                    observation.origin)
            }
            plans[observation.code] = plan
        }
        return plans
    }
}
