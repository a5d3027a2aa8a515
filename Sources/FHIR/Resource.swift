/// A FHIR resource: a JSON object that begins with its `resourceType`.
///
/// A thin wrapper: nothing but the type is checked here; ``FHIRCheck`` says whether the rest is R4.
public struct Resource: Hashable, Sendable {
    /// The members, `resourceType` among them.
    public private(set) var object: JSONObject

    /// A resource with nothing but its type and, if given, its logical id.
    public init(type: String, id: String? = nil) {
        object = ["resourceType": .string(type)]
        self.id = id
    }

    /// - Throws: ``ResourceError/notAResource`` unless the value is an object with a `resourceType`.
    public init(_ value: JSONValue) throws(ResourceError) {
        guard let object = value.object, object["resourceType"]?.string != nil else { throw .notAResource }
        self.object = object
    }

    /// The name of the resource type, such as `Patient`.
    public var type: String { object["resourceType"]?.string ?? "" }

    /// The logical id, `Resource.id`.
    public var id: String? {
        get { object["id"]?.string }
        set { object["id"] = newValue.map(JSONValue.string) }
    }

    /// The element of that name. The type cannot be changed: `resourceType` is ignored when set.
    public subscript(_ key: String) -> JSONValue? {
        get { object[key] }
        set { if key != "resourceType" { object[key] = newValue } }
    }

    /// Adds a value to the array of that name, which is created if it is not there.
    public mutating func append(_ value: JSONValue, to key: String) {
        if key != "resourceType" { object.append(value, to: key) }
    }

    /// The resource as a JSON value.
    public var value: JSONValue { .object(object) }
}

/// Why a JSON value is not the resource that was asked for.
public enum ResourceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The value is not an object, or has no `resourceType`.
    case notAResource
    /// The resource is not of the type named.
    case notA(String)
    /// `Bundle.type` is missing or none that ``FHIRBundle`` stands for.
    case bundleType
    /// The entry, counted from 0, is not as a bundle of this type needs it.
    case bundleEntry(Int)

    public var description: String {
        switch self {
        case .notAResource: "not a FHIR resource: a JSON object with a resourceType is expected"
        case .notA(let type): "not a \(type): its resourceType is another"
        case .bundleType: "Bundle.type is not one of transaction, batch, collection, message"
        case .bundleEntry(let index): "Bundle.entry[\(index)] is not an entry with a resource or a request"
        }
    }
}
