import FHIR

/// FHIRPath Patch on JSON, for paths of names with `[n]` and `where(…)` of equalities and `empty()`.
enum TestPatch {
    typealias Refusal = TestFHIRStore.Refusal

    static func apply(_ parameters: Resource, to resource: JSONObject) throws -> JSONObject {
        let type = resource["resourceType"]?.string ?? ""
        var resource = resource
        for operation in parameters["parameter"]?.array ?? [] {
            var parts: [String: JSONObject] = [:]
            for part in operation["part"]?.array ?? [] { parts[part["name"]?.string ?? ""] = part.object }
            let path = parts["path"]?["valueString"]?.string ?? ""
            switch parts["type"]?["valueCode"]?.string {
            case "delete": try delete(path, from: &resource)
            case "add":
                guard path == type, let name = parts["name"]?["valueString"]?.string, let value = parts["value"] else {
                    throw Refusal(description: "add \(path)")
                }
                let (key, members, isArray) = try members(name, value, type, "")
                guard isArray || resource[key] == nil else { throw Refusal(description: "\(name) is there") }
                for (name, value) in members {
                    if isArray { resource.append(value, to: name) } else { resource[name] = value }
                }
            case "replace":
                let name = String(path.dropFirst(type.count + 1))
                guard let value = parts["value"], resource[name] != nil else {
                    throw Refusal(description: "replace \(path)")
                }
                for (name, value) in try members(name, value, type, "").members { resource[name] = value }
            default: throw Refusal(description: "no such operation")
            }
        }
        guard FHIRCheck.findings(in: .object(resource)).isEmpty else {
            throw Refusal(description: "not valid any more")
        }
        return resource
    }

    // MARK: Values

    /// The JSON members that a part is: a value, or the elements of one without a type.
    private static func members(
        _ name: String, _ part: JSONObject, _ type: String, _ parent: String
    ) throws -> (key: String, members: [(String, JSONValue)], isArray: Bool) {
        let path = parent.isEmpty ? name : parent + "." + name
        if let elements = part["part"]?.array {
            var object = JSONObject()
            for element in elements {
                guard let element = element.object, let inner = element["name"]?.string else { continue }
                let (_, members, isArray) = try members(inner, element, type, path)
                for (key, value) in members {
                    if isArray { object.append(value, to: key) } else { object[key] = value }
                }
            }
            return (name, [(name, .object(object))], R4.element(type, path)?.isArray ?? false)
        }
        var result: [(String, JSONValue)] = []
        var key = name
        for member in part.members where member.key != "name" {
            let isCompanion = member.key.hasPrefix("_")
            let suffix = member.key.dropFirst(isCompanion ? 6 : 5)
            if R4.element(type, path)?.isChoice ?? true { key = name + suffix }
            result.append(((isCompanion ? "_" : "") + key, member.value))
        }
        guard let element = R4.element(type, parent.isEmpty ? key : parent + "." + key) else {
            throw Refusal(description: "no element \(path)")
        }
        return (key, result, element.isArray)
    }

    // MARK: Paths

    private static func delete(_ path: String, from resource: inout JSONObject) throws {
        try delete(steps(path).dropFirst(), from: &resource)
    }

    /// The parts between points that are outside parentheses.
    private static func steps(_ path: String) -> [String] {
        var steps = [""]
        var depth = 0
        for character in path {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ".", depth == 0 { steps.append("") } else { steps[steps.count - 1].append(character) }
        }
        return steps
    }

    private static func delete(_ steps: ArraySlice<String>, from object: inout JSONObject) throws {
        guard var name = steps.first else { return }
        var rest = steps.dropFirst()
        var index: Int?
        if let bracket = name.firstIndex(of: "[") {
            index = Int(name[name.index(after: bracket)...].dropLast())
            name = String(name[..<bracket])
        }
        var condition: String?
        if let filter = rest.first, filter.hasPrefix("where(") {
            rest = rest.dropFirst()
            let end = filter.lastIndex(of: ")") ?? filter.endIndex
            index = Int(filter[end...].dropFirst(2).dropLast())
            condition = String(filter[..<end].dropFirst(6))
        }
        let key =
            object.keys.first { $0 == name }
            ?? object.keys.first { key in
                key.hasPrefix(name) && R4.element(object["resourceType"]?.string ?? "", key)?.isChoice ?? false
            }
        guard let key, let value = object[key] else { return }
        guard case .array(var elements) = value else {
            if rest.isEmpty {
                object[key] = nil
                object["_" + key] = nil
            } else if var inner = value.object {
                try delete(rest, from: &inner)
                object[key] = inner.isEmpty ? nil : .object(inner)
            }
            return
        }
        var matched = elements.indices.filter { holds(condition, elements[$0]) }
        if let index { matched = matched.indices.contains(index) ? [matched[index]] : [] }
        guard matched.count < 2, rest.isEmpty else { throw Refusal(description: "several at \(key)") }
        for index in matched { elements.remove(at: index) }
        object[key] = elements.isEmpty ? nil : .array(elements)
    }

    private static func holds(_ condition: String?, _ value: JSONValue) -> Bool {
        guard let condition else { return true }
        return condition.components(" and ").allSatisfy { part in
            if part.hasSuffix(".empty()") { return texts(part.dropLast(8).split(separator: "."), value).isEmpty }
            let sides = part.components(" = ")
            return texts(sides[0].split(separator: "."), value) == [String(sides[1].dropFirst().dropLast())]
        }
    }

    private static func texts(_ path: [Substring], _ value: JSONValue) -> [String] {
        if let elements = value.array { return elements.flatMap { texts(path, $0) } }
        guard let first = path.first else { return value.string.map { [$0] } ?? ["(not a text)"] }
        return value[String(first)].map { texts(Array(path.dropFirst()), $0) } ?? []
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] { split(separator: separator).map(String.init) }
}
