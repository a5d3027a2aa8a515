package import HL7
package import HL7Conformance

/// One line of a message as it is shown: a segment's heading, a field's repetition, or a part of one.
package struct ShownLine: Hashable, Sendable {
    package enum Depth: Int, Sendable { case segment, field, component, subcomponent }

    package var location: Location
    package var depth: Depth
    /// What the version calls it; empty where it does not say.
    package var name = ""
    /// `XPN`; empty for segments, and where the version does not say.
    package var type = ""
    /// Decoded and unescaped; nil if the lines below have the parts, or if there is nothing.
    package var value: String?
    package var presence = Presence.value
    /// What the value stands for, as `Inpatient (0004)`, or what is to be known of a segment.
    package var meaning: String?
    package var findings: [ShownFinding] = []

    package var place: String { "\(location)" }
}

/// A finding as it is shown at the place that it concerns.
package struct ShownFinding: Hashable, Sendable {
    package var severity: Severity
    /// HL7 table 0357.
    package var code: String
    /// nil if it concerns no place in particular.
    package var location: Location?
    package var text: String
    /// What to do about it.
    package var advice: String?

    package init(_ finding: Finding) {
        severity = finding.severity
        code = "\(finding.code)"
        location = finding.location
        text = finding.text
        advice = finding.rule.advice
    }

    /// One that the broker stored with a message.
    package init(severity: String, code: String, location: String?, text: String) {
        self.severity = Severity(rawValue: severity) ?? .information
        self.code = code
        // A location that is no path names no place that could be shown.
        self.location = location.flatMap { try? Path($0) }.map(Location.init)
        self.text = text
    }
}

extension Location {
    /// The place that a path names; without an index the first.
    package init(_ path: Path) {
        func number(_ index: Path.Index?) -> Int? {
            if case .number(let number) = index { return number }
            return nil
        }
        self.init(
            segment: path.segment, occurrence: number(path.occurrence) ?? 1, field: path.field,
            repetition: number(path.repetition), component: path.component, subcomponent: path.subcomponent)
    }

    /// Whether a place is this one or a part of it.
    package func contains(_ other: Location) -> Bool {
        func holds(_ own: Int?, _ others: Int?) -> Bool { own == nil || own == others }
        guard segment == other.segment, occurrence == other.occurrence else { return false }
        guard let field else { return true }
        return field == other.field && (repetition ?? 1) == (other.repetition ?? 1)
            && holds(component, other.component) && holds(subcomponent, other.subcomponent)
    }
}
