import HL7

/// A profile compiled for one message type: what is asked of each segment, by its place in the structure.
final class ProfilePlan: Sendable {
    let map: StructureMap
    /// nil where the version has no such structure, for local events.
    let structure: Structure?
    /// The profile names the structure itself.
    let hasOwnStructure: Bool
    let segments: [SegmentPlan]
    /// By place of the map: the index in `segments`, -1 if nothing is asked.
    let planOfPlace: [Int]
    /// For segments that the structure does not have.
    let planOfCode: [UInt32: Int]
    /// What is counted in each instance of a group, by group of the map.
    let counted: [[CountPlan]]
    /// The index of a place among what its group counts, -1 if it is not counted.
    let countOfPlace: [Int]
    /// The same for a group among what its parent counts.
    let countOfGroup: [Int]
    /// What is counted in the message as a whole.
    let countedInMessage: [CountPlan]
    let constraints: [ConstraintPlan]
    /// Segments whose presence the profile speaks of: what the version says of it does not count.
    let segmentsSpokenOf: Set<UInt32>
    let hasElements: Bool

    init(
        map: StructureMap, structure: Structure?, hasOwnStructure: Bool, segments: [SegmentPlan], planOfPlace: [Int],
        planOfCode: [UInt32: Int], counted: [[CountPlan]], countOfPlace: [Int], countOfGroup: [Int],
        countedInMessage: [CountPlan], constraints: [ConstraintPlan], segmentsSpokenOf: Set<UInt32>
    ) {
        self.map = map
        self.structure = structure
        self.hasOwnStructure = hasOwnStructure
        self.segments = segments
        self.planOfPlace = planOfPlace
        self.planOfCode = planOfCode
        self.counted = counted
        self.countOfPlace = countOfPlace
        self.countOfGroup = countOfGroup
        self.countedInMessage = countedInMessage
        self.constraints = constraints
        self.segmentsSpokenOf = segmentsSpokenOf
        hasElements = !segments.isEmpty
    }
}

/// What is asked of one segment.
struct SegmentPlan: Sendable {
    /// In the order of their numbers.
    var fields: [FieldPlan] = []
    /// The last field of a segment that the profile itself defines; 0 for one of the version.
    var lastField = 0
    /// By ``ReplacedAspects/key(_:_:_:)``: what the profile says in place of the version.
    var replaced: [UInt64: ReplacedAspects] = [:]
}

struct FieldPlan: Sendable {
    var number: Int
    /// nil: only its components are spoken of.
    var element: ElementPlan?
    /// In the order of their numbers.
    var components: [PartPlan] = []
}

/// A component or sub-component.
struct PartPlan: Sendable {
    var number: Int
    var element: ElementPlan?
    /// In the order of their numbers; empty for a sub-component.
    var parts: [PartPlan] = []
}

/// What is asked of one element.
struct ElementPlan: Sendable {
    /// `PID-3.1 (ID Number)`
    var label: String
    var usage: ProfileUsage?
    var condition: Condition?
    var cardinality: Cardinality?
    var length: Cardinality?
    var conformanceLength: Int?
    var constant: ConstantPlan?
    var codes: CodePlan?
}

struct ConstantPlan: Sendable {
    var text: String
    var utf8: [UInt8]
}

/// A bound value set.
struct CodePlan: Sendable {
    /// What findings call it: `one of sex (F, M)`.
    var label: String
    var codes: CodeSet
    var system: String?
    /// The element is a coded one: its first triplet or its second must be of the set.
    var isCodedElement = false
}

/// A group or segment that is counted.
struct CountPlan: Sendable {
    enum Subject: Sendable {
        /// A segment by its name.
        case segment(UInt32)
        /// A group of the map.
        case group(Int)
    }

    var subject: Subject
    /// `SPM`, for a group the segment that it begins with: where a finding is.
    var location: String
    /// `SPM` or `the group SPECIMEN`.
    var label: String
    var usage: ProfileUsage?
    var condition: Condition?
    var cardinality: Cardinality?
}

struct ConstraintPlan: Sendable {
    enum Scope: Sendable {
        case message
        /// Every segment with the code, or only those at some places.
        case segment(UInt32, places: [Int]?)
        case groups([Int])
    }

    var scope: Scope
    var constraint: ProfileSource.Constraint
    var location: Path?
}

/// What is asked of OBX by the code in OBX-3.1.
struct ObservationPlan: Sendable {
    var types: CodeSet?
    var units: CodeSet?
    var values: CodePlan?
}
