public import HL7

/// A conformance profile as its author writes it: what a site agrees on beyond a version of HL7.
///
///     var source = ProfileSource(name: "north-adt", version: .v2_5_1)
///     source.messages = [.init("ADT^A01")]
///     source.elements = [.init("PID-7", usage: .init(.required)), .init("PID-3", cardinality: .init(1, 3))]
///     let validator = Validator(profile: try Profile(source))
///
/// What a profile names replaces what the version says of it; everything else stays as the version has it.
public struct ProfileSource: Hashable, Sendable {
    /// Where something was written, for mistakes.
    public struct Origin: Hashable, Sendable {
        public var file: String
        /// Counted from 1.
        public var line: Int?

        public init(file: String, line: Int?) {
            self.file = file
            self.line = line
        }
    }

    /// What is asked of one group, segment, field, component or sub-component.
    public struct Element: Hashable, Sendable {
        /// `PID-3.4.1`, `PV1`, `SPECIMEN`, or within a group `SPECIMEN.OBX-5`.
        public var path: String
        /// What it is called; needed only where the version does not define it.
        public var name: String?
        /// The data type of a field that the version does not define, or has otherwise.
        public var type: String?
        public var usage: ProfileUsage?
        /// Decides a conditional usage.
        public var condition: Condition?
        public var cardinality: Cardinality?
        /// Characters of the value: at least and at most.
        public var length: Cardinality?
        /// Characters that every receiver keeps (HL7 2.7 §2.5.5.3). A longer value is a warning.
        public var conformanceLength: Int?
        /// The only value allowed.
        public var constant: String?
        /// The name of a value set of the profile, or of a table of the version (`HL70001`).
        public var values: String?
        public var origin: Origin?

        public init(
            _ path: String, name: String? = nil, type: String? = nil, usage: ProfileUsage? = nil,
            when condition: Condition? = nil, cardinality: Cardinality? = nil, length: Cardinality? = nil,
            conformanceLength: Int? = nil, constant: String? = nil, values: String? = nil, origin: Origin? = nil
        ) {
            self.path = path
            self.name = name
            self.type = type
            self.usage = usage
            self.condition = condition
            self.cardinality = cardinality
            self.length = length
            self.conformanceLength = conformanceLength
            self.constant = constant
            self.values = values
            self.origin = origin
        }
    }

    /// A message that the profile is for, and what is particular to it.
    public struct Message: Hashable, Sendable {
        /// `ADT^A01`
        public var type: String
        /// The structure, where it is not the one that the version gives the event.
        public var structure: String?
        public var elements: [Element]
        public var constraints: [Constraint]
        public var origin: Origin?

        public init(
            _ type: String, structure: String? = nil, elements: [Element] = [], constraints: [Constraint] = [],
            origin: Origin? = nil
        ) {
            self.type = type
            self.structure = structure
            self.elements = elements
            self.constraints = constraints
            self.origin = origin
        }
    }

    /// Codes under a name.
    public struct ValueSet: Hashable, Sendable {
        public var name: String
        public var codes: [String]
        /// The coding system that coded elements must name with a code, as in `LN`.
        public var system: String?
        /// It belongs to one element, and its name says nothing to people.
        public var isInline: Bool
        public var origin: Origin?

        public init(
            _ name: String, _ codes: [String], system: String? = nil, isInline: Bool = false, origin: Origin? = nil
        ) {
            self.name = name
            self.codes = codes
            self.system = system
            self.isInline = isInline
            self.origin = origin
        }
    }

    /// A condition on several elements at once: where `condition` holds, `requirement` must.
    public struct Constraint: Hashable, Sendable {
        public var name: String
        /// The segment or group that each is looked at by itself; nil: the message as a whole.
        public var each: String?
        /// nil: always.
        public var condition: Condition?
        public var requirement: Condition
        /// What the finding says.
        public var text: String
        public var severity: Severity
        /// Where the finding is; nil: at the first path of the requirement.
        public var location: Path?
        public var origin: Origin?

