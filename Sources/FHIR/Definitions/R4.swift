/// The element model of FHIR R4 (4.0.1): what elements a type has, how often, of which types.
///
/// Paths are written with dots and walk through data types, backbone elements and content references:
/// `R4.element("Patient", "contact.name.family")`, `R4.element("Observation", "valueQuantity.value")`,
/// `R4.element("Patient", "birthDate.extension.valueString")`.
public enum R4 {
    /// The version of FHIR that the definitions are of.
    public static let version = "4.0.1"

    /// The element at a path below a type; nil if there is none.
    ///
    /// A choice may be named by one of its types (`valueQuantity`), by its base (`value`) or as the standard does
    /// (`value[x]`). A primitive's `_name` stands for its id and extensions.
    public static func element(_ type: String, _ path: String) -> R4Element? {
        let tables = R4Model.shared
        return tables.position(of: path, below: type).map { tables.element(at: $0) }
    }

    /// The elements that a type, or the backbone element at a path below it, must have: a choice as `value[x]`.
    /// Empty if there is no such type or path.
    public static func required(_ type: String, _ path: String = "") -> [String] {
        let tables = R4Model.shared
        return tables.context(at: path, below: type).map { tables.required(in: $0) } ?? []
    }

    /// The names of the elements of a type, or of the backbone element at a path below it: a choice as `value[x]`.
    /// Empty if there is no such type or path.
    public static func elements(_ type: String, _ path: String = "") -> [String] {
        let tables = R4Model.shared
        return tables.context(at: path, below: type).map { tables.names(in: $0) } ?? []
    }

    /// The choice that a JSON name is one form of, as `value[x]` for `valueQuantity`; nil if no type has such a choice.
    package static func choice(of key: String) -> String? { R4Model.choices[key] }

    /// Whether a resource of this type can exist (abstract types cannot).
    public static func isResource(_ type: String) -> Bool {
        let tables = R4Model.shared
        return tables.typeIndex[type].map { tables.types[Int($0)].kind == .resource } ?? false
    }

    /// Whether this is a primitive type, such as `date` or `code`.
    public static func isPrimitive(_ type: String) -> Bool {
        let tables = R4Model.shared
        return tables.typeIndex[type].map { tables.types[Int($0)].kind == .primitive } ?? false
    }

    /// Whether this is a type of R4 at all: primitive, complex or resource, abstract ones included.
    public static func isType(_ type: String) -> Bool { R4Model.shared.typeIndex[type] != nil }

    /// The value set of a required binding: by its whole URL, or by what follows `http://hl7.org/fhir/ValueSet/`.
    public static func valueSet(_ name: String) -> R4ValueSet? {
        let prefix = R4ValueSet.prefix
        return R4Model.shared.valueSet(named: name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name)
    }

    /// Whether the text is a correct value of a primitive type that JSON writes as a string: the type's format and,
    /// for dates, the calendar. False for other types.
    public static func isValid(_ text: String, as primitive: String) -> Bool {
        guard let format = R4Format(rawValue: primitive), format.isString else { return false }
        return format.problem(in: text) == nil
    }
}

/// One element of a type.
public struct R4Element: Hashable, Sendable {
    /// As in the standard, a choice with its `[x]`.
    public let name: String
    /// The types allowed: one, unless a choice was named by its base. The type of a content reference is
    /// `BackboneElement`.
    public let types: [String]
    public let min: Int
    /// Nil if there is no upper limit.
    public let max: Int?
    /// The value set whose codes alone are allowed, if its codes are known.
    public let binding: R4ValueSet?
    /// The resource types that a `Reference` or `canonical` may point to; `Resource` is any, and empty says nothing.
    public let targets: [String]

    /// Whether JSON writes the element as an array.
    public var isArray: Bool { max != 1 }
    /// Whether the name is that of a choice, `value[x]`.
    public var isChoice: Bool { name.hasSuffix("[x]") }
    /// Whether the element may point to a resource of this type.
    public func allows(target type: String) -> Bool {
        targets.isEmpty || targets.contains(type) || targets.contains("Resource")
    }
}

/// The codes of a required binding.
public struct R4ValueSet: Hashable, Sendable {
    static let prefix = "http://hl7.org/fhir/ValueSet/"

    /// A code and the system that defines it.
    public struct Coding: Hashable, Sendable {
        public let system: String
        public let code: String
    }

    /// The value set's URL, or what follows `http://hl7.org/fhir/ValueSet/` if it begins so.
    public let name: String
    public let codings: [Coding]

    public var codes: [String] { codings.map(\.code) }
    public func contains(_ code: String) -> Bool { codings.contains { $0.code == code } }
}
