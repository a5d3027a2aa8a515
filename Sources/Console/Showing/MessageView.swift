package import HL7
package import HL7Conformance

/// A message field by field, with the names, types and code meanings of its version, and its findings in place.
package struct MessageView: Sendable {
    package let message: Message
    package let findings: [ShownFinding]
    private let definitions: Definitions
    private let zone: String?
    private let profile: Profile?

    /// - Parameters:
    ///   - zone: the name of the zone that times without an offset are in.
    ///   - profile: whose local segments and fields are known too.
    package init(_ message: Message, findings: [ShownFinding] = [], zone: String? = nil, profile: Profile? = nil) {
        self.message = message
        self.findings = findings
        self.zone = zone
        self.profile = profile
        // A version that is not known is shown with the names of the latest.
        let version: Version =
            switch Version.reading(message.header.version) {
            case .exact(let version), .newer(let version): version
            case nil: .v2_8_2
            }
        definitions = profile?.definitions(of: version) ?? Definitions.version(version)
    }

    /// What the standard says that the message's trigger event is; empty if it says nothing.
    package var eventName: String {
        SegmentView.withoutMessages(definitions.table("0003")?.text(for: message.header.triggerEvent) ?? "")
    }

    /// Findings that concern no place in particular.
    package var findingsOfNoPlace: [ShownFinding] { findings.filter { $0.location == nil } }

    /// Every segment, every value that is not empty, and every place that a finding concerns, in the order of the
    /// message; segments that are missing come last.
    package var lines: [ShownLine] {
        var occurrences: [String: Int] = [:]
        let placed = findings.filter { $0.location != nil }
        let findings = Dictionary(grouping: placed) { Self.segment($0.location) }
        var shown: Set<Location> = []
        var lines: [ShownLine] = []
        for segment in message.segments {
            let name = segment.name
            occurrences[name, default: 0] += 1
            let place = Location(segment: name, occurrence: occurrences[name] ?? 1)
            shown.insert(place)
            lines +=
                SegmentView(
                    segment, at: place, definitions: definitions, profile: profile, zone: zone,
                    findings: findings[place] ?? []
                ).lines
        }
        for finding in placed where shown.insert(Self.segment(finding.location)).inserted {
            let place = Self.segment(finding.location)
            lines.append(
                ShownLine(
                    location: place, depth: .segment,
                    name: profile?.name(of: place.segment) ?? definitions.segment(place.segment)?.title ?? "",
                    presence: .absent, findings: findings[place] ?? []))
        }
        return lines
    }

    /// The segment that a place is in.
    private static func segment(_ location: Location?) -> Location {
        Location(segment: location?.segment ?? "", occurrence: location?.occurrence ?? 1)
    }
}
