/// Checks a resource or a bundle against the definitions of R4: elements and their JSON form, cardinality, choices,
/// primitive values, codes of required bindings, references and the rules of bundles.
///
/// Not checked: invariants in FHIRPath other than `ext-1`, bindings that are not required, terminology that R4 does
/// not list itself, profiles.
public struct FHIRCheck {
    /// What a resource breaks; the raw value is what commands print.
    public enum Rule: String, Hashable, Sendable, CaseIterable {
        /// R4 has no such element here, or no such resource type.
        case unknown
        /// Another kind of JSON value is expected: object, array, string, number or boolean.
        case jsonType = "json-type"
        /// FHIR has no empty strings, arrays and objects, and no null but beside a `_` sibling.
        case empty
        /// A number or string outside the range of its type.
        case value
        /// Not as the primitive type is written, or no day of the calendar.
        case format
        /// Not in the value set of the required binding.
        case code
        /// One choice element with values of several types.
        case choice
        /// A required element is missing.
        case required
        /// An Extension has either a value or extensions.
        case extensionContent = "ext-1"
        /// A reference that is malformed, empty, or to nothing in the bundle.
        case reference = "ref"
        /// A reference to a resource of a type that is not allowed there.
        case referenceType = "ref-type"
        /// A rule about the entries of a bundle.
        case bundle
    }

    /// Findings reported for one resource or bundle; what exceeds them is not looked for.
    public static let findingsMax = 1_000

    /// Everything wrong with a resource or bundle, in the order in which it is found; empty if it is valid R4.
    ///
    /// References of a bundle must resolve inside it, unless they are absolute addresses or searches.
    public static func findings(in value: JSONValue) -> [CheckFinding] {
        var walker = CheckWalker(root: value)
        walker.checkBundle()
        walker.checkResource(value)
        return walker.findings
    }
}

/// One thing wrong with a resource. Neither path nor text holds a value of the resource.
public struct CheckFinding: Hashable, Sendable, CustomStringConvertible {
    public var rule: FHIRCheck.Rule
    /// Where, such as `Bundle.entry[3].resource.name[0].given[1]`.
    public var path: String
    /// What is wrong.
    public var text: String

    public var description: String { "\(path): \(text) (\(rule.rawValue))" }
}
