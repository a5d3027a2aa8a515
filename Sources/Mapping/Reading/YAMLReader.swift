import FHIR
import Yams

/// Walks one YAML file and notes every mistake with its line.
struct YAMLReader {
    let file: String
    let mistakes: MistakeList

    func place(_ node: Node) -> MapPlace { MapPlace(file: file, line: node.mark?.line ?? 1) }

    func mistake(_ node: Node, _ text: String) { mistakes.add(place(node), text) }

    /// The document of a file; nil, with the mistake noted, if it is not YAML or empty.
    func document(_ text: String) -> Node? {
        do {
            // Every scalar is a text here; telling numbers and dates apart would cost most of the time.
            if let node = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot() { return node }
            mistakes.add(MapPlace(file: file, line: 1), "the file is empty")
        } catch let error as YamlError {
            let (line, problem) = Self.explain(error)
            mistakes.add(MapPlace(file: file, line: line), "not YAML: \(problem)")
        } catch {
            mistakes.add(MapPlace(file: file, line: 1), "not YAML")
        }
        return nil
    }

    private static func explain(_ error: YamlError) -> (Int, String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            (mark.line, problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            (context.mark.line, "key \(duplicates.joined(separator: ", ")) is there twice; keep one")
        default: (1, "the parser gave up; look for an unbalanced quote or bracket")
        }
    }

    // MARK: Nodes

    /// The members of a mapping whose keys must be among `keys`.
    func members(_ node: Node, keys: [String], what: String) -> [String: Node]? {
        guard let pairs = pairs(node, what: what) else { return nil }
        var members: [String: Node] = [:]
        for (key, place, value) in pairs {
            guard keys.contains(key) else {
                mistakes.add(place, "\(what) has no key \(key); write one of \(keys.joined(separator: ", "))")
                continue
            }
            members[key] = value
        }
        return members
    }

    /// The members of a mapping with keys of any name, in order.
    func pairs(_ node: Node, what: String) -> [(key: String, place: MapPlace, value: Node)]? {
        guard case .mapping(let mapping) = node else {
            mistake(node, "\(what) must be a mapping, key: value")
            return nil
        }
        return mapping.compactMap { key, value in
            guard let name = key.scalar?.string else {
                mistake(key, "the keys of \(what) are plain words")
                return nil
            }
            return (name, place(key), value)
        }
    }

    /// The elements of a sequence; a single node is a sequence of one.
    func elements(_ node: Node) -> [Node] {
        if case .sequence(let sequence) = node { Array(sequence) } else { [node] }
    }

    func text(_ node: Node?, _ what: String) -> String? {
        guard let node else { return nil }
        guard let scalar = node.scalar else {
            mistake(node, "\(what) must be a text")
            return nil
        }
        return scalar.string
    }

    func placed(_ node: Node?, _ what: String) -> Placed<String>? {
        guard let node, let text = text(node, what) else { return nil }
        return Placed(content: text, place: place(node))
    }

    func texts(_ node: Node?, _ what: String) -> [Placed<String>] {
        guard let node else { return [] }
        return elements(node).compactMap { placed($0, what) }
    }

    func flag(_ node: Node?, _ what: String) -> Bool? {
        guard let node else { return nil }
        switch node.scalar?.string {
        case "true": return true
        case "false": return false
        default:
            mistake(node, "\(what) is true or false")
            return nil
        }
    }

    /// A constant: FHIR JSON written in YAML. A `system` without a colon is completed to one of HL7's.
    func constant(_ node: Node, key: String? = nil) -> JSONValue {
        switch node {
        case .scalar(let scalar): return Self.constant(scalar, key: key)
        case .sequence(let sequence): return .array(sequence.map { constant($0) })
        case .mapping(let mapping):
            var object = JSONObject()
            for (name, value) in mapping {
                let name = name.scalar?.string ?? ""
                object[name] = constant(value, key: name)
            }
            return .object(object)
        case .alias:
            mistake(node, "aliases are not used in maps; write the value out")
            return .null
        }
    }

    private static func constant(_ scalar: Node.Scalar, key: String?) -> JSONValue {
        let text = scalar.string
        if key == "system", !text.contains(":") {
            return .string("http://terminology.hl7.org/CodeSystem/" + text)
        }
        guard scalar.style == .plain || scalar.style == .any else { return .string(text) }
        if text == "true" || text == "false" { return .bool(text == "true") }
        // Whatever is not a number is a text.
        if key != "code", key != "value" || text.contains("."), let number = try? JSONNumber(text) {
            return .number(number)
        }
        return .string(text)
    }
}
