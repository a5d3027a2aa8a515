import FHIR
import HL7

extension MappingRun {
    /// Gives every resource its id, in the order they were made.
    mutating func identify() {
        for _ in 0..<instances.count * 36 { ids.append(0x30) }
        // Ids made of other resources' ids come second.
        for number in instances.indices.dropFirst() where !instances[number].isDead {
            guard let (system, value) = identifier(of: number) else { continue }
            instances[number].identifier = (system, value)
            instances[number].isStable = true
            beginName(of: number)
            line.append(contentsOf: system)
            line.append(UInt8(ascii: "|"))
            line.append(contentsOf: value)
            setID(Identity.uuid(line.all), of: number)
        }
        var counts = ResourceIDs(count: instances.count)
        defer { counts.free() }
        for number in instances.indices.dropFirst() where !instances[number].isDead && instances[number].id == nil {
            nameByParts(number)
            var bytes = Identity.uuid(line.all)
            let id = ResourceID(type: instances[number].type, high: bytes.high, low: bytes.low)
            let count = counts.count(id)
            if count > 1 {
                line.append(UInt8(ascii: "|"))
                line.append(String(count))
                bytes = Identity.uuid(line.all)
            }
            setID(bytes, of: number)
        }
    }

    private mutating func beginName(of number: Int) {
        line.removeAll()
        line.append(contentsOf: plan.text(plan.types[Int(instances[number].type)].name))
        line.append(UInt8(ascii: "|"))
    }

    private mutating func setID(_ id: UUIDBytes, of number: Int) {
        instances[number].id = ResourceID(type: instances[number].type, high: id.high, low: id.low)
        id.write(to: ids, at: number * 36)
    }

    /// The name of a resource without identifier: by the first recipe of parts that is there, else by the message and
    /// the map, which no other message of the sender has.
    private mutating func nameByParts(_ number: Int) {
        let map = instances[number].map
        for index in plan.maps[Int(map)].keys.indices where plan.keyRecipes[index].type == nil {
            beginName(of: number)
            line.append(contentsOf: sender)
            if append(plan.keyRecipes[index].parts, number) {
                instances[number].isStable = true
                return
            }
        }
        beginName(of: number)
        line.append(contentsOf: sender)
        for field in [10, 7] {
            line.append(UInt8(ascii: "|"))
            line.append(message[position: 0].field(field)?.text ?? "")
        }
        line.append(UInt8(ascii: "|"))
        line.append(loaded.mapNames[Int(map)])
    }

    /// Appends the parts of a recipe; false if one is missing.
    private mutating func append(_ parts: FlatRange, _ number: Int) -> Bool {
        let frame = instances[number].frame
        let markCount = marks.count
        for index in parts.indices {
            let part = plan.keyParts[index]
            line.append(UInt8(ascii: "|"))
            if part.name >= 0 {
                let other = Int(instance(named: part.name, in: frame.scope))
                guard other >= 0, !instances[other].isDead, other != number, instances[other].id != nil else {
                    marks.removeLast(marks.count - markCount)
                    return false
                }
                line.append(contentsOf: ids[other * 36..<other * 36 + 36])
            } else if let hand = hand(at: part.source, frame), isValued(hand) {
                marks.append(Mark(leaves: table.leaves(of: hand), node: instances[number].root))
                line.append(contentsOf: text(hand))
            } else if !part.isOptional {
                marks.removeLast(marks.count - markCount)
                return false
            }
        }
        return true
    }

    // MARK: Recipes

    private mutating func identifier(of number: Int) -> (system: Text, value: Text)? {
        let instance = instances[number]
        guard instance.map >= 0 else { return nil }
        for index in plan.maps[Int(instance.map)].keys.indices {
            let recipe = plan.keyRecipes[index]
            guard let type = recipe.type else {
                if partsAreThere(recipe.parts, instance) { return nil }
                continue
            }
            var best: Candidate?
            let others = recipe.except < 0 ? [] : candidates(at: recipe.except, type, instance.frame)
            for var candidate in candidates(at: recipe.source, type, instance.frame) {
                if others.contains(where: { candidate.isSame(as: $0) }) { candidate.rank += Candidate.lastRank }
                if best.map({ candidate.comes(before: $0) }) ?? true { best = candidate }
            }
            guard let best else { continue }
            note(best.value, identifying: instance.root)
            note(best.parts.0, identifying: instance.root)
            note(best.parts.1, identifying: instance.root)
            note(best.parts.2, identifying: instance.root)
            return (best.system, best.text)
        }
        return nil
    }

