import FHIR

extension ResourceTree {
    /// The element at a target path, if it is there already. `[+]` never is.
    mutating func existing(_ target: TargetPath, in root: Int, application: Int64) -> Int? {
        var node = root
        for step in target.steps {
            guard let child = child(step.key, of: node) else { return nil }
            switch step.index {
            case .none: node = child
            case .append: return nil
            case .slot, .shared:
                guard let element = element(inSlot: step.index.number(application), of: child) else { return nil }
                node = element
            }
        }
        return node
    }

    /// Writes a node at the end of a target path, making what is missing on the way.
    ///
    /// - Precondition: ``existing(_:in:application:)`` has found nothing there.
    mutating func place(_ node: Int, at target: TargetPath, in root: Int, application: Int64) {
        var parent = root
        for step in target.steps.dropLast() { parent = open(step, in: parent, application) }
        guard let step = target.steps.last else { return }
        guard step.index != .none else { return attach(node, to: parent, key: step.key) }
        let list = child(step.key, of: parent) ?? add(.array, to: parent, key: step.key)
        attach(node, to: list)
        if step.index != .append { setSlot(step.index.number(application), of: node) }
    }

    /// The innermost element in brackets of a target path whose element was just written: where `set` goes.
    mutating func anchor(of target: TargetPath, in root: Int, application: Int64) -> Int {
        var node = root
        for step in target.steps[..<target.anchorCount] {
            guard let child = child(step.key, of: node) else { return node }
            switch step.index {
            case .none: node = child
            case .append: node = Int(nodes[child].last)
            case .slot, .shared: node = element(inSlot: step.index.number(application), of: child) ?? child
            }
        }
        return node
    }

    private mutating func open(_ step: TargetStep, in parent: Int, _ application: Int64) -> Int {
        guard step.index != .none else {
            return child(step.key, of: parent) ?? add(.object, to: parent, key: step.key)
        }
        let list = child(step.key, of: parent) ?? add(.array, to: parent, key: step.key)
        if step.index != .append, let element = element(inSlot: step.index.number(application), of: list) {
            return element
        }
        let element = add(.object, to: list)
        if step.index != .append { setSlot(step.index.number(application), of: element) }
        if let url = step.url { _ = add(.value(.string(url)), to: element, key: "url") }
        return element
    }
}

extension TargetStep.Index {
    /// The slot's number in one application of a map.
    fileprivate func number(_ application: Int64) -> Int64 {
        switch self {
        case .none, .append: 0
        case .slot(let slot): application << 32 | Int64(slot)
        case .shared(let slot): 1 << 62 | Int64(slot)
        }
    }
}
