import FHIR
import HL7

/// Updates that change what a message states and leave the rest: A08, A31, and messages with HL7 nulls.
///
/// R4 forbids that a transaction creates and patches the same resource, so an update is two bundles: the first creates
/// what the server lacks (`POST` with `ifNoneExist`), the second patches.
extension MappingRun {
    var patches: Bool { options.updates == .patch && options.bundle == .transaction }

    /// An event that is nothing but a change of what is known.
    var isUpdateEvent: Bool {
        let event = message.header.type
        return event == "ADT^A08" || event == "ADT^A31"
    }

    // MARK: While rows run

    /// Notes that a null takes away what a row would have written. Below a value that is written as a whole, such as a
    /// name, leaving it out does that.
    mutating func noteNull(_ row: FlatRow, _ hand: Hand, _ frame: Frame) {
        if frame.hand == nil, row.target >= 0 { nulls.append((row.target, row.set, frame.root, hand)) }
    }

    /// Whether a table was asked about more than the type of the message.
    func readsMoreThanHeader(_ row: FlatRow, _ frame: Frame) -> Bool {
        let header = table.segments[0].symbol
        return row.sources.indices.contains { index in
            plan.sources[index].segment != header && hand(at: Int32(index), frame).map { isValued($0) } ?? false
        }
    }

    func isAppended(_ target: Int32) -> Bool {
        plan.targets[Int(target)].steps.indices.last.map { plan.steps[$0].index == .append } ?? false
    }

    // MARK: The first bundle

    /// Decides which resources are changed by a patch and which are mere context: both are created only where the
    /// server lacks them.
    mutating func markConditional(_ order: [Int]) {
        let isUpdate = isUpdateEvent
        guard isUpdate || !nulls.isEmpty else { return }
        for number in order where plan.types[Int(instances[number].type)].identifier != .none {
            if instances[number].isMade {
                instances[number].isConditional = true
            } else if instances[number].isStable {
                instances[number].isConditional = isUpdate || hasNull(number)
            }
        }
    }

    /// The resource of the bundle that a root went into: another one, if both came to the same id.
    private func isPart(_ root: Int32, of number: Int) -> Bool {
        let owner = tree.nodes[Int(root)].owner
        return owner >= 0 && !instances[Int(owner)].isDead && instances[Int(owner)].id == instances[number].id
    }

    private func hasNull(_ number: Int) -> Bool { nulls.all.contains { isPart($0.root, of: number) } }

    // MARK: The second bundle

    /// What is patched; nil if nothing is.
    mutating func changes(_ order: [Int]) -> FHIRBundle? {
        guard order.contains(where: { instances[$0].isConditional }) else { return nil }
        var members = Set<Int32>()
        var elements = Set<Int32>()
        for mark in marks.all where !mark.steers { note(stated: mark.node, &members, &elements) }
        for node in stated.all { note(stated: node, &members, &elements) }
        let addresses = addresses(order)
        var entries: [FHIRBundle.Entry] = []
        for number in order where instances[number].isConditional && !instances[number].isMade {
            var patch = ResourcePatch(type: loaded.typeNames[Int(instances[number].type)])
            removeNulls(of: number, from: &patch)
            add(number, members, elements, to: &patch)
            let resource = patch.resource(addresses)
            guard resource["parameter"] != nil, let address = addresses[fullURL(number)] else { continue }
            entries.append(
                FHIRBundle.Entry(resource: resource, request: FHIRBundle.Request(method: .patch, url: address)))
        }
        return entries.isEmpty ? nil : FHIRBundle(type: .transaction, entries: entries)
    }

    private func fullURL(_ number: Int) -> String { "urn:uuid:" + ids[number * 36..<number * 36 + 36].string }

    /// How the server is asked for each resource of the first bundle: references in the second cannot name its entries.
    private mutating func addresses(_ order: [Int]) -> [String: String] {
        var addresses: [String: String] = [:]
        for number in order {
            let instance = instances[number]
            let id = number * 36..<number * 36 + 36
            let type = loaded.typeNames[Int(instance.type)]
            if hasOwnID(instance) {
                addresses[fullURL(number)] = "\(type)/\(ids[id].string)"
            } else if plan.types[Int(instance.type)].identifier != .none {
                var search = Buffer<UInt8>(capacity: 96)
                defer { search.free() }
                appendSearch(for: instance, id, to: &search)
                addresses[fullURL(number)] = "\(type)?\(search.all.string)"
            }
        }
        return addresses
    }

