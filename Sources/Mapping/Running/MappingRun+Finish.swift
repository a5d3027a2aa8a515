import FHIR
import HL7

extension MappingRun {
    /// Completes the resources, takes out what cannot stand, and puts the rest into a bundle.
    func finished() -> Mapped {
        for (row, name, frame) in deferred {
            if let instance = firstInstance(named: name, in: frame.scope) { write(reference: row, to: instance, frame) }
        }
        for number in instances.indices where !instances[number].isDead {
            for plan in instances[number].plans { fill(plan.fillers, in: instances[number].root) }
        }
        // What refers to all others is judged when it does.
        prune(sparing: Set(everything.map(\.frame.root)))
        identify()
        if !everything.isEmpty {
            for (row, frame) in everything { refer(toAll: row, frame) }
            prune()
        }
        let bundle = bundle()
        return Mapped(bundle: bundle, loss: loss(), explanation: options.explains ? explanation() : [])
    }

    private func firstInstance(named name: String, in scope: Int) -> Int? {
        var scope = scope
        while scope >= 0 {
            if let found = scopes[scope].names.first(where: { $0.name == name }) { return found.first }
            scope = scopes[scope].parent
        }
        return nil
    }

    private func refer(toAll row: RowPlan, _ frame: Frame) {
        var seen: Set<String> = []
        for number in instances.indices.dropFirst()
        where !instances[number].isDead && instances[number].root != frame.root
            && instances[number].type != "MessageHeader"
            && seen.insert(instances[number].type + instances[number].id).inserted
        {
            write(reference: row, to: number, frame, counts: false)
        }
    }

    // MARK: What must be there

    func fill(_ fillers: [FillerPlan], in root: Int) {
        for filler in fillers {
            for node in elements(at: filler.path, below: root)
            where !filler.names.contains(where: { has($0, node) }) {
                _ = tree.add(.value(filler.value), to: node, key: filler.name)
            }
        }
    }

    /// Takes out elements that lack something. False if the root itself does.
    func meets(_ requirements: [RequirementPlan], in root: Int) -> Bool {
        for requirement in requirements {
            for node in elements(at: requirement.path, below: root)
            where !requirement.names.contains(where: { has($0, node) }) {
                if node == root { return false }
                tree.kill(node)
            }
        }
        return true
    }

    private func has(_ name: String, _ node: Int) -> Bool {
        tree.child(name, of: node) != nil || tree.child("_" + name, of: node) != nil
    }

    /// The living elements at a path, entering lists element by element.
    private func elements(at path: [String], below root: Int) -> [Int] {
        if path.isEmpty { return [root] }
        var nodes = [root]
        for key in path {
            nodes = nodes.flatMap { node -> [Int] in
                guard let child = tree.child(key, of: node) else { return [] }
                let children = tree.children(of: child)
                if case .array = tree.nodes[child].content { return children }
                return [child]
            }
        }
        return nodes
    }

    /// Until nothing changes: resources without a required element go, and references to them; resources made from a
    /// value go when nothing refers to them any more.
    private func prune(sparing spared: Set<Int> = []) {
        var isChanged = true
        while isChanged {
            isChanged = false
            let referredTo = referredTo()
            for number in instances.indices.dropFirst() where !instances[number].isDead {
                let root = instances[number].root
                let isWhole =
                    spared.contains(root) || instances[number].plans.allSatisfy { meets($0.requirements, in: root) }
                if !isWhole || instances[number].isMade && !referredTo.contains(number) {
                    instances[number].isDead = true
                    isChanged = true
                }
            }
            for reference in references where instances[reference.instance].isDead && !tree.nodes[reference.node].isDead
            {
                tree.kill(reference.node)
                isChanged = true
            }
        }
    }

    private func referredTo() -> Set<Int> {
        Set(references.lazy.filter { $0.counts && self.isAlive($0.node) }.map(\.instance))
    }

    /// Whether a node is part of a resource that will be in the bundle.
    private func isAlive(_ node: Int) -> Bool {
        guard let root = tree.root(of: node) else { return false }
        let owner = Int(tree.nodes[root].owner)
        return owner >= 0 && !instances[owner].isDead
    }

    // MARK: Bundle

    private func bundle() -> FHIRBundle {
        var bundle = FHIRBundle(type: options.bundle)
        let own = tree.json(instances[0].root) { reference(to: $0) }
        bundle.identifier = own["identifier"]
        bundle.timestamp = own["timestamp"]?.string
        var positions: [String: Int] = [:]
        for number in instances.indices.dropFirst() where !instances[number].isDead {
            let instance = instances[number]
            var object: JSONObject = ["resourceType": .string(instance.type)]
            if options.ids == .ours { object["id"] = .string(instance.id) }
            for member in tree.json(instance.root, reference: { reference(to: $0) }).object?.members ?? [] {
                object[member.key] = member.value
            }
            addIdentifier(to: &object, instance)
            if let position = positions[instance.type + instance.id] {
                merge(object, into: &bundle.entries[position])
                continue
            }
            positions[instance.type + instance.id] = bundle.entries.count
            // The object has a resourceType, so it is a resource.
            let resource = try? Resource(.object(object))
            bundle.entries.append(
                FHIRBundle.Entry(
                    fullUrl: "urn:uuid:" + instance.id, resource: resource, request: request(for: instance)))
        }
        if bundle.type == .message,
            let header = bundle.entries.firstIndex(where: { $0.resource?.type == "MessageHeader" })
        {
            bundle.entries.insert(bundle.entries.remove(at: header), at: 0)
        }
        return bundle
    }

    private func reference(to number: Int) -> JSONValue {
        .object(["reference": .string("urn:uuid:" + instances[number].id)])
    }

    /// Adds what a later mention of the same resource says more.
    private func merge(_ object: JSONObject, into entry: inout FHIRBundle.Entry) {
        guard var resource = entry.resource else { return }
        for member in object.members {
            guard let existing = resource[member.key] else {
                resource[member.key] = member.value
                continue
            }
            guard let old = existing.array, let new = member.value.array else { continue }
            resource[member.key] = .array(old + new.filter { !old.contains($0) })
        }
        entry.resource = resource
    }

    // MARK: Account

    private func loss() -> LossRecord {
        for mark in marks where isAlive(mark.node) { meter.map(mark.range) }
        var record = meter.record(of: segments, delimiters: message.delimiters, bytes: bytes)
        record.notes = notes
        record.controlCharacters = controlCharacters
        return record
    }

    private func explanation() -> [Explanation] {
        var numbers: [Int: Int] = [:]
        var counts: [String: Int] = [:]
        for number in instances.indices where !instances[number].isDead {
            counts[instances[number].type, default: 0] += 1
            numbers[number] = counts[instances[number].type]
        }
        return explained.compactMap { step in
            guard isAlive(step.node), let root = tree.root(of: step.node), let location = location(of: step.range)
            else { return nil }
            let owner = Int(tree.nodes[root].owner)
            let path = "\(instances[owner].type)[\(numbers[owner] ?? 1)].\(tree.path(of: step.node))"
            return Explanation(map: step.map, row: step.row, location: location, path: path)
        }
    }
}
