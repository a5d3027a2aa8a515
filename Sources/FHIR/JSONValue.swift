/// A JSON value as it stands in the text: objects keep the order of their members and numbers their digits, because
/// FHIR gives a meaning to the digits of a decimal (`1.0` is not `1.00`).
///
/// Equality is that of the text without its white space: the order of members and the digits of numbers count.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// The text, if this is a string.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The elements, if this is an array.
    public var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members, if this is an object.
    public var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The number, if this is one.
    public var number: JSONNumber? {
        if case .number(let number) = self { number } else { nil }
    }

    /// The truth value, if this is one.
    public var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    /// The member of that name, if this is an object that has it.
    public subscript(_ key: String) -> JSONValue? { object?[key] }

    /// The element at that position, counted from 0, if this is an array that long.
    public subscript(_ index: Int) -> JSONValue? {
        guard let array, array.indices.contains(index) else { return nil }
        return array[index]
    }

    /// The JSON text in UTF-8.
    ///
    /// - Parameter indented: two spaces for each level and one member a line; otherwise no white space at all.
    public func bytes(indented: Bool = false) -> [UInt8] {
        JSONWriter.bytes(of: self, indented: indented)
    }

    /// The JSON text.
    public func json(indented: Bool = false) -> String {
        String(decoding: bytes(indented: indented), as: UTF8.self)
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements))
    }
}
