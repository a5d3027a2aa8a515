/// Changes of one resource, as FHIRPath Patch says them (http://hl7.org/fhir/R4/fhirpatch.html): a `Parameters` resource
/// with one `operation` a change, carried out in order.
///
///     var patch = FHIRPatch(type: "Patient")
///     patch.delete("Patient.gender")
///     patch.add("gender", "female")
///     patch.resource   // Parameters
public struct FHIRPatch: Hashable, Sendable {
    /// The type of the resource that is changed.
    public let type: String
    private var operations: [JSONValue] = []

    public init(type: String) { self.type = type }

    public var isEmpty: Bool { operations.isEmpty }
    public var count: Int { operations.count }

    /// Takes the element at a path out. That there is none is no error; that there are several is one.
    public mutating func delete(_ path: String) { append("delete", path, []) }

    /// Adds an element of the resource: the only one of its name, or one more of a list.
    ///
    /// - Parameters:
    ///   - key: its JSON name; that of a choice with its type (`deceasedBoolean`).
    ///   - companion: what JSON says of a primitive under the name with `_`.
    public mutating func add(_ key: String, _ value: JSONValue?, companion: JSONValue? = nil) {
        let name: JSONValue = ["name": "name", "valueString": .string(Self.name(of: key, in: type))]
        append("add", type, [name, part("value", key, value, companion)])
    }

    /// Writes another value over an element of the resource that is there.
    public mutating func replace(_ key: String, with value: JSONValue?, companion: JSONValue? = nil) {
        append("replace", "\(type).\(Self.name(of: key, in: type))", [part("value", key, value, companion)])
    }

    /// The operations as they are sent.
    public var resource: Resource {
        var resource = Resource(type: "Parameters")
        if !operations.isEmpty { resource["parameter"] = .array(operations) }
        return resource
    }

    /// The FHIRPath name of a JSON key: a choice is named without its type.
    public static func name(of key: String, in type: String) -> String {
        guard let element = R4.element(type, key), element.isChoice else {
            return String(key.split(separator: ".").last ?? "")
        }
        return String(element.name.dropLast(3))
    }

    /// A text as a FHIRPath string.
    public static func quoted(_ text: String) -> String {
        var result = "'"
        for character in text {
            switch character {
            case "'", "\\": result += "\\\(character)"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.append(character)
            }
        }
        return result + "'"
    }

    private mutating func append(_ kind: JSONValue, _ path: String, _ more: [JSONValue]) {
        let parts: [JSONValue] = [
            ["name": "type", "valueCode": kind], ["name": "path", "valueString": .string(path)],
        ]
        operations.append(["name": "operation", "part": .array(parts + more)])
    }

    /// A value as `Parameters` has it: what is no datatype there (backbone elements, extensions) by its elements.
    private func part(_ name: String, _ path: String, _ value: JSONValue?, _ companion: JSONValue?) -> JSONValue {
        var part: JSONObject = ["name": .string(name)]
        let datatype = R4.element(type, path).flatMap { $0.types.count == 1 ? $0.types[0] : nil } ?? "BackboneElement"
        let key = "value" + datatype.prefix(1).uppercased() + datatype.dropFirst()
        if R4.element("Parameters", "parameter.\(key)") != nil {
            if let value { part[key] = value }
            if let companion { part["_" + key] = companion }
        } else {
            part["part"] = .array(parts(of: value?.object ?? [:], path))
        }
        return .object(part)
    }

    private func parts(of object: JSONObject, _ path: String) -> [JSONValue] {
        object.members.flatMap { member -> [JSONValue] in
            let value = member.value
            let isCompanion = member.key.hasPrefix("_")
            let key = isCompanion ? String(member.key.dropFirst()) : member.key
            // Said with the value itself.
            if isCompanion, object[key] != nil { return [] }
            let companion = isCompanion ? value : object["_" + key]
            let inner = path + "." + key
            let name = Self.name(of: inner, in: type)
            guard let elements = value.array else { return [part(name, inner, isCompanion ? nil : value, companion)] }
            return elements.enumerated().map { index, element in
                part(name, inner, isCompanion ? nil : element, companion?[index] == .null ? nil : companion?[index])
            }
        }
    }
}
