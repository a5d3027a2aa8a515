import Broker
import FHIR

/// Reads JSON Schemas off `Decodable` types, by letting them decode from nothing and noting what they ask for: so the
/// document says what the code reads and writes, and nothing else.
///
/// For values made of texts, numbers, truths, enumerations that list their cases, arrays, and structures of these.
struct SchemaBook {
    /// By the names of the types, in the order in which they were met.
    private(set) var schemas = JSONObject()
    /// Met, and to be written.
    private var waiting: [any Decodable.Type] = []
    private var names: [ObjectIdentifier: String] = [:]

    /// The schema of a type, or a reference to it; what it refers to is then among ``schemas``.
    mutating func schema(of type: any Decodable.Type) throws -> JSONValue {
        let schema = reference(to: type)
        while let next = waiting.popLast() {
            let (name, schema) = (name(next), try object(next))
            schemas[name] = schema
        }
        return schema
    }

    private mutating func reference(to type: any Decodable.Type) -> JSONValue {
        switch type {
        case is String.Type: return ["type": "string"]
        case is Bool.Type: return ["type": "boolean"]
        case is Int.Type, is Int64.Type: return ["type": "integer"]
        case is Double.Type: return ["type": "number"]
        case let type as any SchemaArray.Type: return ["type": "array", "items": reference(to: type.elementType)]
        case let type as any SchemaChoice.Type:
            return ["type": "string", "enum": .array(type.choices.map(JSONValue.string))]
        default:
            if names[ObjectIdentifier(type)] == nil { waiting.append(type) }
            return ["$ref": .string("#/components/schemas/\(name(type))")]
        }
    }

    private mutating func object(_ type: any Decodable.Type) throws -> JSONValue {
        // Any JSON object.
        if type is any SchemaOfAnything.Type { return ["type": "object"] }
        let recorder = SchemaRecorder()
        _ = try type.init(from: recorder)
        var properties = JSONObject()
        for property in recorder.properties { properties[property.name] = reference(to: property.type) }
        let required = recorder.properties.filter(\.isRequired).map { JSONValue.string($0.name) }
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { schema["required"] = .array(required) }
        schema["additionalProperties"] = false
        return .object(schema)
    }

    /// The name of a type; of two that are called alike, the second has the name of the type around it before its own.
    private mutating func name(_ type: any Decodable.Type) -> String {
        if let known = names[ObjectIdentifier(type)] { return known }
        var name = "\(type)"
        if names.values.contains(name) { name = String(reflecting: type).split(separator: ".").suffix(2).joined() }
        names[ObjectIdentifier(type)] = name
        return name
    }
}

/// An enumeration whose raw values are all a text can be.
protocol SchemaChoice: CaseIterable, RawRepresentable where RawValue == String {}

extension SchemaChoice {
    fileprivate static var choices: [String] { allCases.map(\.rawValue) }
    fileprivate static var example: Any? { allCases.first }
}

extension Role: SchemaChoice {}
extension Resend.Choice: SchemaChoice {}
extension ResendRun.State: SchemaChoice {}

/// A JSON object of which nothing is said.
protocol SchemaOfAnything {}

private protocol SchemaArray {
    static var elementType: any Decodable.Type { get }
    static var example: Any { get }
}

extension Array: SchemaArray where Element: Decodable {
    static var elementType: any Decodable.Type { Element.self }
    static var example: Any { [Element]() }
}

/// A decoder that has nothing, and notes what is asked for.
private final class SchemaRecorder: Decoder {
    struct Property {
        var name: String
        var type: any Decodable.Type
        var isRequired: Bool
    }

    var properties: [Property] = []
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(RecordingContainer<Key>(recorder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw SchemaError() }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw SchemaError() }

    /// Something of a type, so that decoding goes on.
    static func example<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value: Any? =
            switch type {
            case is String.Type: ""
            case is Bool.Type: false
            case is Int.Type: 0
            case is Int64.Type: Int64(0)
            case is Double.Type: 0.0
            case let type as any SchemaArray.Type: type.example
            case let type as any SchemaChoice.Type: type.example
            default: try type.init(from: SchemaRecorder())
            }
        guard let value = value as? Value else { throw SchemaError() }
        return value
    }
}

/// A type that the document cannot describe.
struct SchemaError: Error {}

private struct RecordingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let recorder: SchemaRecorder
    let codingPath: [any CodingKey] = []
    let allKeys: [Key] = []

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        recorder.properties.append(.init(name: key.stringValue, type: type, isRequired: true))
        return try SchemaRecorder.example(type)
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? { optional(type, key) }

    // Simple types have requirements of their own, which by default decode what is there.
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { optional(type, key) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { optional(type, key) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { optional(type, key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { optional(type, key) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { optional(type, key) }

    private func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) -> Value? {
        recorder.properties.append(.init(name: key.stringValue, type: type, isRequired: false))
        return nil
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw SchemaError() }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw SchemaError() }
    func superDecoder() throws -> any Decoder { throw SchemaError() }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw SchemaError() }
}
