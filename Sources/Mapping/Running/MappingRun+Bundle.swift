import FHIR

extension MappingRun {
    /// Writes the bundle.
    mutating func bundle(_ order: [Int]) -> [UInt8] {
        var out = Buffer<UInt8>(capacity: tree.text.count * 2 + order.count * 256 + 512)
        defer { out.free() }
        out.append(literal: "{\"resourceType\":\"Bundle\"")
        writeOwn(.identifier, to: &out)
        out.append(literal: ",\"type\":\"")
        out.append(options.bundle.rawValue)
        out.append(literal: "\"")
        writeOwn(.timestamp, to: &out)
        if !order.isEmpty {
            out.append(literal: ",\"entry\":[")
            for (position, number) in order.enumerated() {
                if position > 0 { out.append(UInt8(ascii: ",")) }
                write(entry: number, to: &out)
            }
            out.append(UInt8(ascii: "]"))
        }
        out.append(UInt8(ascii: "}"))
        return Array(out.all)
    }

    /// An element of the bundle itself.
    private mutating func writeOwn(_ key: WellKnownKey, to out: inout Buffer<UInt8>) {
        let node = tree.child(key.rawValue, of: instances[0].root)
        guard node >= 0 else { return }
        out.append(UInt8(ascii: ","))
        out.append(contentsOf: plan.text(plan.keys[Int(key.rawValue)]))
        tree.write(node, to: &out, ids: ids)
    }

    /// The resources that get an entry, in order; those that came to the same id are one.
    mutating func entries() -> [Int] {
        var order: [Int] = []
        var known = ResourceIDs(count: instances.count)
        defer { known.free() }
        for number in instances.indices.dropFirst() where !instances[number].isDead {
            addIdentifier(to: number)
            guard let id = instances[number].id else { continue }
            if let first = known.insert(id, number) {
                merge(instances[number].root, into: instances[first].root)
            } else {
                order.append(number)
            }
        }
        if options.bundle == .message,
            let header = order.firstIndex(where: { plan.types[Int(instances[$0].type)].isHeader })
        {
            order.insert(order.remove(at: header), at: 0)
        }
        return order
    }

