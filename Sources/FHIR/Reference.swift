/// The literal in `Reference.reference`, taken apart (FHIR R4, section 2.3.0.1).
public enum Reference: Hashable, Sendable {
    /// `#id`: a resource contained in the same one; the empty id of `#` alone means the container itself.
    case contained(id: String)
    /// `urn:uuid:…` or `urn:oid:…`: the fullUrl of an entry in the same bundle.
    case urn(String)
    /// `http://…` or `https://…`; the type is nil unless the address ends in `Type/id`.
    case absolute(url: String, type: String?)
    /// `Type?search`: the one resource that the search finds; allowed in transactions.
    case conditional(type: String, query: String)
    /// `Type/id`, perhaps followed by `/_history/version`.
    case relative(type: String, id: String, version: String?)

    /// Nil if the text is none of the forms.
    public init?(_ text: String) {
        if text.hasPrefix("#") {
            self = .contained(id: String(text.dropFirst()))
        } else if text.hasPrefix("urn:") {
            self = .urn(text)
        } else if text.hasPrefix("http://") || text.hasPrefix("https://") {
            self = .absolute(url: text, type: Self.typeAtEnd(of: text))
        } else if let mark = text.firstIndex(of: "?") {
            guard Self.isTypeName(text[..<mark]) else { return nil }
            self = .conditional(type: String(text[..<mark]), query: String(text[text.index(after: mark)...]))
        } else {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2 || (parts.count == 4 && parts[2] == "_history"), Self.isTypeName(parts[0]),
                R4Format.isID(parts[1]), parts.count == 2 || R4Format.isID(parts[3])
            else { return nil }
            self = .relative(
                type: String(parts[0]), id: String(parts[1]), version: parts.count == 4 ? String(parts[3]) : nil)
        }
    }

    /// The resource type that the text names, if it names one.
    public var type: String? {
        switch self {
        case .contained, .urn: nil
        case .absolute(_, let type): type
        case .conditional(let type, _), .relative(let type, _, _): type
        }
    }

    /// A `Reference` element with this literal.
    ///
    /// - Parameter reference: as it stands in `Reference.reference`, such as `urn:uuid:…` or `Patient/1`.
    public static func element(to reference: String, display: String? = nil) -> JSONValue {
        var object: JSONObject = ["reference": .string(reference)]
        if let display { object["display"] = .string(display) }
        return .object(object)
    }

    /// `Patient` for `http://host/fhir/Patient/1`.
    private static func typeAtEnd(of url: String) -> String? {
        let parts = url.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3, let id = parts.last, !id.isEmpty, isTypeName(parts[parts.count - 2]) else { return nil }
        return String(parts[parts.count - 2])
    }

    /// A capital letter and at least one more, all ASCII.
    private static func isTypeName(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else { return false }
        return bytes.count > 1
            && bytes.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) && $0 >= 0x41 }
    }
}
