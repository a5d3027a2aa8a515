extension ResourceTree {
    /// The element at a target path, -1 if it is not there yet. `[+]` never is.
    mutating func existing(_ target: Int32, in root: Int32, application: Int64) -> Int32 {
        var node = root
        for position in plan.targets[Int(target)].steps.indices {
            let step = plan.steps[position]
            if step.index == .append { return -1 }
            node = child(step.key, of: node)
            if node < 0 { return -1 }
            if step.index != .none {
                node = element(inSlot: step.slotNumber(application), of: node)
                if node < 0 { return -1 }
            }
        }
        return node
    }

    /// Writes a node at the end of a target path, making what is missing on the way.
    ///
    /// - Precondition: ``existing(_:in:application:)`` has found nothing there.
    mutating func place(_ node: Int32, at target: Int32, in root: Int32, application: Int64) {
        var parent = root
        let steps = plan.targets[Int(target)].steps.indices
        for position in steps.dropLast() { parent = open(plan.steps[position], in: parent, application) }
        guard let last = steps.last else { return }
        let step = plan.steps[last]
        guard step.index != .none else { return attach(node, to: parent, key: step.key) }
        attach(node, to: list(step.key, in: parent))
        if step.index != .append { nodes[Int(node)].slot = step.slotNumber(application) }
    }

    /// The innermost element in brackets of a target path whose element was just written: where `set` goes.
    mutating func anchor(of target: Int32, in root: Int32, application: Int64) -> Int32 {
        var node = root
        let target = plan.targets[Int(target)]
        for position in target.steps.indices.prefix(Int(target.anchorCount)) {
            let step = plan.steps[position]
            let child = child(step.key, of: node)
            guard child >= 0 else { return node }
            switch step.index {
            case .none: node = child
            case .append: node = nodes[Int(child)].last
            case .slot, .shared:
                let element = element(inSlot: step.slotNumber(application), of: child)
                node = element >= 0 ? element : child
            }
        }
        return node
    }

    private mutating func open(_ step: FlatStep, in parent: Int32, _ application: Int64) -> Int32 {
        guard step.index != .none else {
            let child = child(step.key, of: parent)
            return child >= 0 ? child : add(.object, to: parent, key: step.key)
        }
        let list = list(step.key, in: parent)
        if step.index != .append {
            let element = element(inSlot: step.slotNumber(application), of: list)
            if element >= 0 { return element }
        }
        let element = add(.object, to: list)
        if step.index != .append { nodes[Int(element)].slot = step.slotNumber(application) }
        if step.url >= 0 { add(.constant, step.url, to: element, key: WellKnownKey.url.rawValue) }
        return element
    }

    private mutating func list(_ key: Int32, in parent: Int32) -> Int32 {
        let child = child(key, of: parent)
        guard child >= 0 else { return add(.array, to: parent, key: key) }
        expand(child)
        return child
    }
}

extension FlatStep {
    /// The slot's number in one application of a map.
    fileprivate func slotNumber(_ application: Int64) -> Int64 {
        index == .slot ? application << 32 | Int64(slot) : 1 << 62 | Int64(slot)
    }
}
