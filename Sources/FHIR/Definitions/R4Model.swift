/// The definitions of R4 in flat arrays, decoded from ``R4Tables`` on first use.
///
/// A *context* is where elements have names: a type, or a backbone element. Rows refer to each other by position;
/// -1 stands for none.
struct R4Model: Sendable {
    static let shared = R4Decoder.decode()

    /// The forms of all choices: `valueQuantity` → `value[x]`.
    static let choices: [String: String] = {
        let forms = shared.children.filter { $0.choice >= 0 }.map { child in
            (shared.names[Int(child.name)], shared.names[Int(shared.elements[Int(child.element)].name)])
        }
        return Dictionary(forms) { first, _ in first }
    }()

    enum Kind { case primitive, complex, resource, abstract }

    struct TypeRow {
        var name: String
        var kind: Kind
        var format: R4Format?
        var context: Int16 = -1
    }

    struct Context {
        /// The type whose elements this context has too.
        var baseType: Int16
        var children: Range<UInt16> = 0..<0
        /// The elements that must be there; those of the base are never required.
        var required: [UInt16] = []
    }

    /// A key that JSON may have in a context.
    struct Child {
        var name: UInt16
        var element: UInt16
        /// The type, if the element is a choice.
        var choice: Int16
    }

    struct ElementRow {
        var name: UInt16
        var isRequired = false
        var isArray = false
        /// Empty for a content reference.
        var types: [UInt16] = []
        var valueSet: Int16 = -1
        var targets: Int16 = -1
        /// The context of a backbone element, its own or the one that it refers to.
        var context: Int16 = -1

        init(name: UInt16) { self.name = name }
    }

    /// An element, and which of its types was named.
    struct Position {
        var element: UInt16
        var choice: Int16
    }

    var names: [String] = []
    var nameIndex: [String: UInt16] = [:]
    var types: [TypeRow] = []
    var typeIndex: [String: UInt16] = [:]
    var contexts: [Context] = []
    var children: [Child] = []
    var elements: [ElementRow] = []
    var targets: [[String]] = []
    var valueSets: [R4ValueSet] = []
    /// The context of `Element`: what a primitive has besides its value.
    var elementContext = -1
    var extensionContext = -1
}

// MARK: Walking

extension R4Model {
    /// The row of a JSON key in a context.
    func child(_ key: String, in context: Int) -> Child? {
        guard let name = nameIndex[key] else { return nil }
        var context = context
        while true {
            for index in contexts[context].children where children[Int(index)].name == name {
                return children[Int(index)]
            }
            guard let base = base(of: context) else { return nil }
            context = base
        }
    }

    private func base(of context: Int) -> Int? {
        let type = contexts[context].baseType
        return type < 0 ? nil : Int(types[Int(type)].context)
    }

    /// The one type of a position; nil for a backbone element and for a choice that is still open.
    func type(at position: Position) -> TypeRow? {
        if position.choice >= 0 { return types[Int(position.choice)] }
        let element = elements[Int(position.element)]
        guard element.context < 0, element.types.count == 1 else { return nil }
        return types[Int(element.types[0])]
    }

    /// Where the elements below a position are defined; those of a primitive are `id` and `extension`.
    func context(below position: Position) -> Int? {
        let own = elements[Int(position.element)].context
        if own >= 0 { return Int(own) }
        guard let type = type(at: position) else { return nil }
        return type.kind == .primitive ? elementContext : Int(type.context)
    }

    func context(ofType name: String) -> Int? {
        guard let type = typeIndex[name], types[Int(type)].kind != .primitive else { return nil }
        return Int(types[Int(type)].context)
    }

    /// The context at a path below a type; the type's own for an empty path.
    func context(at path: String, below type: String) -> Int? {
        path.isEmpty ? context(ofType: type) : position(of: path, below: type).flatMap(context(below:))
    }

    func position(of path: String, below type: String) -> Position? {
        var context = context(ofType: type)
        var position: Position?
        for name in path.split(separator: ".", omittingEmptySubsequences: false) {
            guard let inside = context, let found = step(String(name), in: inside) else { return nil }
            position = found
            context = self.context(below: found)
        }
        return position
    }

    /// One step of a path: a key, `_key`, or a choice by its base.
    private func step(_ step: String, in context: Int) -> Position? {
        if let child = child(step, in: context) { return Position(element: child.element, choice: child.choice) }
        if step.hasPrefix("_") {
            guard let child = child(String(step.dropFirst()), in: context) else { return nil }
            let position = Position(element: child.element, choice: child.choice)
            return type(at: position)?.kind == .primitive ? position : nil
        }
        guard let name = nameIndex[step.hasSuffix("[x]") ? step : step + "[x]"] else { return nil }
        return contexts[context].children.lazy.map { children[Int($0)] }
            .first { elements[Int($0.element)].name == name }
            .map { Position(element: $0.element, choice: -1) }
    }
}

// MARK: Public values

extension R4Model {
    func element(at position: Position) -> R4Element {
        let row = elements[Int(position.element)]
        let chosen = position.choice >= 0 ? [UInt16(position.choice)] : row.types
        return R4Element(
            name: names[Int(row.name)],
            types: chosen.isEmpty ? ["BackboneElement"] : chosen.map { types[Int($0)].name },
            min: row.isRequired ? 1 : 0,
            max: row.isArray ? nil : 1,
            binding: row.valueSet < 0 ? nil : valueSets[Int(row.valueSet)],
            targets: row.targets < 0 ? [] : targets[Int(row.targets)])
    }

    func required(in context: Int) -> [String] {
        contexts[context].required.map { names[Int(elements[Int($0)].name)] }
    }

    func names(in context: Int) -> [String] {
        var result = base(of: context).map { names(in: $0) } ?? []
        var last: UInt16?
        for index in contexts[context].children where children[Int(index)].element != last {
            let element = children[Int(index)].element
            result.append(names[Int(elements[Int(element)].name)])
            last = element
        }
        return result
    }

    func valueSet(named name: String) -> R4ValueSet? { valueSets.first { $0.name == name } }
}
