import FHIR
import HL7

extension MappingRun {
    /// Completes the resources, takes out what cannot stand, and puts the rest into a bundle.
    mutating func finished() -> Mapped {
        for (row, frame) in deferred.all {
            let instance = instance(named: plan.rows[Int(row)].operand, in: frame.scope, first: true)
            if instance >= 0 { write(reference: row, to: instance, frame) }
        }
        for number in instances.indices where !instances[number].isDead {
            forEachMap(of: number) { run, map in
                run.keepTogether(run.plan.maps[Int(map)].together, in: run.instances[number].root)
                run.fill(run.plan.maps[Int(map)].fillers, in: run.instances[number].root)
            }
        }
        // What refers to all others is judged when it does.
        prune(all: true, sparesEverything: true)
        identify()
        if takeOutSelfReferences() { prune(all: true, sparesEverything: true) }
        if !everything.isEmpty {
            for (row, frame) in everything.all { refer(toAll: row, frame) }
            prune(all: false, sparesEverything: false)
        }
        if options.bundle == .batch, options.ids == .ours {
            // Each entry of a batch stands alone, so that none can refer to another; but the ids are known.
            for number in instances.indices {
                let type = instances[number].type
                tree.literalTypes.append(type < 0 ? -1 : plan.types[Int(type)].name)
            }
        }
        let order = entries()
        if patches { markConditional(order) }
        let bytes = bundle(order)
        let changes = patches ? changes(order) : nil
        return Mapped(
            bytes: bytes, entryCount: order.count, hasContent: order.contains { isContent(instances[$0]) },
            type: options.bundle, loss: loss(), changes: changes,
            explanation: options.explains ? explanation() : [])
    }

    /// What is made of the header alone tells nothing: it names senders and receivers.
    private func isContent(_ instance: Instance) -> Bool {
        !instance.isMade && !["MessageHeader", "Provenance", "Device"].contains(loaded.typeNames[Int(instance.type)])
    }

    private mutating func forEachMap(of number: Int, _ body: (inout Self, Int32) -> Void) {
        var position = instances[number].applied
        while position >= 0 {
            body(&self, applied[Int(position)].map)
            position = applied[Int(position)].next
        }
    }

    /// Nothing refers to itself: a merge of a record with itself is none.
    private mutating func takeOutSelfReferences() -> Bool {
        var found = false
        for reference in references.all {
            let root = tree.root(of: reference.node)
            guard root >= 0, tree.nodes[Int(root)].owner >= 0 else { continue }
            let (owner, other) = (Int(tree.nodes[Int(root)].owner), Int(reference.instance))
            guard instances[owner].id == instances[other].id, !instances[other].isDead else { continue }
            found = true
            tree.kill(reference.node)
            let later = max(owner, other)
            guard owner != other, !instances[later].isMade, !instances[owner].isMade else { continue }
            instances[later].isDead = true
            let segment = table.segments[Int(instances[later].frame.segment)]
            let leaves = LeafRange(first: segment.firstLeaf, end: segment.endLeaf)
            if let location = LeafPlaces(message, table).location(of: leaves) {
                notes.append(
                    LossRecord.Note(location: location, text: "names the record itself, which nothing can be done to"))
            }
        }
        return found
    }

    private mutating func refer(toAll row: Int32, _ frame: Frame) {
        var seen = ResourceIDs(count: instances.count)
        defer { seen.free() }
        for number in instances.indices.dropFirst() {
            let instance = instances[number]
            guard !instance.isDead, instance.root != frame.root, let id = instance.id,
                !plan.types[Int(instance.type)].isHeader, seen.insert(id, number) == nil
            else { continue }
            write(reference: row, to: Int32(number), frame, counts: false)
        }
    }

    // MARK: What must be there

    /// Takes out elements of which some are missing, and gives another what it may be without them.
    private mutating func keepTogether(_ rules: FlatRange, in root: Int32) {
        for index in rules.indices {
            let rule = plan.together[index]
            let nodes = rule.names.indices.map { tree.child(plan.keyLists[$0], of: root) }
            guard nodes.contains(where: { $0 < 0 }) else { continue }
            for node in nodes where node >= 0 { tree.kill(node) }
            let status = tree.child(rule.status, of: root)
            guard status >= 0 else { continue }
            let code = rule.codes.indices.first { tree.isEqual(status, toConstant: plan.togetherCodes[$0].from) }
            tree.kill(status)
            tree.add(
                .constant, code.map { plan.togetherCodes[$0].to } ?? rule.otherwise, to: root, key: rule.status)
        }
    }

    mutating func fill(_ fillers: FlatRange, in root: Int32) {
        for index in fillers.indices {
            let filler = plan.fillers[index]
            forEachElement(at: filler.path.indices, below: root) { run, node in
                if !run.hasAny(of: filler.names, node) {
                    run.tree.add(.constant, filler.constant, to: node, key: filler.name)
                }
                return true
            }
        }
    }

