/// The resources while they are being made: all their elements in one array, children linked by position.
///
/// A node that is taken out is only marked; its place in the array stays. Values are JSON text already: in ``text``, or
/// constants of the plan.
struct ResourceTree {
    enum Kind: UInt8 {
        case object, array
        /// JSON text in ``ResourceTree/text``, from `a` on, `b` bytes.
        case text
        /// The constant `a` of the plan.
        case constant
        /// A reference to the resource `a` of this run; its address alone if `b` is 1.
        case reference
    }

    struct Node {
        /// Its name in the object around it; -1 in an array.
        var key: Int32 = -1
        var kind: Kind
        var isDead = false
        /// It went into the bundle.
        var isWritten = false
        var parent: Int32 = -1
        var first: Int32 = -1
        var last: Int32 = -1
        var next: Int32 = -1
        var a: Int32 = 0
        var b: Int32 = 0
        /// The resource whose root it is.
        var owner: Int32 = -1
        /// Which slot of a list it fills, 0 if none.
        var slot: Int64 = 0
    }

    let plan: FlatPlan
    var nodes: Buffer<Node>
    var text: Buffer<UInt8>
    /// The type of each resource of the run, as a text of the plan: references name `Type/id` then, else the entry.
    var literalTypes = Buffer<Int32>(capacity: 4)

    init(_ plan: FlatPlan, bytes: Int) {
        self.plan = plan
        nodes = Buffer(capacity: bytes + 128)
        text = Buffer(capacity: bytes * 8 + 512)
    }

    func free() {
        nodes.free()
        text.free()
        literalTypes.free()
    }

    // MARK: Building

    /// A new node that belongs to nothing yet.
    mutating func detached(_ kind: Kind, _ a: Int32 = 0, _ b: Int32 = 0, owner: Int32 = -1) -> Int32 {
        nodes.append(Node(kind: kind, a: a, b: b, owner: owner))
        return Int32(nodes.count - 1)
    }

    mutating func detached(_ text: FlatText) -> Int32 { detached(.text, text.start, text.count) }

    /// Hangs a node below another, unless that has another form of the same choice already: then the node belongs to
    /// nothing, and what it carries is lost.
    mutating func attach(_ node: Int32, to parent: Int32, key: Int32 = -1) {
        nodes[Int(node)].key = key
        if key >= 0, hasOtherForm(of: plan.choices[Int(key)], parent) {
            nodes[Int(node)].parent = -1
            return
        }
        nodes[Int(node)].parent = parent
        let last = nodes[Int(parent)].last
        if last < 0 { nodes[Int(parent)].first = node } else { nodes[Int(last)].next = node }
        nodes[Int(parent)].last = node
    }

    /// Whether an object has `valueString`, asked for `valueQuantity`.
    private func hasOtherForm(of choice: FlatChoice, _ parent: Int32) -> Bool {
        guard choice.base >= 0 else { return false }
        var position = nodes[Int(parent)].first
        while position >= 0 {
            let node = nodes[Int(position)]
            if !node.isDead, node.key >= 0 {
                let other = plan.choices[Int(node.key)]
                if other.base == choice.base, other.form != choice.form { return true }
            }
            position = node.next
        }
        return false
    }

    @discardableResult
    mutating func add(_ kind: Kind, _ a: Int32 = 0, _ b: Int32 = 0, to parent: Int32, key: Int32 = -1) -> Int32 {
        let node = detached(kind, a, b)
        attach(node, to: parent, key: key)
        return node
    }

    mutating func add(_ text: FlatText, to parent: Int32, key: WellKnownKey) {
        add(.text, text.start, text.count, to: parent, key: key.rawValue)
    }

    /// The living child of that name, -1 if there is none.
    mutating func child(_ key: Int32, of parent: Int32) -> Int32 {
        if nodes[Int(parent)].kind == .constant { expand(parent) }
        var position = nodes[Int(parent)].first
        while position >= 0 {
            let node = nodes[Int(position)]
            if node.key == key, !node.isDead { return position }
            position = node.next
        }
        return -1
    }

    /// The element of a list that fills a slot, -1 if there is none.
    func element(inSlot slot: Int64, of list: Int32) -> Int32 {
        var position = nodes[Int(list)].first
        while position >= 0 {
            let node = nodes[Int(position)]
            if node.slot == slot, !node.isDead { return position }
            position = node.next
        }
        return -1
    }

    func firstLiving(from position: Int32) -> Int32 {
        var position = position
        while position >= 0, nodes[Int(position)].isDead { position = nodes[Int(position)].next }
        return position
    }

