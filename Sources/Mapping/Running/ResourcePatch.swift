import FHIR

/// Puts together the patch of one resource: what is taken away, and what is stated.
///
/// FHIRPath Patch deletes one element an operation (and what is not there without an error), and adds a single element
/// only where there is none. So a stated element is deleted and added again, one that must be there is replaced, and of
/// a list as many are deleted as can be expected before the stated ones are added.
struct ResourcePatch {
    /// An element to be taken away.
    struct Removal {
        /// JSON names, from the resource down; the last may be a list.
        var keys: [String]
        /// What tells the elements meant from others of the list.
        var element: JSONValue?
        /// The last is a list of which nothing tells the elements apart.
        var isWhole: Bool
    }

    let type: String
    private var patch: FHIRPatch
    private var removed: Set<String> = []
    /// In the order in which they were first stated.
    private var stated: [(key: String, elements: [JSONValue], single: (JSONValue?, JSONValue?)?)] = []

    /// How many more elements a list of the server may have than the message states: of those alike, and of all.
    private static let spare = (alike: 2, all: 4)

    /// Lists that several fields of a message fill, so that one field says nothing about all of it.
    private static let sharedLists: Set<String> = [
        "extension", "modifierExtension", "identifier", "telecom", "name", "participant", "location",
    ]

    init(type: String) {
        self.type = type
        patch = FHIRPatch(type: type)
    }

    // MARK: Taking away

    /// False if it cannot be told what is meant. Elements that must be there stay.
    mutating func remove(_ removal: Removal?) -> Bool {
        guard let removal, let first = removal.keys.first else { return false }
        var path = type
        var inner = ""
        for key in removal.keys {
            inner += inner.isEmpty ? key : "." + key
            path += "." + FHIRPatch.name(of: inner, in: type)
        }
        let element = R4.element(type, removal.keys.joined(separator: "."))
        if removal.keys.count == 1, element?.min ?? 0 > 0 { return false }
        guard element?.isArray ?? false else {
            delete(path, 1)
            return true
        }
        if removal.isWhole {
            guard !Self.sharedLists.contains(removal.keys.last ?? first) else { return false }
            delete(path + "[0]", Self.spare.all)
        } else {
            guard let filter = Self.filter(removal.keys.last ?? first, removal.element, isRow: true) else {
                return false
            }
            delete("\(path).where(\(filter))[0]", Self.spare.alike)
        }
        return true
    }

    private mutating func delete(_ path: String, _ count: Int) {
        guard removed.insert(path).inserted else { return }
        for _ in 0..<count { patch.delete(path) }
    }

    // MARK: Stating

    mutating func state(_ key: String, element: JSONValue) {
        if let index = stated.firstIndex(where: { $0.key == key }) {
            stated[index].elements.append(element)
        } else {
            stated.append((key, [element], nil))
        }
    }

    mutating func state(_ key: String, _ value: JSONValue?, companion: JSONValue?) {
        if !stated.contains(where: { $0.key == key }) { stated.append((key, [], (value, companion))) }
    }

    /// The patch with all that was stated, references as the server is asked for what they mean.
    func resource(_ addresses: [String: String]) -> Resource {
        var patch = patch
        for (key, elements, single) in stated {
            if let (value, companion) = single {
                let value = value?.replacingReferences(by: addresses)
                if R4.element(type, key)?.min ?? 0 > 0 {
                    patch.replace(key, with: value, companion: companion)
                } else {
                    patch.delete("\(type).\(FHIRPatch.name(of: key, in: type))")
                    patch.add(key, value, companion: companion)
                }
                continue
            }
            for (path, count) in places(of: elements, key) { for _ in 0..<count { patch.delete(path) } }
            for element in elements { patch.add(key, element.replacingReferences(by: addresses)) }
        }
        return patch.resource
    }

    /// Where stated elements take the place of others, and how often.
    private func places(of elements: [JSONValue], _ key: String) -> [(path: String, count: Int)] {
        guard Self.sharedLists.contains(key) else {
            return [("\(type).\(key)[0]", elements.count + Self.spare.all)]
        }
        var places: [(path: String, count: Int)] = []
        for element in elements {
            guard let filter = Self.filter(key, element, isRow: false) else { continue }
            let path = "\(type).\(key).where(\(filter))[0]"
            if let index = places.firstIndex(where: { $0.path == path }) {
                places[index].count += 1
            } else {
                places.append((path, 1 + Self.spare.alike))
            }
        }
        return places
    }

    /// The FHIRPath condition that finds elements of a list that mean the same as one.
    ///
    /// - Parameter isRow: it is not a whole element but the constants that a row writes with each.
    private static func filter(_ key: String, _ element: JSONValue?, isRow: Bool) -> String? {
        func equals(_ path: String, _ text: String?) -> String? {
            if let text { return "\(path) = \(FHIRPatch.quoted(text))" }
            return isRow ? nil : "\(path).empty()"
        }
        func text(_ key: String) -> String? { element?[key]?.string }
        let type = element?["type"]
        let code = ((type?[0] ?? type)?["coding"]?[0]?["code"])?.string
        let parts: [String?] =
            switch key {
            case "extension", "modifierExtension": [text("url").map { "url = \(FHIRPatch.quoted($0))" }]
            case "telecom": [equals("system", text("system")), equals("use", text("use"))]
            case "identifier":
                if let system = text("system"), system != "urn:ietf:rfc:3986" {
                    [equals("system", system), code.flatMap { equals("type.coding.code", $0) }]
                } else {
                    [equals("value", text("value"))]
                }
            case "participant": [code.flatMap { equals("type.coding.code", $0) } ?? (isRow ? nil : "type.empty()")]
            case "location": [equals("status", text("status"))]
            default: [equals("use", text("use"))]
            }
        let known = parts.compactMap { $0 }
        return known.isEmpty ? nil : known.joined(separator: " and ")
    }
}
