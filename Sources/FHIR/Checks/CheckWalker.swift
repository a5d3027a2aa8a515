/// Walks a value along the definitions and collects findings.
///
/// The path is kept as steps and written out only for a finding, so that a valid bundle costs no text.
struct CheckWalker {
    private enum Step {
        case key(String)
        case index(Int)
    }

    let root: JSONValue
    var index = BundleIndex()
    private(set) var findings: [CheckFinding] = []
    let model = R4Model.shared
    private var steps: [Step] = []
    /// The resource that holds the contained resources which `#id` means: that of the entry, or the root.
    var owner: JSONObject?
    private var resourceDepth = 0

    init(root: JSONValue) {
        self.root = root
        owner = root.object
    }

    var isBundle: Bool { root["resourceType"]?.string == "Bundle" }

    // MARK: Places

    private var path: String {
        var text = ""
        for step in steps {
            switch step {
            case .key(let key): text += text.isEmpty ? key : "." + key
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }

    mutating func report(_ rule: FHIRCheck.Rule, _ text: @autoclosure () -> String, at place: String? = nil) {
        guard findings.count < FHIRCheck.findingsMax else { return }
        findings.append(CheckFinding(rule: rule, path: place ?? path, text: text()))
    }

    mutating func report(_ rule: FHIRCheck.Rule, _ text: @autoclosure () -> String, below key: String) {
        steps.append(.key(key))
        report(rule, text())
        steps.removeLast()
    }

    // MARK: Resources and elements

    mutating func checkResource(_ value: JSONValue) {
        guard let object = value.object else { return report(.jsonType, "a resource is expected: an object") }
        let name = object["resourceType"]?.string ?? ""
        guard let type = model.typeIndex[name].map({ model.types[Int($0)] }), type.kind == .resource else {
            return report(
                .unknown, "resourceType is missing or not a resource of R4", at: steps.isEmpty ? "Resource" : nil)
        }
        resourceDepth += 1
        if resourceDepth == 1 { steps = [.key(name)] }
        if resourceDepth == 2 && isBundle { owner = object }
        checkElement(value, in: Int(type.context), isResource: true)
        resourceDepth -= 1
    }

    mutating func checkElement(_ value: JSONValue, in context: Int, isResource: Bool = false) {
        guard let object = value.object else { return report(.jsonType, "an object is expected") }
        guard !object.isEmpty else { return report(.empty, "an object without members") }
        var choices: [R4Model.Child] = []
        for member in object.members where !(isResource && member.key == "resourceType") {
            let isSibling = member.key.utf8.first == UInt8(ascii: "_")
            let key = isSibling ? String(member.key.dropFirst()) : member.key
            guard let child = model.child(key, in: context) else {
                report(.unknown, "R4 has no such element here", below: member.key)
                continue
            }
            if child.choice >= 0 { note(child, among: &choices) }
            steps.append(.key(member.key))
            if isSibling {
                checkSibling(member.value, of: child)
            } else {
                check(member.value, as: child, in: object)
            }
            steps.removeLast()
        }
        checkRequired(of: object, in: context, choices: choices)
    }

    /// Reports a choice of which another type has been seen.
    private mutating func note(_ child: R4Model.Child, among choices: inout [R4Model.Child]) {
        let others = choices.filter { $0.element == child.element }
        if others.contains(where: { $0.choice == child.choice }) { return }
        choices.append(child)
        if others.count == 1 {
            let name = model.names[Int(model.elements[Int(child.element)].name)]
            report(.choice, "values of several types; only one is allowed", below: name)
        }
    }

    private mutating func checkRequired(of object: JSONObject, in context: Int, choices: [R4Model.Child]) {
        for element in model.contexts[context].required {
            let row = model.elements[Int(element)]
            let name = model.names[Int(row.name)]
            let isThere =
                name.hasSuffix("[x]")
                ? choices.contains { $0.element == element } : object[name] != nil || object["_" + name] != nil
            if !isThere { report(.required, "a required element is missing", below: name) }
        }
        if context == model.extensionContext { checkExtension(object) }
    }

    private mutating func checkExtension(_ object: JSONObject) {
        let hasValue = object.keys.contains { $0.drop { $0 == "_" }.hasPrefix("value") }
        let hasExtensions = object["extension"].map(Self.hasContent) ?? false
        if hasValue && hasExtensions { report(.extensionContent, "an Extension with both a value and extensions") }
        if !hasValue && !hasExtensions { report(.extensionContent, "an Extension with neither value nor extensions") }
    }

    // MARK: Values

    /// Checks `_name`: the ids and extensions of a primitive, null where an array's item has none.
    private mutating func checkSibling(_ value: JSONValue, of child: R4Model.Child) {
        let row = model.elements[Int(child.element)]
        guard kind(of: child) == .primitive else {
            return report(.unknown, "only primitive elements have a sibling with an underscore")
        }
        guard row.isArray else { return checkElement(value, in: model.elementContext) }
        guard let items = value.array else { return report(.jsonType, "an array is expected") }
        for (position, item) in items.enumerated() where item != .null {
            steps.append(.index(position))
            checkElement(item, in: model.elementContext)
            steps.removeLast()
        }
    }

    private mutating func check(_ value: JSONValue, as child: R4Model.Child, in object: JSONObject) {
        guard model.elements[Int(child.element)].isArray else {
            if value.array != nil { return report(.jsonType, "an array, but the element is there at most once") }
            return checkItem(value, as: child, nullAllowed: false)
        }
        guard let items = value.array else { return report(.jsonType, "an array is expected") }
        guard !items.isEmpty else { return report(.empty, "an array without elements") }
        var nullAllowed = false
        if kind(of: child) == .primitive, items.contains(.null) {
            nullAllowed = object["_" + model.names[Int(child.name)]]?.array != nil
        }
        for (position, item) in items.enumerated() {
            steps.append(.index(position))
            checkItem(item, as: child, nullAllowed: nullAllowed)
            steps.removeLast()
        }
    }

    private mutating func checkItem(_ value: JSONValue, as child: R4Model.Child, nullAllowed: Bool) {
        if value == .null {
            if !nullAllowed { report(.empty, "null") }
            return
        }
        let row = model.elements[Int(child.element)]
        if row.context >= 0 { return checkElement(value, in: Int(row.context)) }
        let type = type(of: child)
        switch type.kind {
        case .primitive: checkPrimitive(value, type, row)
        case .resource, .abstract: checkResource(value)
        case .complex:
            if row.valueSet >= 0 { checkCoding(value, type, row) }
            checkElement(value, in: Int(type.context))
            if type.name == "Reference" { checkReference(value, targets: row.targets) }
        }
    }

    private func type(of child: R4Model.Child) -> R4Model.TypeRow {
        let types = model.elements[Int(child.element)].types
        return model.types[child.choice >= 0 ? Int(child.choice) : Int(types[0])]
    }

    /// Nil for a backbone element.
    private func kind(of child: R4Model.Child) -> R4Model.Kind? {
        model.elements[Int(child.element)].context >= 0 ? nil : type(of: child).kind
    }
}