    private mutating func candidates(
        at source: Int32, _ type: KeyRecipe.IdentifierType, _ frame: Frame
    ) -> [Candidate] {
        var candidates: [Candidate] = []
        for hand in hands(at: plan.sources[Int(source)], frame) where isValued(hand) {
            if let candidate = candidate(hand, type) { candidates.append(candidate) }
        }
        return candidates
    }

    /// Whether a recipe of parts, which comes before one by identifier, has all its values.
    private func partsAreThere(_ parts: FlatRange, _ instance: Instance) -> Bool {
        parts.indices.allSatisfy { index in
            let part = plan.keyParts[index]
            if part.name >= 0 { return self.instance(named: part.name, in: instance.frame.scope) >= 0 }
            return part.isOptional || hand(at: part.source, instance.frame).map { isValued($0) } ?? false
        }
    }

    private mutating func note(_ part: Hand?, identifying root: Int32) {
        if let part { marks.append(Mark(leaves: table.leaves(of: part), node: root)) }
    }

    private struct Candidate {
        /// Beyond what the configured priority gives.
        static let lastRank = 1_000_000

        var rank: Int
        var system: Text
        var text: Text
        var value: Hand
        /// Of the authority.
        var parts: (Hand?, Hand?, Hand?)

        /// By configured priority; then alphabetically, so that the order of repetitions does not matter.
        func comes(before other: Candidate) -> Bool {
            if rank != other.rank { return rank < other.rank }
            if !system.equals(other.system) { return system.string < other.system.string }
            return !text.equals(other.text) && text.string < other.text.string
        }

        func isSame(as other: Candidate) -> Bool { system.equals(other.system) && text.equals(other.text) }
    }

    private mutating func candidate(_ hand: Hand, _ type: KeyRecipe.IdentifierType) -> Candidate? {
        func leaf(_ part: Hand?) -> Hand? { part.map { table.leaf(of: $0) }.flatMap { isValued($0) ? $0 : nil } }
        func part(_ number: Int32, _ inner: Int32 = 0) -> Hand? { leaf(table.part(number, inner, of: hand)) }
        let value: Hand?
        let parts: (Hand?, Hand?, Hand?)
        var kind: Hand?
        switch type {
        case .text: (value, parts) = (leaf(hand), (nil, nil, nil))
        case .patient: (value, parts, kind) = (part(1), (part(4, 1), part(4, 2), part(4, 3)), part(5))
        case .entity: (value, parts) = (part(1), (part(2), part(3), part(4)))
        case .person: (value, parts, kind) = (part(1), (part(9, 1), part(9, 2), part(9, 3)), part(13))
        case .organization:
            let number = part(10).flatMap { clean($0).isEmpty ? nil : $0 }
            (value, parts, kind) = (number ?? part(3), (part(6, 1), part(6, 2), part(6, 3)), part(7))
        }
        guard let value else { return nil }
        let text = clean(value)
        guard !text.isEmpty else { return nil }
        let system = authority(authorityText(parts.0), authorityText(parts.1), authorityText(parts.2)) ?? sender
        return Candidate(rank: rank(kind), system: system, text: text, value: value, parts: parts)
    }

    /// The place of a type of identifier in the configured priority.
    private mutating func rank(_ kind: Hand?) -> Int {
        let priority = options.identifierPriority
        guard let kind, !priority.isEmpty else { return priority.count }
        let text = clean(kind)
        guard !text.isEmpty else { return priority.firstIndex(of: "") ?? priority.count }
        return priority.firstIndex { $0.utf8.elementsEqual(text) } ?? priority.count
    }
}