        public init(
            _ name: String, each: String? = nil, when condition: Condition? = nil, require requirement: Condition,
            text: String, severity: Severity = .error, at location: Path? = nil, origin: Origin? = nil
        ) {
            self.name = name
            self.each = each
            self.condition = condition
            self.requirement = requirement
            self.text = text
            self.severity = severity
            self.location = location
            self.origin = origin
        }
    }

    /// What OBX must hold for one observation, by the code in OBX-3.1.
    public struct Observation: Hashable, Sendable {
        public var code: String
        /// Values of OBX-2; empty: any.
        public var types: [String]
        /// Codes of OBX-6.1; empty: any.
        public var units: [String]
        /// The name of a value set for OBX-5.
        public var values: String?
        public var origin: Origin?

        public init(
            _ code: String, types: [String] = [], units: [String] = [], values: String? = nil, origin: Origin? = nil
        ) {
            self.code = code
            self.types = types
            self.units = units
            self.values = values
            self.origin = origin
        }
    }

    public var name: String
    public var version: Version
    public var messages: [Message] = []
    public var elements: [Element] = []
    public var valueSets: [ValueSet] = []
    public var constraints: [Constraint] = []
    public var observations: [Observation] = []
    public var origin: Origin?

    public init(name: String, version: Version, origin: Origin? = nil) {
        self.name = name
        self.version = version
        self.origin = origin
    }
}

extension ProfileSource {
    /// This profile with everything of another below it. Where both speak of the same element, value set, constraint
    /// or observation, this one wins, key by key for elements; messages that either names are allowed.
    public func extending(_ parent: ProfileSource) -> ProfileSource {
        var result = self
        result.elements = Self.merged(elements, over: parent.elements)
        result.valueSets = Self.merged(valueSets, over: parent.valueSets, by: \.name)
        result.constraints = Self.merged(constraints, over: parent.constraints, by: \.name)
        result.observations = Self.merged(observations, over: parent.observations, by: \.code)
        result.messages = parent.messages.filter { old in !messages.contains { $0.type == old.type } }
        for message in messages {
            var message = message
            if let old = parent.messages.first(where: { $0.type == message.type }) {
                message.structure = message.structure ?? old.structure
                message.elements = Self.merged(message.elements, over: old.elements)
                message.constraints = Self.merged(message.constraints, over: old.constraints, by: \.name)
            }
            result.messages.append(message)
        }
        return result
    }

    static func merged(_ elements: [Element], over parents: [Element]) -> [Element] {
        let own = Dictionary(elements.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        let inherited = Set(parents.map(\.path))
        return parents.map { parent in own[parent.path].map { $0.over(parent) } ?? parent }
            + elements.filter { !inherited.contains($0.path) }
    }

    private static func merged<Item>(_ items: [Item], over parents: [Item], by key: (Item) -> String) -> [Item] {
        let own = Set(items.map(key))
        return parents.filter { !own.contains(key($0)) } + items
    }
}

extension ProfileSource.Element {
    /// This element, with what it leaves open taken from another.
    func over(_ parent: ProfileSource.Element) -> ProfileSource.Element {
        var result = self
        result.name = name ?? parent.name
        result.type = type ?? parent.type
        // A usage and its condition are one statement.
        if usage == nil {
            result.usage = parent.usage
            result.condition = parent.condition
        }
        result.cardinality = cardinality ?? parent.cardinality
        result.length = length ?? parent.length
        result.conformanceLength = conformanceLength ?? parent.conformanceLength
        if constant == nil, values == nil {
            result.constant = parent.constant
            result.values = parent.values
        }
        return result
    }
}

/// Why a ``ProfileSource`` is not a profile: everything that is wrong with it.
public struct ProfileError: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Mistake: Hashable, Sendable, CustomStringConvertible {
        /// What is wrong, and what to write instead.
        public var text: String
        public var origin: ProfileSource.Origin?

        public var description: String {
            guard let origin else { return text }
            return origin.line.map { "\(origin.file):\($0): \(text)" } ?? "\(origin.file): \(text)"
        }
    }

    /// At least one.
    public var mistakes: [Mistake]

    public var description: String { mistakes.map(\.description).joined(separator: "\n") }
}
