import FHIR
import HL7

/// Everything that running needs, compiled from the files: arrays that refer to each other by index.
struct CompiledMaps: Sendable {
    var maps: [ResourcePlan] = []
    var messages: [MessagePlan] = []
    /// MSH-9.1^MSH-9.2 → index in `messages`.
    var events: [String: Int] = [:]
    /// Name of the message map → index in `messages`.
    var structures: [String: Int] = [:]
    /// Names of coding systems (HL7 table 0396) → URI.
    var codingSystems: [String: String] = [:]
    /// Names of assigning authorities → URI.
    var authorities: [String: String] = [:]
    /// A digest of all files.
    var version = ""
}

// MARK: Sources

/// Where a row's value is.
struct SourcePath: Sendable {
    enum Base: Hashable, Sendable {
        /// A segment, by name: the one that the map is applied to, or the one that belongs to it.
        case segment(String)
        /// The value that a datatype map is applied to.
        case hand
    }

    var base: Base
    /// Of a segment; in a datatype map the component number stands in `component`.
    var field = 0
    var repetition: Path.Index?
    var component: Int?
    var subcomponent: Int?
}

/// A condition with what it reads, so that the loss record can say what steered a choice.
struct Guard: Sendable {
    var condition: Condition
    /// The name under which a condition's path stands for the value at hand.
    static let hand = "VAL"
}

// MARK: Targets

/// One name of a target path.
struct TargetStep: Sendable {
    enum Index: Hashable, Sendable {
        /// A single element.
        case none
        /// `[+]`
        case append
        /// `[name]`: one for each application of the map.
        case slot(Int32)
        /// `[name!]`, and extensions: one for the resource.
        case shared(Int32)
    }

    var key: String
    var index: Index
    /// The `url` of an extension.
    var url: String?
}

/// A compiled target path. The last step may be a list of primitives.
struct TargetPath: Sendable {
    var steps: [TargetStep]
    /// How many steps lead to the element that `set` is written into.
    var anchorCount: Int
    /// As written, for explanations.
    var text: String
}

// MARK: Conversions

/// What becomes of a value: a primitive of that FHIR type, or a complex type made by the program itself.
enum Conversion: String, Sendable, CaseIterable {
    case string, text, markdown, code, id, uri, url, canonical, oid, uuid, boolean, integer, positiveInt, unsignedInt,
        decimal, date, dateTime, instant, time, base64Binary, base64Encode, base64FromHex
    case coding = "Coding"
    case codeableConcept = "CodeableConcept"
    case system, authority

    /// The FHIR types that it can fill.
    func fits(_ type: String) -> Bool {
        switch self {
        case .string, .text: ["string", "markdown"].contains(type)
        case .base64Encode, .base64FromHex: type == "base64Binary"
        case .system, .authority: type == "uri" || type == "url" || type == "string"
        default: type == rawValue
        }
    }

    var isComplex: Bool { self == .coding || self == .codeableConcept }
}

enum Output: Sendable {
    case native(Conversion)
    /// A datatype map, by index in ``CompiledMaps/maps``.
    case datatype(Int)
    /// A resource made by a datatype map, and a reference to it.
    case make(Int, isAddress: Bool)
    /// A constant.
    case constant(JSONValue)
    /// A value known only when the message is mapped.
    case variable(Variable, Conversion)
    /// A reference to a resource known by name.
    case reference(String)
    /// References to all other resources of the bundle.
    case everything
    /// Deliberately not carried.
    case drop
}

enum Variable: String, Sendable, CaseIterable {
    case received = "$received"
    case broker = "$broker"
    case controlID = "$controlId"
    case sender = "$sender"
    case maps = "$maps"
}

// MARK: Plans

/// One row of a map, compiled. A class so that running does not copy it.
final class RowPlan: Sendable {
    let id: String
    let map: String
    let sources: [SourcePath]
    let target: TargetPath
    let output: Output
    let table: TablePlan?
    /// The code system of a value that names none; of the row itself, not of its table.
    let v2: String?
    let when: Guard?
    let pick: [Guard?]
    let join: String?
    /// Text put before the value.
    let prefix: String?
    let set: JSONObject?
    let onUnmapped: String?
    /// The element's binding is required: without a code of the table nothing is written.
    let needsTableCode: Bool
    /// Without a time zone for its value the message is not mapped at all.
    let isNeeded: Bool
    let otherwise: RowPlan?

    init(
        id: String, map: String, sources: [SourcePath] = [], target: TargetPath, output: Output,
        table: TablePlan? = nil, v2: String? = nil, when: Guard? = nil, pick: [Guard?] = [], join: String? = nil,
        prefix: String? = nil, set: JSONObject? = nil, onUnmapped: String? = nil, needsTableCode: Bool = false,
        isNeeded: Bool = false, otherwise: RowPlan? = nil
    ) {
        self.id = id
        self.map = map
        self.sources = sources
        self.target = target
        self.output = output
        self.table = table
        self.v2 = v2
        self.when = when
        self.pick = pick
        self.join = join
        self.prefix = prefix
        self.set = set
        self.onUnmapped = onUnmapped
        self.needsTableCode = needsTableCode
        self.isNeeded = isNeeded
        self.otherwise = otherwise
    }
}

