import FHIR

/// Bytes of ``FlatPlan/bytes``.
struct FlatText {
    var start: Int32
    var count: Int32
}

/// Which choice (`value[x]`) a key is a form of, and which form; -1 if of none.
struct FlatChoice {
    var base: Int32 = -1
    var form: Int32 = -1
}

struct FlatSegmentSymbol {
    var code: UInt32
    var symbol: Int16
}

/// A segment or datatype map.
struct FlatMap {
    var type: Int32
    var when: Int32
    var keys: FlatRange
    var rows: FlatRange
    var fillers: FlatRange
    /// Deepest first.
    var requirements: FlatRange
    var together: FlatRange
    /// Reads nothing but the value it is applied to, so that equal values give equal resources.
    var isPure: Bool
}

/// Neighbours in one of the arrays.
struct FlatRange {
    var first: Int32 = 0
    var count: Int32 = 0
    var indices: Range<Int> { Int(first)..<Int(first + count) }
    var isEmpty: Bool { count == 0 }
}

/// Where a value is.
struct FlatSource {
    /// -1 for the value that a datatype map is applied to.
    var segment: Int16 = -1
    var field: Int32 = 0
    /// 0 for the first, -1 for all.
    var repetition: Int32 = 0
    /// 0 for the whole.
    var component: Int32 = 0
    var subcomponent: Int32 = 0

    static let all: Int32 = -1
}

/// One row of a map.
struct FlatRow {
    enum Kind: UInt8 {
        case value, datatype, make, table, join, authority, constant, variable, reference, everything, drop
    }

    var kind: Kind
    var conversion = Conversion.string
    /// Without a code of the table nothing is written.
    var needsTableCode = false
    /// Without a time zone for its value the message is not mapped at all.
    var isNeeded = false
    /// The address of what is made is written, not a reference.
    var isAddress = false
    var sources = FlatRange()
    var target: Int32 = -1
    /// The map of `datatype` and `make`, the constant, the variable, the name of `reference`.
    var operand: Int32 = -1
    var table: Int32 = -1
    /// The URI of the code system of a value that names none, as a constant.
    var system: Int32 = -1
    var when: Int32 = -1
    var picks = FlatRange()
    var join: Int32 = -1
    var prefix: Int32 = -1
    var set: Int32 = -1
    /// What is written for a code that the table does not have: a constant.
    var onUnmapped: Int32 = -1
    var otherwise: Int32 = -1
    /// In ``FlatPlan/rowNames``.
    var name: Int32 = -1
}

/// What a row does nothing without: a field of a segment or, if `segment` is -1, a part of the value at hand. The number
/// is 0 if it is not so simple.
struct FlatGate {
    var segment: Int16 = -1
    var number: Int32 = 0
}

struct FlatTarget {
    var steps: FlatRange
    /// How many steps lead to the element that `set` is written into.
    var anchorCount: Int32
}

struct FlatStep {
    enum Index: UInt8 { case none, append, slot, shared }
    var key: Int32
    var index: Index
    var slot: Int32
    /// The `url` of an extension, as a constant.
    var url: Int32
}

/// A node of a compiled condition.
struct FlatCondition {
    enum Kind: UInt8 { case or, and, not, valued, null, equals, same, compares, counts, measures, matches, expression }
    enum Comparison: UInt8 { case equal, less, lessOrEqual, greater, greaterOrEqual }

    var kind: Kind
    var comparison = Comparison.equal
    /// The path names no field but the segment itself.
    var isSegment = false
    /// Operands of `or`, `and`, `not`; texts of `equals`; the expression or the pattern; `second` also the other value
    /// of `same`.
    var first: Int32 = -1
    var second: Int32 = -1
    var source: Int32 = -1
    var number: Double = 0
}

struct FlatTable {
    var firstSlot: Int32
    /// One less than the number of slots, a power of two; -1 if the table has no codes.
    var mask: Int32
    var ignoresCase: Bool
    /// The URI of its HL7 table, as a constant.
    var system: Int32
    var rows: FlatRange
}

struct FlatCode {
    var input: Int32
    /// Constants: the code and its system as texts, and the Coding.
    var code: Int32
    var system: Int32
    var coding: Int32
    /// The code as it stands in the table.
    var text: Int32
    /// The code needs no tidying to be a FHIR `code`.
    var isTidy: Bool
}

struct FlatTableRow {
    var inputs: FlatRange
    var code: Int32
}

struct FlatTableInput {
    enum Kind: UInt8 { case any, valued, empty, text }
    var kind: Kind
    var text: Int32
}

struct FlatKeyRecipe {
    /// Nil for a recipe of parts.
    var type: KeyRecipe.IdentifierType?
    var source: Int32
    /// Where identifiers are that come last.
    var except: Int32 = -1
    var parts: FlatRange
}

struct FlatKeyPart {
    /// The name of a resource, or -1.
    var name: Int32
    var source: Int32
    var isOptional: Bool
}

/// An element that must be there at the end.
struct FlatRequirement {
    var path: FlatRange
    /// One of these must be there.
    var names: FlatRange
}

/// A constant written at the end where nothing else is.
struct FlatFiller {
    var path: FlatRange
    var name: Int32
    var names: FlatRange
    var constant: Int32
}

/// Elements that are there together or not at all, and what a code becomes if they are not.
struct FlatTogether {
    var names: FlatRange
    var status: Int32
    var codes: FlatRange
    var otherwise: Int32
}

/// Constants: a code and what becomes of it.
struct FlatTogetherCode {
    var from: Int32
    var to: Int32
}

struct FlatMessage {
    var entries: FlatRange
}

struct FlatEntry {
    /// -1 for groups and the message itself.
    var segment: Int16
    var children: FlatRange
    var starts: FlatRange
    var actions: FlatRange
    var isDropped: Bool
    var isGroup: Bool
}

struct FlatAction {
    var makes: Bool
    var extends: Bool
    var name: Int32
    var map: Int32
    /// The map instead for a resource that has `map` already; -1 if it is the same one.
    var again: Int32
    var when: Int32
    /// Only in bundles of this kind.
    var bundle: FHIRBundle.Kind?
    var refs: FlatRange
    var links: FlatRange
}

/// `refs` and `link` of an action.
struct FlatReference {
    var name: Int32
    var row: Int32
}

struct FlatType {
    /// How it has an `identifier`.
    enum Identifier: UInt8 { case none, one, list }
    var name: Int32
    var identifier: Identifier
    /// It is a MessageHeader.
    var isHeader: Bool
}

/// A constant: a tree whose JSON text is there already.
struct FlatConstant {
    enum Kind: UInt8 { case object, array, leaf }
    var kind: Kind
    /// Its name in the object around it, -1 in an array.
    var key: Int32
    var children: FlatRange
    var json: FlatText
}