    /// Notes which element of its resource a node is in, and which member.
    private func note(stated node: Int32, _ members: inout Set<Int32>, _ elements: inout Set<Int32>) {
        var way: (element: Int32, member: Int32, position: Int32) = (-1, -1, node)
        while true {
            let node = tree.nodes[Int(way.position)]
            if node.isDead { return }
            if node.parent < 0 { break }
            way = (way.member, way.position, node.parent)
        }
        guard way.member >= 0 else { return }
        members.insert(way.member)
        if way.element >= 0 { elements.insert(way.element) }
    }

    private mutating func add(
        _ number: Int, _ members: Set<Int32>, _ elements: Set<Int32>, to patch: inout ResourcePatch
    ) {
        var position = tree.firstLiving(from: tree.nodes[Int(instances[number].root)].first)
        while position >= 0 {
            if members.contains(position) {
                let key = loaded.keyNames[Int(tree.nodes[Int(position)].key)]
                if tree.kind(of: position) == .array {
                    var element = tree.firstLiving(from: tree.nodes[Int(position)].first)
                    while element >= 0 {
                        if elements.contains(element), let value = value(of: element) {
                            patch.state(key, element: value)
                        }
                        element = tree.firstLiving(from: tree.nodes[Int(element)].next)
                    }
                } else {
                    // The value and what JSON says beside it (`birthDate`, `_birthDate`) are one element.
                    let name = key.hasPrefix("_") ? String(key.dropFirst()) : key
                    patch.state(name, member(name, of: number), companion: member("_" + name, of: number))
                }
            }
            position = tree.firstLiving(from: tree.nodes[Int(position)].next)
        }
    }

    private mutating func member(_ name: String, of number: Int) -> JSONValue? {
        guard let key = loaded.keyNames.firstIndex(of: name) else { return nil }
        let node = tree.child(Int32(key), of: instances[number].root)
        return node >= 0 ? value(of: node) : nil
    }

    private mutating func value(of node: Int32) -> JSONValue? {
        var out = Buffer<UInt8>(capacity: 256)
        defer { out.free() }
        tree.write(node, to: &out, ids: ids)
        // What was just written is JSON.
        return try? JSONReader.value(from: Array(out.all))
    }

    // MARK: Nulls

    private mutating func removeNulls(of number: Int, from patch: inout ResourcePatch) {
        // Several rows may read one value; one of them is enough to say what is meant.
        var understood: [Int32: Bool] = [:]
        for null in nulls.all where isPart(null.root, of: number) {
            let isRemoved = patch.remove(removal(null.target, set: null.set))
            understood[null.value.start, default: false] = understood[null.value.start] == true || isRemoved
        }
        for null in nulls.all where understood.removeValue(forKey: null.value.start) == false {
            note(null.value, "this null changes nothing: it does not say which of several elements it means")
        }
    }

    /// Where the element is that a row writes, and which one of a list.
    private func removal(_ target: Int32, set: Int32) -> ResourcePatch.Removal? {
        var keys: [String] = []
        let steps = plan.targets[Int(target)].steps.indices
        for position in steps {
            let step = plan.steps[position]
            let key = loaded.keyNames[Int(step.key)]
            keys.append(key.hasPrefix("_") ? String(key.dropFirst()) : key)
            guard step.index != .none else { continue }
            if step.url >= 0 {
                return ResourcePatch.Removal(keys: keys, element: ["url": constant(step.url)], isWhole: false)
            }
            let set = set >= 0 ? constant(set) : nil
            guard set != nil || position == steps.last else { return nil }
            return ResourcePatch.Removal(keys: keys, element: set, isWhole: set == nil)
        }
        return ResourcePatch.Removal(keys: keys, element: nil, isWhole: false)
    }

    private func constant(_ index: Int32) -> JSONValue {
        // The plan's constants are JSON.
        (try? JSONReader.value(from: Array(plan.json(index)))) ?? .null
    }
}
