import FHIR

/// The resources while they are being made: all their elements in one array, children linked by position.
///
/// A node that is taken out is only marked; its place in the array stays.
struct ResourceTree {
    enum Content {
        case object
        case array
        case value(JSONValue)
        /// A reference to a resource of this run, by its number.
        case reference(Int)
    }

    struct Node {
        /// Its name in the object around it; empty in an array.
        var key: String
        var content: Content
        var parent: Int32 = -1
        var first: Int32 = -1
        var last: Int32 = -1
        var next: Int32 = -1
        /// Which slot of a list it fills, 0 if none.
        var slot: Int64 = 0
        var isDead = false
        /// The resource whose root it is.
        var owner: Int32 = -1
    }

    private(set) var nodes: [Node] = []

    init() { nodes.reserveCapacity(512) }

    // MARK: Building

    /// A new node that belongs to nothing yet.
    mutating func detached(_ content: Content, owner: Int32 = -1) -> Int {
        nodes.append(Node(key: "", content: content, owner: owner))
        return nodes.count - 1
    }

    mutating func attach(_ node: Int, to parent: Int, key: String = "") {
        nodes[node].key = key
        nodes[node].parent = Int32(parent)
        let last = nodes[parent].last
        if last < 0 { nodes[parent].first = Int32(node) } else { nodes[Int(last)].next = Int32(node) }
        nodes[parent].last = Int32(node)
    }

    mutating func add(_ content: Content, to parent: Int, key: String = "") -> Int {
        let node = detached(content)
        attach(node, to: parent, key: key)
        return node
    }

    mutating func setSlot(_ slot: Int64, of node: Int) { nodes[node].slot = slot }

    /// The living child of that name.
    mutating func child(_ key: String, of parent: Int) -> Int? {
        expand(parent)
        var position = nodes[parent].first
        while position >= 0 {
            let node = Int(position)
            if !nodes[node].isDead, nodes[node].key == key { return node }
            position = nodes[node].next
        }
        return nil
    }

    /// The element of a list that fills a slot.
    func element(inSlot slot: Int64, of list: Int) -> Int? {
        var position = nodes[list].first
        while position >= 0 {
            let node = Int(position)
            if !nodes[node].isDead, nodes[node].slot == slot { return node }
            position = nodes[node].next
        }
        return nil
    }

    /// The living children.
    mutating func children(of parent: Int) -> [Int] {
        expand(parent)
        var children: [Int] = []
        var position = nodes[parent].first
        while position >= 0 {
            if !nodes[Int(position)].isDead { children.append(Int(position)) }
            position = nodes[Int(position)].next
        }
        return children
    }

    /// Turns a constant into nodes, so that something can be written into it.
    private mutating func expand(_ node: Int) {
        guard case .value(let value) = nodes[node].content else { return }
        switch value {
        case .object(let object):
            nodes[node].content = .object
            for member in object.members { _ = add(.value(member.value), to: node, key: member.key) }
        case .array(let elements):
            nodes[node].content = .array
            for element in elements { _ = add(.value(element), to: node) }
        default: return
        }
    }

    // MARK: Constants

    /// Writes constants into an object where it has nothing of that name; lists get their elements added.
    mutating func merge(_ object: JSONObject, into node: Int) {
        for member in object.members {
            guard let child = child(member.key, of: node) else {
                _ = add(.value(member.value), to: node, key: member.key)
                continue
            }
            switch member.value {
            case .object(let inner): merge(inner, into: child)
            case .array(let elements):
                expand(child)
                for element in elements { _ = add(.value(element), to: child) }
            default: continue
            }
        }
    }

    // MARK: Taking out

    /// Takes a node out, and what becomes empty by it.
    mutating func kill(_ node: Int) {
        nodes[node].isDead = true
        let parent = Int(nodes[node].parent)
        guard parent >= 0, nodes[parent].owner < 0, !nodes[parent].isDead, children(of: parent).isEmpty else { return }
        kill(parent)
    }

    /// The root above a node, unless the node or something above it was taken out.
    func root(of node: Int) -> Int? {
        var position = node
        while true {
            if nodes[position].isDead { return nil }
            let parent = Int(nodes[position].parent)
            if parent < 0 { return position }
            position = parent
        }
    }

    // MARK: Reading

    func json(_ node: Int, reference: (Int) -> JSONValue) -> JSONValue {
        switch nodes[node].content {
        case .value(let value): return value
        case .reference(let resource): return reference(resource)
        case .array:
            var elements: [JSONValue] = []
            forEachChild(of: node) { elements.append(json($0, reference: reference)) }
            return .array(elements)
        case .object:
            var object = JSONObject()
            forEachChild(of: node) { object[nodes[$0].key] = json($0, reference: reference) }
            return .object(object)
        }
    }

    private func forEachChild(of parent: Int, _ body: (Int) -> Void) {
        var position = nodes[parent].first
        while position >= 0 {
            if !nodes[Int(position)].isDead { body(Int(position)) }
            position = nodes[Int(position)].next
        }
    }

    /// The FHIR path of a node below its root: `name[0].given[1]`.
    func path(of node: Int) -> String {
        var text = ""
        var position = node
        while nodes[position].parent >= 0 {
            let parent = Int(nodes[position].parent)
            if case .array = nodes[parent].content {
                var index = 0
                var sibling = Int(nodes[parent].first)
                while sibling != position {
                    if !nodes[sibling].isDead { index += 1 }
                    sibling = Int(nodes[sibling].next)
                }
                text = "[\(index)]" + text
            } else {
                text = "." + nodes[position].key + text
            }
            position = parent
        }
        return String(text.dropFirst())
    }
}