    private mutating func write(entry number: Int, to out: inout Buffer<UInt8>) {
        let instance = instances[number]
        let type = plan.text(plan.types[Int(instance.type)].name)
        let id = number * 36..<number * 36 + 36
        out.append(literal: "{\"fullUrl\":\"urn:uuid:")
        out.append(contentsOf: ids[id])
        out.append(literal: "\",\"resource\":{\"resourceType\":\"")
        out.append(contentsOf: type)
        if hasOwnID(instance) {
            out.append(literal: "\",\"id\":\"")
            out.append(contentsOf: ids[id])
        }
        out.append(UInt8(ascii: "\""))
        if tree.firstLiving(from: tree.nodes[Int(instance.root)].first) >= 0 { out.append(UInt8(ascii: ",")) }
        tree.writeMembers(of: instance.root, to: &out, ids: ids)
        out.append(UInt8(ascii: "}"))
        if options.bundle == .transaction || options.bundle == .batch {
            write(requestFor: instance, type, id, to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    private mutating func write(
        requestFor instance: Instance, _ type: Text, _ id: Range<Int>, to out: inout Buffer<UInt8>
    ) {
        if hasOwnID(instance) {
            out.append(literal: ",\"request\":{\"method\":\"PUT\",\"url\":\"")
            out.append(contentsOf: type)
            out.append(UInt8(ascii: "/"))
            out.append(contentsOf: ids[id])
        } else if plan.types[Int(instance.type)].identifier == .none {
            out.append(literal: ",\"request\":{\"method\":\"POST\",\"url\":\"")
            out.append(contentsOf: type)
        } else {
            let method: StaticString = instance.isConditional ? "POST" : "PUT"
            out.append(literal: ",\"request\":{\"method\":\"")
            out.append(literal: method)
            out.append(literal: "\",\"url\":\"")
            out.append(contentsOf: type)
            out.append(literal: instance.isConditional ? "\",\"ifNoneExist\":\"" : "?")
            appendSearch(for: instance, id, to: &out)
        }
        out.append(literal: "\"}")
    }

    /// Whether we give it its logical id. Where updates are patches the server does, since R4 cannot create a resource
    /// under a chosen id only if there is none: it is found by an identifier then.
    func hasOwnID(_ instance: Instance) -> Bool {
        options.ids == .ours && !(patches && plan.types[Int(instance.type)].identifier != .none)
    }

    /// The search by which a server finds a resource: `identifier=system|value`.
    mutating func appendSearch(for instance: Instance, _ id: Range<Int>, to out: inout Buffer<UInt8>) {
        let (system, value) = searchIdentifier(of: instance, id)
        out.append(literal: "identifier=")
        Identity.append(escaped: system, to: &out)
        out.append(literal: "%7C")
        Identity.append(escaped: value, to: &out)
    }

    /// By what a server that gives its own ids finds a resource again.
    private mutating func searchIdentifier(of instance: Instance, _ id: Range<Int>) -> (system: Text, value: Text) {
        if options.ids == .theirs, let identifier = instance.identifier { return identifier }
        return (store.keep("urn:ietf:rfc:3986"), store.keep("urn:uuid:" + ids[id].string))
    }

    // MARK: Identifiers

    /// With ids of the receiver, a resource needs an identifier by which it is found again.
    private mutating func addIdentifier(to number: Int) {
        let instance = instances[number]
        guard !hasOwnID(instance) else { return }
        let form = plan.types[Int(instance.type)].identifier
        guard form != .none else { return }
        let (system, value) = searchIdentifier(of: instance, number * 36..<number * 36 + 36)
        let added = tree.detached(.object)
        let encoded = (tree.encode(system), tree.encode(value))
        tree.add(encoded.0, to: added, key: .system)
        tree.add(encoded.1, to: added, key: .value)
        let key = WellKnownKey.identifier.rawValue
        var there = tree.child(key, of: instance.root)
        guard form == .list else {
            if there < 0 { tree.attach(added, to: instance.root, key: key) }
            return
        }
        if there < 0 { there = tree.add(.array, to: instance.root, key: key) }
        tree.expand(there)
        var element = tree.firstLiving(from: tree.nodes[Int(there)].first)
        while element >= 0 {
            if isSame(.system, element, added), isSame(.value, element, added) { return }
            element = tree.firstLiving(from: tree.nodes[Int(element)].next)
        }
        tree.attach(added, to: there)
    }

    private mutating func isSame(_ key: WellKnownKey, _ one: Int32, _ other: Int32) -> Bool {
        let (a, b) = (tree.child(key.rawValue, of: one), tree.child(key.rawValue, of: other))
        return a >= 0 && b >= 0 && tree.areEqual(a, b, ids: ids)
    }

    // MARK: One resource, mentioned twice

    /// Adds what a later mention of the same resource says more: members that are missing, and elements of lists.
    ///
    /// What both say counts as carried; what only the later one says differently is lost.
    private mutating func merge(_ later: Int32, into root: Int32) {
        tree.nodes[Int(later)].isWritten = true  // what identifies it is carried
        var position = tree.firstLiving(from: tree.nodes[Int(later)].first)
        while position >= 0 {
            let next = tree.nodes[Int(position)].next
            let existing = tree.child(tree.nodes[Int(position)].key, of: root)
            if existing < 0 {
                tree.move(position, to: root, key: tree.nodes[Int(position)].key)
            } else if tree.kind(of: position) == .array, tree.kind(of: existing) == .array {
                mergeElements(of: position, into: existing)
            } else if !tree.areEqual(position, existing, ids: ids) {
                tree.unwrite(position)
            }
            position = tree.firstLiving(from: next)
        }
    }

    private mutating func mergeElements(of later: Int32, into list: Int32) {
        tree.expand(later)
        tree.expand(list)
        let end = tree.nodes[Int(list)].last
        var position = tree.firstLiving(from: tree.nodes[Int(later)].first)
        while position >= 0 {
            let next = tree.nodes[Int(position)].next
            if !contains(list, upTo: end, position) { tree.move(position, to: list, key: -1) }
            position = tree.firstLiving(from: next)
        }
    }

    /// Whether one of the elements of a list, up to one of them, says the same as a node.
    private mutating func contains(_ list: Int32, upTo end: Int32, _ node: Int32) -> Bool {
        var element = tree.firstLiving(from: tree.nodes[Int(list)].first)
        while element >= 0 {
            if tree.areEqual(element, node, ids: ids) { return true }
            if element == end { return false }
            element = tree.firstLiving(from: tree.nodes[Int(element)].next)
        }
        return false
    }
}
