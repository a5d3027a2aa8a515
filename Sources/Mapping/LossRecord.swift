public import HL7

/// What became of every value of a message: an exact account of what its resources do not carry.
///
/// A leaf is a component, or a sub-component where a component has several, that is not empty. Every leaf is exactly
/// one of `mapped`, `condition`, `dropped` and `lost`. MSH-1 and MSH-2 are not counted.
public struct LossRecord: Hashable, Sendable {
    /// A value that is carried only in part.
    public struct Note: Hashable, Sendable {
        public var location: Location
        public var text: String
    }

    /// All leaves.
    public var leaves = 0
    /// Carried by an element.
    public var mapped = 0
    /// Not carried, but it steered a choice.
    public var condition = 0
    /// Deliberately not carried: a row or an entry says why.
    public var dropped = 0
    /// Carried nowhere.
    public var lost = 0
    /// Where the mapped leaves are; empty unless ``MappingOptions/explains``.
    public var mappedLeaves: [Location] = []
    /// Where the lost leaves are, in the order of the message.
    public var lostLeaves: [Location] = []
    /// What is carried in part: times without a zone, for instance.
    public var notes: [Note] = []
    /// Control characters that were taken out of texts because FHIR forbids them.
    public var controlCharacters = 0

    public init() {}
}
