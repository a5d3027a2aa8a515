/// The members of a JSON object, in order, each name once.
///
/// A small array searched from the front: FHIR objects have few members.
public struct JSONObject: Hashable, Sendable {
    /// A name and its value.
    public struct Member: Hashable, Sendable {
        public var key: String
        public var value: JSONValue
    }

    public private(set) var members: [Member]

    /// An object without members.
    public init() { members = [] }

    /// The members in the order given; a name that comes again replaces the earlier value in its place.
    public init(_ pairs: some Sequence<(String, JSONValue)>) {
        members = []
        for (key, value) in pairs { self[key] = value }
    }

    /// - Precondition: every name occurs once, which the reader has checked.
    init(distinct members: [Member]) { self.members = members }

    public var isEmpty: Bool { members.isEmpty }
    public var count: Int { members.count }
    public var keys: [String] { members.map(\.key) }

    /// The value of the member of that name. Setting replaces it in its place, appends a new member, or removes it
    /// if set to nil (JSON's null is ``JSONValue/null``).
    public subscript(_ key: String) -> JSONValue? {
        get {
            for member in members where member.key == key { return member.value }
            return nil
        }
        set {
            guard let index = members.firstIndex(where: { $0.key == key }) else {
                if let newValue { members.append(Member(key: key, value: newValue)) }
                return
            }
            if let newValue { members[index].value = newValue } else { members.remove(at: index) }
        }
    }

    /// Adds a value to the array of that name, which is created if it is not there.
    ///
    /// A single value already there becomes the array's first element.
    public mutating func append(_ value: JSONValue, to key: String) {
        guard let index = members.firstIndex(where: { $0.key == key }) else {
            members.append(Member(key: key, value: .array([value])))
            return
        }
        guard case .array(var elements) = members[index].value else {
            members[index].value = .array([members[index].value, value])
            return
        }
        members[index].value = .null  // so that the array is held once and grows in place
        elements.append(value)
        members[index].value = .array(elements)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