    /// Turns a constant into nodes, so that something can be written into it.
    mutating func expand(_ node: Int32) {
        guard nodes[Int(node)].kind == .constant else { return }
        let constant = plan.constants[Int(nodes[Int(node)].a)]
        switch constant.kind {
        case .object: nodes[Int(node)].kind = .object
        case .array: nodes[Int(node)].kind = .array
        case .leaf: return
        }
        for child in constant.children.indices {
            add(.constant, Int32(child), to: node, key: plan.constants[child].key)
        }
    }

    // MARK: Constants

    /// Writes the members of a constant into an object where it has nothing of that name; lists get its elements.
    mutating func merge(constant: Int32, into node: Int32) {
        for member in plan.constants[Int(constant)].children.indices {
            let value = plan.constants[member]
            let child = child(value.key, of: node)
            guard child >= 0 else {
                add(.constant, Int32(member), to: node, key: value.key)
                continue
            }
            switch value.kind {
            case .object: merge(constant: Int32(member), into: child)
            case .array:
                expand(child)
                for element in value.children.indices { add(.constant, Int32(element), to: child) }
            case .leaf: continue
            }
        }
    }

    /// Moves the members of an object that belongs to nothing into another, as ``merge(constant:into:)`` does.
    mutating func merge(_ other: Int32, into node: Int32) {
        expand(other)
        var position = nodes[Int(other)].first
        while position >= 0 {
            let member = nodes[Int(position)]
            if !member.isDead { merge(member: position, member, into: node) }
            position = member.next
        }
    }

    private mutating func merge(member: Int32, _ value: Node, into node: Int32) {
        let child = child(value.key, of: node)
        guard child >= 0 else { return move(member, to: node, key: value.key) }
        switch kind(of: member) {
        case .object: merge(member, into: child)
        case .array:
            expand(member)
            expand(child)
            var element = nodes[Int(member)].first
            while element >= 0 {
                let next = nodes[Int(element)].next
                if !nodes[Int(element)].isDead { move(element, to: child, key: -1) }
                element = next
            }
        case .leaf: return
        }
    }

    /// Hangs a node somewhere else; the list it was in must not be read any more.
    mutating func move(_ node: Int32, to parent: Int32, key: Int32) {
        nodes[Int(node)].next = -1
        attach(node, to: parent, key: key)
    }

    /// Takes a node back from what went into the bundle, with all below it.
    mutating func unwrite(_ node: Int32) {
        nodes[Int(node)].isWritten = false
        var child = nodes[Int(node)].first
        while child >= 0 {
            unwrite(child)
            child = nodes[Int(child)].next
        }
    }

    func kind(of node: Int32) -> FlatConstant.Kind {
        switch nodes[Int(node)].kind {
        case .object: .object
        case .array: .array
        case .constant: plan.constants[Int(nodes[Int(node)].a)].kind
        case .text, .reference: .leaf
        }
    }

    // MARK: Taking out

    /// Takes a node out, and what becomes empty by it.
    mutating func kill(_ node: Int32) {
        nodes[Int(node)].isDead = true
        let parent = nodes[Int(node)].parent
        guard parent >= 0, nodes[Int(parent)].owner < 0, !nodes[Int(parent)].isDead, isHollow(parent) else { return }
        kill(parent)
    }

    /// Whether nothing is left in a node, or nothing but the URL of an extension.
    private func isHollow(_ node: Int32) -> Bool {
        let first = firstLiving(from: nodes[Int(node)].first)
        guard first >= 0 else { return true }
        let list = nodes[Int(node)].parent
        guard list >= 0, nodes[Int(first)].key == WellKnownKey.url.rawValue,
            nodes[Int(list)].key == WellKnownKey.extension.rawValue
                || nodes[Int(list)].key == WellKnownKey.modifierExtension.rawValue
        else { return false }
        return firstLiving(from: nodes[Int(first)].next) < 0
    }

    /// The root above a node; -1 if the node or something above it was taken out.
    func root(of node: Int32) -> Int32 {
        var position = node
        while true {
            let node = nodes[Int(position)]
            if node.isDead { return -1 }
            if node.parent < 0 { return position }
            position = node.parent
        }
    }

    /// The FHIR path of a node below its root: `name[0].given[1]`.
    func path(of node: Int32, keyNames: [String]) -> String {
        var text = ""
        var position = node
        while nodes[Int(position)].parent >= 0 {
            let parent = nodes[Int(position)].parent
            if nodes[Int(parent)].kind == .array {
                var index = 0
                var sibling = nodes[Int(parent)].first
                while sibling != position, sibling >= 0 {
                    if !nodes[Int(sibling)].isDead { index += 1 }
                    sibling = nodes[Int(sibling)].next
                }
                text = "[\(index)]" + text
            } else {
                text = "." + keyNames[Int(nodes[Int(position)].key)] + text
            }
            position = parent
        }
        return String(text.dropFirst())
    }
}