/// An element that must be there at the end.
struct RequirementPlan: Sendable {
    /// Names down to the element that must have it; lists are entered element by element.
    var path: [String]
    /// One of these must be there (the names of a choice).
    var names: [String]
}

/// A constant written at the end where nothing else is.
struct FillerPlan: Sendable {
    var path: [String]
    var name: String
    /// For a choice, all its names: if one is there, nothing is filled in.
    var names: [String]
    var value: JSONValue
}

/// Elements of the resource itself that are there together or not at all; if they are not, a code is another.
struct TogetherPlan: Sendable {
    var names: [String]
    /// The element that has the code.
    var status: String
    var codes: [String: String]
    /// What all other codes become.
    var otherwise: String
}

struct KeyRecipe: Sendable {
    /// How an identifier and its authority lie in a value.
    enum IdentifierType: String, Sendable, CaseIterable {
        case text = "ST"
        case patient = "CX"
        case entity = "EI"
        case person = "XCN"
        case organization = "XON"
    }

    enum Part: Sendable {
        case resource(String)
        case value(SourcePath, isOptional: Bool)
    }

    enum Recipe: Sendable {
        /// Not one that is also at the other path, unless there is no other.
        case identifier(SourcePath, IdentifierType, except: SourcePath?)
        case parts([Part])
    }

    var recipe: Recipe
}

/// A segment or datatype map, compiled.
final class ResourcePlan: Sendable {
    let index: Int
    let name: String
    let target: String
    let isResource: Bool
    let when: Guard?
    let key: [KeyRecipe]
    let rows: [RowPlan]
    let fillers: [FillerPlan]
    /// Deepest first.
    let requirements: [RequirementPlan]
    let together: [TogetherPlan]
    /// Reads nothing but the value it is applied to, so that equal values give equal resources.
    let isPure: Bool

    init(
        index: Int, name: String, target: String, isResource: Bool, when: Guard?, key: [KeyRecipe], rows: [RowPlan],
        fillers: [FillerPlan], requirements: [RequirementPlan], together: [TogetherPlan] = [], isPure: Bool = false
    ) {
        self.index = index
        self.name = name
        self.target = target
        self.isResource = isResource
        self.when = when
        self.key = key
        self.rows = rows
        self.fillers = fillers
        self.requirements = requirements
        self.together = together
        self.isPure = isPure
    }
}

/// A code table, compiled.
final class TablePlan: Sendable {
    struct Code: Hashable, Sendable {
        var system: String?
        var code: String
        var display: String?
    }

    enum Input: Hashable, Sendable {
        case any, valued, empty
        case code(String)
    }

    let name: String
    let v2: String?
    let ignoresCase: Bool
    let codes: [String: Code]
    let rows: [(inputs: [Input], code: Code)]

    init(name: String, v2: String?, ignoresCase: Bool, codes: [String: Code], rows: [(inputs: [Input], code: Code)]) {
        self.name = name
        self.v2 = v2
        self.ignoresCase = ignoresCase
        self.codes = ignoresCase ? Dictionary(codes.map { ($0.lowercased(), $1) }) { old, _ in old } : codes
        self.rows = rows
    }

    var hasSeveralInputs: Bool { !rows.isEmpty }
    var inputCount: Int { rows.first?.inputs.count ?? 1 }
    var allCodes: [Code] { codes.values + rows.map(\.code) }

    func code(for text: String) -> Code? { codes[ignoresCase ? text.lowercased() : text] }

    func code(for inputs: [String]) -> Code? {
        rows.first { row in
            zip(row.inputs, inputs).allSatisfy { input, text in
                switch input {
                case .any: true
                case .valued: !text.isEmpty
                case .empty: text.isEmpty
                case .code(let code): code == text
                }
            }
        }?.code
    }
}

/// A message map, compiled: a tree flattened into an array; entry 0 is the message itself.
struct MessagePlan: Sendable {
    struct Entry: Sendable {
        /// Nil for groups and the message itself.
        var segment: String?
        var parent: Int
        var children: [Int] = []
        /// Which segments begin a new repetition of a group, in their order.
        var starts: [String] = []
        var actions: [Action] = []
        var isDropped = false
        /// Groups have names of their own; what belongs to a segment shares those around it.
        var isGroup = false
    }

    struct Action: Sendable {
        var makes: Bool
        var extends: Bool
        var name: String
        var map: Int
        /// The map instead of `map` for every further segment of the same resource.
        var again: Int?
        var when: Guard?
        var bundle: FHIRBundle.Kind?
        /// Rows that write references in the resource itself.
        var refs: [RowPlan]
        /// Rows that write a reference to it into others.
        var links: [(name: String, row: RowPlan)]
    }

    var name: String
    var isOfficial: Bool
    var entries: [Entry]
}
