internal import FHIR
internal import HL7
internal import HL7Conformance

/// A message field by field, with the names that its version gives them.
struct MessageView {
    /// One line: a place, its name and its value.
    struct Line: Hashable {
        /// `PID-3[2].4.2`; a segment's name alone for its heading.
        var place: String
        var name: String
        var value: String
        /// How far it is indented.
        var depth: Int
    }

    private let message: Message
    private let definitions: Definitions

    init(_ message: Message) {
        self.message = message
        // A version that is not known is shown with the names of the latest.
        let version: Version =
            switch Version.reading(message.header.version) {
            case .exact(let version), .newer(let version): version
            case nil: .v2_8_2
            }
        definitions = Definitions.version(version)
    }

    /// The message in a line: type, version, control id, from and to.
    var title: String {
        let header = message.header
        func party(_ application: String, _ facility: String) -> String {
            [application, facility].filter { !$0.isEmpty }.joined(separator: " ")
        }
        let parts = [
            header.type, header.version, message["MSH-10"] ?? "",
            party(header.sendingApplication, header.sendingFacility) + " -> "
                + party(header.receivingApplication, header.receivingFacility),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "  ")
    }

    /// Every segment, and every value that is not empty.
    var lines: [Line] { message.segments.flatMap(lines(of:)) }

    private func lines(of segment: Segment) -> [Line] {
        let definition = definitions.segment(segment.name)
        let place = segment.location().description
        var lines = [Line(place: place, name: definition?.title ?? "", value: "", depth: 0)]
        guard segment.fieldCount > 0 else { return lines }
        for number in 1...segment.fieldCount {
            guard let field = segment.field(number), !field.isEmpty else { continue }
            let fieldDefinition = definition?.field(number)
            var type = fieldDefinition?.dataType
            // OBX-2 says what OBX-5 is.
            if segment.name == "OBX", number == 5, let name = segment[2] { type = definitions.dataType(name) }
            for (index, repetition) in field.repetitions.enumerated() where !repetition.isEmpty {
                let place = segment.location(field: number, repetition: index + 1)
                lines += self.lines(of: repetition, at: place, name: fieldDefinition?.name ?? "", type: type)
            }
        }
        return lines
    }

    private func lines(of repetition: Value, at place: Location, name: String, type: DataType?) -> [Line] {
        let components = repetition.components
        let isSplit = components.count > 1 || (components.first?.subcomponentCount ?? 1) > 1
        guard isSplit else {
            return [Line(place: "\(place)", name: name, value: repetition.text, depth: 1)]
        }
        var lines = [Line(place: "\(place)", name: name, value: "", depth: 1)]
        for (index, component) in components.enumerated() where !component.isEmpty {
            var place = place
            place.component = index + 1
            let definition = type?.component(index + 1)
            let parts = component.subcomponents
            guard parts.count > 1 else {
                lines.append(Line(place: "\(place)", name: definition?.name ?? "", value: component.text, depth: 2))
                continue
            }
            for (index, part) in parts.enumerated() where !part.isEmpty {
                place.subcomponent = index + 1
                let inner = definition?.dataType.component(index + 1)?.name ?? ""
                let name = [definition?.name ?? "", inner].filter { !$0.isEmpty }.joined(separator: ", ")
                lines.append(Line(place: "\(place)", name: name, value: part.text, depth: 2))
            }
        }
        return lines
    }

    /// The lines for a screen of 80 columns; longer values go on under themselves.
    ///
    /// - Parameter isColoured: segment headings in bold.
    func text(isColoured: Bool) -> String {
        var result = [title]
        for line in lines {
            if line.depth == 0 {
                let heading = line.name.isEmpty ? line.place : "\(line.place)  \(line.name)"
                result += ["", isColoured ? "\u{1B}[1m\(heading)\u{1B}[0m" : heading]
                continue
            }
            let indent = String(repeating: "  ", count: line.depth)
            let place = Self.padded(indent + line.place, 16)
            let name = Self.padded(Self.cut(line.name, 28), 28)
            let values = Self.wrapped(line.value, width: 80 - 46)
            let margin = String(repeating: " ", count: 46)
            for (number, value) in values.enumerated() {
                result.append(Self.trimmed(number == 0 ? "\(place)  \(name)\(value)" : margin + value))
            }
        }
        return result.joined(separator: "\n")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func cut(_ text: String, _ width: Int) -> String {
        text.count < width ? text : text.prefix(width - 2) + "…"
    }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }

    /// A value in lines: broken where it has line breaks, and at spaces where it is too long. Control characters, which
    /// a terminal would obey, are shown as U+FFFD.
    static func wrapped(_ value: String, width: Int) -> [String] {
        var lines: [String] = []
        for paragraph in value.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let isControl: (Unicode.Scalar) -> Bool = { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
            var rest = String(
                String.UnicodeScalarView(paragraph.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))[...]
            while rest.count > width {
                let head = rest.prefix(width + 1)
                let cut = head.lastIndex(of: " ").map { $0 > rest.startIndex ? $0 : head.index(before: head.endIndex) }
                let end = cut ?? head.index(before: head.endIndex)
                lines.append(String(rest[..<end]))
                rest = rest[end...]
                if rest.first == " " { rest = rest.dropFirst() }
            }
            lines.append(String(rest))
        }
        return lines
    }
}
