import Foundation

/// Holds JSON against the part of JSON Schema that the OpenAPI document uses.
struct SchemaCheck {
    let schemas: [String: Any]

    init(document: [String: Any]) {
        schemas = (document["components"] as? [String: Any])?["schemas"] as? [String: Any] ?? [:]
    }

    /// What is wrong, by place; empty: nothing.
    func problems(_ value: Any, _ schema: [String: Any], at place: String = "$") -> [String] {
        if let reference = schema["$ref"] as? String {
            guard let name = reference.split(separator: "/").last,
                let target = schemas[String(name)] as? [String: Any]
            else { return ["\(place): \(reference) is not there"] }
            return problems(value, target, at: place)
        }
        switch schema["type"] as? String {
        case "object":
            guard let object = value as? [String: Any] else { return ["\(place): no object"] }
            return objectProblems(object, schema, at: place)
        case "array":
            guard let array = value as? [Any] else { return ["\(place): no array"] }
            let items = schema["items"] as? [String: Any] ?? [:]
            return array.enumerated().flatMap { problems($1, items, at: "\(place)[\($0)]") }
        case "string":
            guard let text = value as? String else { return ["\(place): no text"] }
            if let choices = schema["enum"] as? [String], !choices.contains(text) {
                return ["\(place): \(text) is none of \(choices)"]
            }
            return []
        case "boolean": return value as? Bool == nil ? ["\(place): neither true nor false"] : []
        case "integer": return value as? Int == nil ? ["\(place): no whole number"] : []
        case "number": return value as? Double == nil ? ["\(place): no number"] : []
        case nil: return []
        case let other?: return ["\(place): unknown type \(other)"]
        }
    }

    private func objectProblems(_ object: [String: Any], _ schema: [String: Any], at place: String)
        -> [String]
    {
        guard let properties = schema["properties"] as? [String: Any] else { return [] }
        let required = schema["required"] as? [String] ?? []
        let missing = required.filter { object[$0] == nil }.map { "\(place): \($0) is missing" }
        return missing
            + object.flatMap { name, value -> [String] in
                guard let property = properties[name] as? [String: Any] else {
                    return ["\(place): \(name) is not in the document"]
                }
                return problems(value, property, at: "\(place).\(name)")
            }
    }
}
