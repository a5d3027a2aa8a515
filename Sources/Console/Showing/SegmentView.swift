import HL7
import HL7Conformance

/// One segment of a message as lines: its heading, its fields, and their parts.
struct SegmentView {
    private let segment: Segment
    private let place: Location
    private let definitions: Definitions
    private let definition: SegmentDefinition?
    private let profile: Profile?
    private let zone: String?
    private let findings: [ShownFinding]

    /// - Parameters:
    ///   - place: the segment's name and occurrence.
    ///   - findings: those whose location is in this segment.
    init(
        _ segment: Segment, at place: Location, definitions: Definitions, profile: Profile?, zone: String?,
        findings: [ShownFinding]
    ) {
        self.segment = segment
        self.place = place
        self.definitions = definitions
        self.profile = profile
        self.zone = zone
        self.findings = findings
        definition = definitions.segment(place.segment)
    }

    var lines: [ShownLine] {
        var lines = [heading]
        let concerned = Set(findings.compactMap { $0.location?.field })
        let count = max(segment.fieldCount, concerned.max() ?? 0)
        if count > 0 {
            for number in 1...count {
                lines += self.lines(ofField: number, isConcerned: concerned.contains(number))
            }
        }
        for finding in findings { lines[index(for: finding, in: lines)].findings.append(finding) }
        return lines
    }

    private var heading: ShownLine {
        var heading = ShownLine(location: place, depth: .segment, name: name(of: place) ?? definition?.title ?? "")
        if definition == nil {
            heading.meaning =
                place.segment.hasPrefix("Z")
                ? "a local segment: what its fields mean is agreed with the sender"
                : "not defined in \(definitions.version)"
        }
        return heading
    }

    /// What the profile calls a place, wherever it occurs.
    private func name(of place: Location) -> String? {
        guard let profile else { return nil }
        let general = Location(
            segment: place.segment, field: place.field, component: place.component, subcomponent: place.subcomponent)
        return profile.name(of: "\(general)")
    }

    // MARK: Fields

    private func lines(ofField number: Int, isConcerned: Bool) -> [ShownLine] {
        let fieldDefinition = definition?.field(number)
        let type = type(ofField: number, fieldDefinition)
        var place = place
        place.field = number
        let standard = fieldDefinition?.name ?? (definition == nil ? "" : "(not defined in \(definitions.version))")
        let name = self.name(of: place) ?? standard
        guard let field = segment.field(number), !field.isEmpty else {
            guard isConcerned else { return [] }
            return [
                ShownLine(
                    location: place, depth: .field, name: name, type: type?.name ?? "",
                    presence: segment.field(number) == nil ? .absent : .empty)
            ]
        }
        return field.repetitions.enumerated().flatMap { index, repetition in
            place.repetition = index + 1
            guard !repetition.isEmpty else { return [ShownLine]() }
            return lines(of: repetition, at: place, .field, name: name, type: type, table: fieldDefinition?.table)
        }
    }

    /// OBX-2 says what OBX-5 is.
    private func type(ofField number: Int, _ field: FieldDefinition?) -> DataType? {
        guard place.segment == "OBX", number == 5 else { return field?.dataType }
        return segment[2].flatMap(definitions.dataType)
    }

    // MARK: Parts

    /// The lines of a repetition, component or sub-component.
    ///
    /// - Parameter table: the table that the field or component takes its code from.
    private func lines(
        of value: Value, at place: Location, _ depth: ShownLine.Depth, name: String, type: DataType?, table: CodeTable?
    ) -> [ShownLine] {
        var line = ShownLine(
            location: place, depth: depth, name: name, type: type?.name ?? "", presence: value.presence)
        guard !value.isNull, let parts = parts(of: value, depth) else {
            line.value = value.text
            if !value.isNull { line.meaning = meaning(of: value.text, type: type, table: table) }
            return [line]
        }
        return [line]
            + parts.enumerated().flatMap { index, part in
                guard !part.isEmpty else { return [ShownLine]() }
                var place = place
                let depth = depth == .field ? ShownLine.Depth.component : .subcomponent
                if depth == .component { place.component = index + 1 } else { place.subcomponent = index + 1 }
                let component = type?.component(index + 1)
                // The first component of a time stamp is the time; its type has no name in some versions.
                let isTime = type?.name == "TS" && index == 0
                return lines(
                    of: part, at: place, depth, name: self.name(of: place) ?? component?.name ?? "",
                    type: isTime ? type : component?.dataType,
                    table: self.table(ofPart: index + 1, of: type, parts: parts, whole: table))
            }
    }

    /// What a value is divided into; nil if it is one value.
    private func parts(of value: Value, _ depth: ShownLine.Depth) -> [Value]? {
        switch depth {
        case .field:
            let components = value.components
            return components.count > 1 || (components.first?.subcomponentCount ?? 1) > 1 ? components : nil
        case .component:
            let parts = value.subcomponents
            return parts.count > 1 ? parts : nil
        case .segment, .subcomponent: return nil
        }
    }

    // MARK: Meanings

    /// The table that a part takes its code from. In a coded element the code is of the field's table if no coding
    /// system is named, and of the table that `HL7nnnn` names.
    private func table(ofPart number: Int, of type: DataType?, parts: [Value], whole: CodeTable?) -> CodeTable? {
        if let own = type?.component(number)?.table { return own }
        guard let type, ["CE", "CWE", "CNE", "CF"].contains(type.name), number == 1 || number == 4 else {
            return number == 1 ? whole : nil
        }
        let system = parts.count >= number + 2 ? parts[number + 1].text : ""
        if system.hasPrefix("HL7") { return definitions.table(String(system.dropFirst(3))) }
        return system.isEmpty && number == 1 ? whole : nil
    }

    private func meaning(of text: String, type: DataType?, table: CodeTable?) -> String? {
        if let type, let time = ShownTime.text(text, type: type.name, zone: zone) { return time }
        // A composite type of which only the first component is stated.
        if let type, type.isComposite, let first = type.component(1) {
            return meaning(of: text, type: first.dataType, table: first.table ?? table)
        }
        guard let table, let meaning = table.text(for: text).map(Self.withoutMessages) else { return nil }
        switch table.number {
        case "0125": return definitions.dataType(text)?.title.nonEmpty
        // The structures: their texts are lists of events.
        case "0354": return nil
        default: return meaning.isEmpty ? nil : "\(meaning) (\(table.number))"
        }
    }

    /// `Admit/visit notification` of `ADT/ACK - Admit/visit notification`.
    static func withoutMessages(_ meaning: String) -> String {
        guard let dash = meaning.firstRange(of: " - "), meaning[..<dash.lowerBound].contains("/") else {
            return meaning
        }
        guard !meaning[..<dash.lowerBound].contains(where: \.isLowercase) else { return meaning }
        return String(meaning[dash.upperBound...])
    }

    // MARK: Findings

    /// The line that shows a finding: the one of its place, or else of the smallest place around it.
    private func index(for finding: ShownFinding, in lines: [ShownLine]) -> Int {
        guard let location = finding.location else { return 0 }
        return lines.lastIndex { $0.location.contains(location) } ?? 0
    }
}

extension String {
    /// nil if it is empty.
    var nonEmpty: String? { isEmpty ? nil : self }
}
