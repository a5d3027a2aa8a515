import FHIR
import HL7

/// A resource's id as a number.
struct ResourceID: Hashable {
    var type: Int32
    var high: UInt64
    var low: UInt64
}

extension MappingRun {
    /// Gives every resource its id, in the order they were made.
    mutating func identify() {
        ids = [UInt8](repeating: 0x30, count: instances.count * 36)
        // Ids made of other resources' ids come second.
        for number in instances.indices.dropFirst() where !instances[number].isDead {
            guard let (system, value) = identifier(of: number) else { continue }
            instances[number].identifier = (system, value)
            beginName(of: number)
            line.append(contentsOf: system)
            line.append(UInt8(ascii: "|"))
            line.append(contentsOf: value)
            setID(Identity.uuid(line), of: number)
        }
        var counts: [ResourceID: Int] = [:]
        for number in instances.indices.dropFirst() where !instances[number].isDead && instances[number].id == nil {
            nameByParts(number)
            var bytes = Identity.uuid(line)
            let id = ResourceID(type: instances[number].type, high: bytes.high, low: bytes.low)
            counts[id, default: 0] += 1
            if let count = counts[id], count > 1 {
                line.append(UInt8(ascii: "|"))
                line.append(contentsOf: String(count).utf8)
                bytes = Identity.uuid(line)
            }
            setID(bytes, of: number)
        }
    }

    private mutating func beginName(of number: Int) {
        line.removeAll(keepingCapacity: true)
        line.append(contentsOf: plan.text(plan.types[Int(instances[number].type)].name, planBytes))
        line.append(UInt8(ascii: "|"))
    }

    private mutating func setID(_ id: UUIDBytes, of number: Int) {
        instances[number].id = ResourceID(type: instances[number].type, high: id.high, low: id.low)
        id.write(to: &ids, at: number * 36)
    }

    /// The name of a resource without identifier: by the first recipe of parts that is there, else by the message and
    /// the map, which no other message of the sender has.
    private mutating func nameByParts(_ number: Int) {
        let map = instances[number].map
        for index in plan.maps[Int(map)].keys.indices where plan.keyRecipes[index].type == nil {
            beginName(of: number)
            line.append(contentsOf: names.sender)
            if append(plan.keyRecipes[index].parts, number) { return }
        }
        beginName(of: number)
        line.append(contentsOf: names.sender)
        for field in [10, 7] {
            line.append(UInt8(ascii: "|"))
            line.append(contentsOf: (message[position: 0].field(field)?.text ?? "").utf8)
        }
        line.append(UInt8(ascii: "|"))
        line.append(contentsOf: plan.mapNames[Int(map)].utf8)
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
            for hand in hands(at: plan.sources[Int(recipe.source)], instance.frame) where isValued(hand) {
                guard let candidate = candidate(hand, type) else { continue }
                if best.map({ candidate.comes(before: $0) }) ?? true { best = candidate }
            }
            guard let best else { continue }
            for part in best.read { marks.append(Mark(leaves: table.leaves(of: part), node: instance.root)) }
            return (best.system, best.value)
        }
        return nil
    }

    /// Whether a recipe of parts, which comes before one by identifier, has all its values.
    private func partsAreThere(_ parts: FlatRange, _ instance: Instance) -> Bool {
        parts.indices.allSatisfy { index in
            let part = plan.keyParts[index]
            if part.name >= 0 { return self.instance(named: part.name, in: instance.frame.scope) >= 0 }
            return part.isOptional || hand(at: part.source, instance.frame).map(isValued) ?? false
        }
    }

    private struct Candidate {
        var rank: Int
        var system: Text
        var value: Text
        var read: [Hand]

        /// By configured priority; then alphabetically, so that the order of repetitions does not matter.
        func comes(before other: Candidate) -> Bool {
            if rank != other.rank { return rank < other.rank }
            if !system.equals(other.system) { return system.string < other.system.string }
            return !value.equals(other.value) && value.string < other.value.string
        }
    }

    private mutating func candidate(_ hand: Hand, _ type: KeyRecipe.IdentifierType) -> Candidate? {
        func leaf(_ part: Hand?) -> Hand? { part.map { table.leaf(of: $0) }.flatMap { isValued($0) ? $0 : nil } }
        func part(_ number: Int32, _ inner: Int32 = 0) -> Hand? { leaf(table.part(number, inner, of: hand)) }
        let value: Hand?
        let authority: (Hand?, Hand?, Hand?)
        var kind: Hand?
        switch type {
        case .text: (value, authority) = (leaf(hand), (nil, nil, nil))
        case .patient: (value, authority, kind) = (part(1), (part(4, 1), part(4, 2), part(4, 3)), part(5))
        case .entity: (value, authority) = (part(1), (part(2), part(3), part(4)))
        case .person: (value, authority, kind) = (part(1), (part(9, 1), part(9, 2), part(9, 3)), part(13))
        case .organization:
            let number = part(10).flatMap { clean($0).isEmpty ? nil : $0 }
            (value, authority, kind) = (number ?? part(3), (part(6, 1), part(6, 2), part(6, 3)), part(7))
        }
        guard let value else { return nil }
        let text = clean(value)
        guard !text.isEmpty else { return nil }
        let parts = [authority.0, authority.1, authority.2]
        let texts = parts.map { $0.map { clean($0) } ?? Text(start: nil, count: 0) }
        let system = names.authority(texts[0], texts[1], texts[2], store) ?? names.sender
        let priority = options.identifierPriority
        let kindText = kind.map { clean($0).string } ?? ""
        return Candidate(
            rank: priority.firstIndex(of: kindText) ?? priority.count, system: system, value: text,
            read: [value] + parts.compactMap { $0 })
    }
}
