import HL7

/// Which elements an entry of a profile is about.
///
///     PV1                    a segment, wherever the structure has it
///     PID-3.4.1              a field, component or sub-component
///     SPECIMEN               a group
///     SPECIMEN.OBX-5         only in the OBX segments of that group
///
/// A group may be preceded by those around it.
struct ElementPath: Hashable {
    /// From the outside in.
    var groups: [String]
    /// nil: the innermost group itself is meant.
    var segment: String?
    var field = 0
    var component = 0
    var subcomponent = 0

    /// nil if the text has another form. Three capitals and digits are a segment, any other word is a group.
    init?(_ text: String) {
        let head = text.prefix { $0 != "-" }
        var groups = head.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let isWord = { (word: String) in
            word.utf8.first.map { (0x41...0x5A).contains($0) } ?? false
                && word.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
        }
        guard let last = groups.last, groups.allSatisfy(isWord) else { return nil }
        let isSegment = last.utf8.count == 3 && !last.contains("_")
        if isSegment {
            groups.removeLast()
            segment = last
        }
        self.groups = groups
        guard head.endIndex != text.endIndex else { return }
        guard isSegment else { return nil }
        let numbers = text[text.index(after: head.endIndex)...].split(separator: ".", omittingEmptySubsequences: false)
        let values = numbers.compactMap { $0.utf8.count <= 4 ? Int($0) : nil }
        guard values.count == numbers.count, values.count <= 3, values.allSatisfy({ $0 > 0 }) else { return nil }
        field = values[0]
        if values.count > 1 { component = values[1] }
        if values.count > 2 { subcomponent = values[2] }
    }

    /// The segment's name as a number, 0 for a group.
    var code: UInt32 { segment.map { DefinitionLoader.code($0.utf8) } ?? 0 }

    var isField: Bool { field > 0 && component == 0 }

    /// `PID-3.4.1`, without groups.
    var text: String {
        guard let segment else { return groups.joined(separator: ".") }
        return segment + (field > 0 ? "-\(field)" : "") + (component > 0 ? ".\(component)" : "")
            + (subcomponent > 0 ? ".\(subcomponent)" : "")
    }
}