    /// Takes out elements that lack something. False if the root itself does.
    mutating func meets(_ requirements: FlatRange, in root: Int32) -> Bool {
        for index in requirements.indices {
            let requirement = plan.requirements[index]
            let isWhole = forEachElement(at: requirement.path.indices, below: root) { run, node in
                if run.hasAny(of: requirement.names, node) { return true }
                if node == root { return false }
                run.tree.kill(node)
                return true
            }
            if !isWhole { return false }
        }
        return true
    }

    private mutating func hasAny(of names: FlatRange, _ node: Int32) -> Bool {
        for index in names.indices where tree.child(plan.keyLists[index], of: node) >= 0 { return true }
        return false
    }

    /// Goes through the living elements at a path, entering lists element by element, until one says stop.
    @discardableResult
    private mutating func forEachElement(
        at path: Range<Int>, below node: Int32, _ body: (inout Self, Int32) -> Bool
    ) -> Bool {
        guard let first = path.first else { return body(&self, node) }
        let child = tree.child(plan.keyLists[first], of: node)
        guard child >= 0 else { return true }
        let rest = path.dropFirst()
        tree.expand(child)
        guard tree.nodes[Int(child)].kind == .array else { return forEachElement(at: rest, below: child, body) }
        var element = tree.firstLiving(from: tree.nodes[Int(child)].first)
        while element >= 0 {
            let next = tree.nodes[Int(element)].next
            if !forEachElement(at: rest, below: element, body) { return false }
            element = tree.firstLiving(from: next)
        }
        return true
    }

    /// Until nothing changes: resources without a required element go, and references to them; resources made from a
    /// value go when nothing refers to them any more.
    private mutating func prune(all: Bool, sparesEverything: Bool) {
        var mustCheck = all
        var isChanged = true
        while isChanged {
            isChanged = false
            let referredTo = referredTo()
            defer { referredTo.free() }
            for number in instances.indices.dropFirst() where !instances[number].isDead {
                let root = instances[number].root
                var isWhole = true
                let isToAll = everything.all.contains { $0.frame.root == root }
                if isToAll ? !sparesEverything : mustCheck {
                    var position = instances[number].applied
                    while position >= 0, isWhole {
                        isWhole = meets(plan.maps[Int(applied[Int(position)].map)].requirements, in: root)
                        position = applied[Int(position)].next
                    }
                }
                if !isWhole || instances[number].isMade && !referredTo[number] {
                    instances[number].isDead = true
                    isChanged = true
                }
            }
            mustCheck = false
            for reference in references.all
            where instances[Int(reference.instance)].isDead && !tree.nodes[Int(reference.node)].isDead {
                tree.kill(reference.node)
                (isChanged, mustCheck) = (true, true)
            }
        }
    }

    private func referredTo() -> Buffer<Bool> {
        var isReferredTo = Buffer<Bool>(capacity: instances.count)
        for _ in instances.indices { isReferredTo.append(false) }
        for reference in references.all where reference.counts && !isReferredTo[Int(reference.instance)] {
            isReferredTo[Int(reference.instance)] = isAlive(reference.node)
        }
        return isReferredTo
    }

    /// Whether a node is part of a resource that will be in the bundle.
    private func isAlive(_ node: Int32) -> Bool {
        let root = tree.root(of: node)
        guard root >= 0 else { return false }
        let owner = tree.nodes[Int(root)].owner
        return owner >= 0 && !instances[Int(owner)].isDead
    }

    // MARK: Account

    private mutating func loss() -> LossRecord {
        for mark in marks.all where tree.nodes[Int(mark.node)].isWritten {
            if mark.steers { meter.steer(mark.leaves) } else { meter.map(mark.leaves) }
        }
        var record = meter.record(of: table, LeafPlaces(message, table), namesMapped: options.explains)
        record.notes = notes
        record.controlCharacters = controlCharacters
        return record
    }

    private func explanation() -> [Explanation] {
        let places = LeafPlaces(message, table)
        var numbers: [Int: Int] = [:]
        var counts: [Int32: Int] = [:]
        for number in instances.indices where !instances[number].isDead {
            counts[instances[number].type, default: 0] += 1
            numbers[number] = counts[instances[number].type]
        }
        return explained.compactMap { step in
            guard isAlive(step.node), let location = places.location(of: step.leaves) else { return nil }
            let owner = Int(tree.nodes[Int(tree.root(of: step.node))].owner)
            let type = owner == 0 ? "Bundle" : loaded.typeNames[Int(instances[owner].type)]
            let path = "\(type)[\(numbers[owner] ?? 1)].\(tree.path(of: step.node, keyNames: loaded.keyNames))"
            let name = loaded.rowNames[Int(step.row)]
            return Explanation(map: name.map, row: name.row, location: location, path: path)
        }
    }
}
