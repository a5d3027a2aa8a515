import FHIR

/// Collects texts, names and constants of a plan, each once.
struct ConstantPool {
    private(set) var bytes: [UInt8] = []
    private(set) var texts: [FlatText] = []
    private(set) var keys: [FlatText] = []
    private(set) var keyNames: [String] = []
    /// One for each key.
    private(set) var choices: [FlatChoice] = []
    private(set) var constants: [FlatConstant] = []
    private var textIndex: [String: Int32] = [:]
    private var keyIndex: [String: Int32] = [:]
    private var constantIndex: [JSONValue: Int32] = [:]
    private var choiceIndex: [String: Int32] = [:]
    private var formIndex: [String: Int32] = [:]

    /// `true` and `false`, which runs need.
    static let yes: Int32 = 0
    static let no: Int32 = 1

    init() {
        _ = constant(.bool(true))
        _ = constant(.bool(false))
        for key in WellKnownKey.allCases { _ = self.key(key.name) }
    }

    private mutating func add(_ added: some Collection<UInt8>) -> FlatText {
        let start = bytes.count
        bytes.append(contentsOf: added)
        return FlatText(start: Int32(start), count: Int32(bytes.count - start))
    }

    mutating func text(_ text: String) -> Int32 {
        if let known = textIndex[text] { return known }
        texts.append(add(text.utf8))
        textIndex[text] = Int32(texts.count - 1)
        return Int32(texts.count - 1)
    }

    /// Texts beside each other, as the range of their positions.
    mutating func neighbours(_ texts: [String]) -> (first: Int32, end: Int32) {
        let first = Int32(self.texts.count)
        for text in texts { self.texts.append(add(text.utf8)) }
        return (first, first + Int32(texts.count))
    }

    mutating func key(_ name: String) -> Int32 {
        if let known = keyIndex[name] { return known }
        keys.append(add(JSONValue.string(name).bytes() + [UInt8(ascii: ":")]))
        keyNames.append(name)
        choices.append(choice(name))
        keyIndex[name] = Int32(keys.count - 1)
        return Int32(keys.count - 1)
    }

    /// A primitive's value and what JSON says beside it (`valueString`, `_valueString`) are one form.
    private mutating func choice(_ name: String) -> FlatChoice {
        let form = name.hasPrefix("_") ? String(name.dropFirst()) : name
        guard let base = R4.choice(of: form) else { return FlatChoice() }
        func number(_ name: String, in index: inout [String: Int32]) -> Int32 {
            let number = index[name] ?? Int32(index.count)
            index[name] = number
            return number
        }
        return FlatChoice(base: number(base, in: &choiceIndex), form: number(form, in: &formIndex))
    }

    /// A constant that stands by itself.
    mutating func constant(_ value: JSONValue) -> Int32 {
        if let known = constantIndex[value] { return known }
        let index = Int32(constants.count)
        constants.append(node(value, key: -1))
        constantIndex[value] = index
        fill(Int(index), value)
        return index
    }

    private mutating func node(_ value: JSONValue, key: Int32) -> FlatConstant {
        let kind: FlatConstant.Kind =
            switch value {
            case .object: .object
            case .array: .array
            default: .leaf
            }
        return FlatConstant(kind: kind, key: key, children: FlatRange(), json: add(value.bytes()))
    }

    /// Children lie beside each other, behind their parent.
    private mutating func fill(_ index: Int, _ value: JSONValue) {
        let children: [(key: Int32, value: JSONValue)] =
            switch value {
            case .object(let object): object.members.map { (key($0.key), $0.value) }
            case .array(let elements): elements.map { (-1, $0) }
            default: []
            }
        let first = constants.count
        constants[index].children = FlatRange(first: Int32(first), count: Int32(children.count))
        for child in children { constants.append(node(child.value, key: child.key)) }
        for (offset, child) in children.enumerated() { fill(first + offset, child.value) }
    }
}

/// Names of elements that runs write by themselves; the raw value is their number in every plan.
enum WellKnownKey: Int32, CaseIterable {
    case coding, system, version, code, display, text, identifier, value, reference, url, timestamp, meta, link, other
    case type, active, `extension`, modifierExtension

    var name: String { "\(self)" }
}
