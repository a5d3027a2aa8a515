import FHIR
import HL7

extension MappingRun {
    /// Gives every resource its id, in the order they were made.
    func identify() {
        // Ids made of other resources' ids come second.
        for number in instances.indices.dropFirst() where !instances[number].isDead {
            let instance = instances[number]
            guard let (system, value) = identifier(of: instance) else { continue }
            instances[number].identifier = (system, value)
            instances[number].id = Identity.uuid("\(instance.type)|\(system)|\(value)")
        }
        var counts: [String: Int] = [:]
        for number in instances.indices.dropFirst() where !instances[number].isDead {
            guard instances[number].id.isEmpty else { continue }
            let instance = instances[number]
            var name = "\(instance.type)|" + (parts(of: instance) ?? messageName + "|" + instance.plan.name)
            counts[name, default: 0] += 1
            if let count = counts[name], count > 1 { name += "|\(count)" }
            instances[number].id = Identity.uuid(name)
        }
    }

    /// What no other message of the sender has.
    private var messageName: String {
        func text(_ field: Int) -> String { segments[0].field(field)?.text ?? "" }
        return "\(names.sender)|\(text(10))|\(text(7))"
    }

    // MARK: Recipes

    private func identifier(of instance: Instance) -> (system: String, value: String)? {
        for recipe in instance.plan.key {
            switch recipe.recipe {
            case .parts: if partsAreThere(recipe, instance) { return nil }
            case .identifier(let path, let type):
                let hands = self.hands(at: path, instance.frame).filter { $0.value.presence == .value }
                let candidates = hands.compactMap { candidate($0, type) }
                guard let best = candidates.min(by: { $0.order < $1.order }) else { continue }
                for part in best.read { marks.append((part, instance.root)) }
                return (best.system, best.value)
            }
        }
        return nil
    }

    /// Whether a recipe `of`, which comes before one by identifier, has all its values.
    private func partsAreThere(_ recipe: KeyRecipe, _ instance: Instance) -> Bool {
        guard case .parts(let parts) = recipe.recipe else { return false }
        return parts.allSatisfy { part in
            switch part {
            case .resource(let name): self.instance(named: name, in: instance.frame.scope) != nil
            case .value(let path, let isOptional):
                isOptional || hand(at: path, instance.frame)?.value.presence == .value
            }
        }
    }

    private struct Candidate {
        var rank: Int
        var system: String
        var value: String
        var read: [Range<Int>]

        /// By configured priority; then alphabetically, so that the order of repetitions does not matter.
        var order: (Int, String, String) { (rank, system, value) }
    }

    private func candidate(_ hand: Hand, _ type: KeyRecipe.IdentifierType) -> Candidate? {
        func leaf(_ part: Hand?) -> Value? {
            part.flatMap { $0.leaf.presence == .value ? $0.leaf : nil }
        }
        func text(_ part: Hand?) -> String { leaf(part).map { clean($0.text, trimsStart: true) } ?? "" }
        func hd(_ part: Hand?) -> [Hand?] { (1...3).map { part?.part($0) } }
        let parts: (value: Hand?, authority: [Hand?], type: Hand?) =
            switch type {
            case .text: (hand, [], nil)
            case .patient: (hand.part(1), hd(hand.part(4)), hand.part(5))
            case .entity: (hand.part(1), (2...4).map { hand.part($0) }, nil)
            case .person: (hand.part(1), hd(hand.part(9)), hand.part(13))
            case .organization:
                (text(hand.part(10)).isEmpty ? hand.part(3) : hand.part(10), hd(hand.part(6)), hand.part(7))
            }
        let value = text(parts.value)
        guard !value.isEmpty else { return nil }
        let authority = parts.authority.map(text) + ["", "", ""]
        let system = names.authority(authority[0], authority[1], authority[2]) ?? names.sender
        let rank = options.identifierPriority.firstIndex(of: text(parts.type)) ?? options.identifierPriority.count
        let read = ([parts.value] + parts.authority).compactMap { leaf($0)?.range }
        return Candidate(rank: rank, system: system, value: value, read: read)
    }

    /// The name made of the first recipe `of` whose parts are there.
    private func parts(of instance: Instance) -> String? {
        for recipe in instance.plan.key {
            guard case .parts(let parts) = recipe.recipe else { continue }
            let texts = parts.map { text(of: $0, instance) }
            if texts.contains(where: { $0 == nil }) { continue }
            return "\(names.sender)|" + texts.map { $0 ?? "" }.joined(separator: "|")
        }
        return nil
    }

    private func text(of part: KeyRecipe.Part, _ instance: Instance) -> String? {
        switch part {
        case .resource(let name):
            guard let number = self.instance(named: name, in: instance.frame.scope), !instances[number].isDead,
                instances[number].root != instance.root, !instances[number].id.isEmpty
            else { return nil }
            return instances[number].id
        case .value(let path, let isOptional):
            guard let hand = hand(at: path, instance.frame), hand.value.presence == .value else {
                return isOptional ? "" : nil
            }
            marks.append((hand.value.range, instance.root))
            return hand.value.text
        }
    }

    // MARK: Requests

    /// With ids of the receiver, a resource needs an identifier by which it is found again.
    func addIdentifier(to object: inout JSONObject, _ instance: Instance) {
        guard options.ids == .theirs, let element = R4.element(instance.type, "identifier") else { return }
        let (system, value) = instance.identifier ?? ("urn:ietf:rfc:3986", "urn:uuid:" + instance.id)
        let identifier: JSONValue = ["system": .string(system), "value": .string(value)]
        let isThere = (object["identifier"]?.array ?? []).contains {
            $0["system"] == identifier["system"] && $0["value"] == identifier["value"]
        }
        if isThere { return }
        if element.isArray {
            object.append(identifier, to: "identifier")
        } else if object["identifier"] == nil {
            object["identifier"] = identifier
        }
    }

    func request(for instance: Instance) -> FHIRBundle.Request? {
        guard options.bundle == .transaction || options.bundle == .batch else { return nil }
        guard options.ids == .theirs else {
            return FHIRBundle.Request(method: .put, url: "\(instance.type)/\(instance.id)")
        }
        guard R4.element(instance.type, "identifier") != nil else {
            return FHIRBundle.Request(method: .post, url: instance.type)
        }
        let (system, value) = instance.identifier ?? ("urn:ietf:rfc:3986", "urn:uuid:" + instance.id)
        return FHIRBundle.Request(
            method: .put, url: "\(instance.type)?identifier=\(Identity.escaped(system))%7C\(Identity.escaped(value))")
    }
}
