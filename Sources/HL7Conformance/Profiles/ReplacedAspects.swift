import HL7

/// What a profile says of an element in place of the version: findings of the version about it do not count.
struct ReplacedAspects: OptionSet, Sendable {
    let rawValue: UInt8

    static let usage = ReplacedAspects(rawValue: 1)
    static let cardinality = ReplacedAspects(rawValue: 2)
    static let length = ReplacedAspects(rawValue: 4)
    static let codes = ReplacedAspects(rawValue: 8)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ element: ProfileSource.Element) {
        self = []
        if element.usage != nil { insert(.usage) }
        if element.cardinality != nil { insert(.cardinality) }
        if element.length != nil || element.conformanceLength != nil { insert(.length) }
        if element.constant != nil || element.values != nil { insert(.codes) }
    }

    /// Which aspect a rule of the version is about; nil: one that no profile replaces.
    init?(of rule: Rule) {
        switch rule {
        case .fieldRequired, .fieldNull, .fieldWithdrawn, .fieldUnexpected, .componentRequired, .timeMissing,
            .structureMissing:
            self = .usage
        case .fieldRepetition: self = .cardinality
        case .fieldLength: self = .length
        case .enforcedTable, .hl7Table, .userTable, .structureMismatch: self = .codes
        default: return nil
        }
    }

    /// A field or a part of it as one number; 0 for what is not stated.
    static func key(_ field: Int, _ component: Int, _ subcomponent: Int) -> UInt64 {
        UInt64(truncatingIfNeeded: field) << 32 | UInt64(truncatingIfNeeded: component) << 16
            | UInt64(truncatingIfNeeded: subcomponent)
    }
}

extension GroupedMessage {
    /// Whether the profile speaks of what a rule of the version is about, at a place of the message.
    func replaces(_ rule: Rule, segment position: Int, _ field: Int, _ component: Int, _ subcomponent: Int) -> Bool {
        guard let aspect = ReplacedAspects(of: rule), position < places.count else { return false }
        let place = places[position]
        let index = place >= 0 ? plan.planOfPlace[place] : plan.planOfCode[names[position]] ?? -1
        guard index >= 0 else { return false }
        let segment = plan.segments[index]
        if rule == .fieldUnexpected, segment.lastField > 0, field > segment.lastField { return true }
        let key = ReplacedAspects.key(field, component, subcomponent)
        return segment.replaced[key]?.isSuperset(of: aspect) ?? false
    }

    /// The same for rules about segments that are missing or not expected, and about the header.
    func replaces(_ rule: Rule, at location: Location?) -> Bool {
        guard let location else { return false }
        switch rule {
        case .segmentMissing, .contextSegmentMissing, .groupSegmentMissing, .requiredSegmentMisplaced,
            .segmentUnexpected:
            return plan.segmentsSpokenOf.contains(DefinitionLoader.code(location.segment.utf8))
        case .structureMismatch where plan.hasOwnStructure: return true
        case .timeMissing, .structureMissing, .structureMismatch:
            return replaces(rule, segment: 0, location.field ?? 0, location.component ?? 0, 0)
        default: return false
        }
    }
}
