internal import Console
internal import FHIR
internal import HL7

/// What differs between two messages, place by place: those that one has and the other has not, or has otherwise.
enum MessageDifference {
    struct Change: Hashable {
        var place: String
        var name: String
        /// nil: not there before.
        var old: String?
        /// nil: not there any more.
        var new: String?

        func json(seq: Int64, endpoint: String) -> JSONObject {
            var object: JSONObject = [
                "seq": .number(JSONNumber(Int(seq))), "endpoint": .string(endpoint), "location": .string(place),
                "name": .string(name),
            ]
            if let old { object["received"] = .string(old) }
            if let new { object["sent"] = .string(new) }
            return object
        }
    }

    /// In the order of the new message; what is gone stands where it was in the old one.
    static func changes(from old: [ShownLine], to new: [ShownLine]) -> [Change] {
        let before = values(old)
        let after = values(new)
        let known = Dictionary(before.map { ($0.place, $0.value) }, uniquingKeysWith: { first, _ in first })
        let kept = Set(after.map(\.place))
        var changes: [Change] = []
        // What is gone is told before the first place that both have and that follows it.
        var gone = before.filter { !kept.contains($0.place) }[...]
        let order = Dictionary(before.enumerated().map { ($1.place, $0) }, uniquingKeysWith: { first, _ in first })
        func tellGone(before limit: Int) {
            while let first = gone.first, order[first.place] ?? 0 < limit {
                changes.append(Change(place: first.place, name: first.name, old: first.value))
                gone = gone.dropFirst()
            }
        }
        for line in after {
            if let position = order[line.place] { tellGone(before: position) }
            if known[line.place] != line.value {
                changes.append(Change(place: line.place, name: line.name, old: known[line.place], new: line.value))
            }
        }
        tellGone(before: .max)
        return changes
    }

    private static func values(_ lines: [ShownLine]) -> [(place: String, name: String, value: String)] {
        lines.compactMap { line in
            let value = line.presence == .null ? "\"\"" : line.value
            return value.map { (line.place, line.name, $0) }
        }
    }

    static func text(_ changes: [Change], width: Int, isColoured: Bool) -> [String] {
        changes.flatMap { change in
            func side(_ mark: String, _ value: String?, _ style: TextStyle) -> [String] {
                guard let value else { return [] }
                return value.visible.wrapped(to: width - 8).enumerated().map { number, line in
                    "    " + style.paint((number == 0 ? mark : " ") + " " + line, isColoured)
                }
            }
            let heading = change.name.isEmpty ? change.place : "\(change.place)  \(change.name)"
            return ["", "  " + heading.visible] + side("-", change.old, .red) + side("+", change.new, .green)
        }
    }
}
