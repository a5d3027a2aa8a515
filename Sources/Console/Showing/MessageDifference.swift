import HL7

/// What differs between two messages, place by place: those that one has and the other has not, or has otherwise.
package enum MessageDifference {
    package struct Change: Hashable, Sendable {
        package var place: String
        package var name: String
        /// nil: not there before.
        package var old: String?
        /// nil: not there any more.
        package var new: String?

        package init(place: String, name: String, old: String? = nil, new: String? = nil) {
            self.place = place
            self.name = name
            self.old = old
            self.new = new
        }
    }

    /// In the order of the new message; what is gone stands where it was in the old one.
    package static func changes(from old: [ShownLine], to new: [ShownLine]) -> [Change] {
        let before = values(old)
        let after = values(new)
        let known = Dictionary(
            before.map { ($0.place, $0.value) }, uniquingKeysWith: { first, _ in first })
        let kept = Set(after.map(\.place))
        var changes: [Change] = []
        // What is gone is told before the first place that both have and that follows it.
        var gone = before.filter { !kept.contains($0.place) }[...]
        let order = Dictionary(
            before.enumerated().map { ($1.place, $0) }, uniquingKeysWith: { first, _ in first })
        func tellGone(before limit: Int) {
            while let first = gone.first, order[first.place] ?? 0 < limit {
                changes.append(Change(place: first.place, name: first.name, old: first.value))
                gone = gone.dropFirst()
            }
        }
        for line in after {
            if let position = order[line.place] { tellGone(before: position) }
            if known[line.place] != line.value {
                changes.append(
                    Change(place: line.place, name: line.name, old: known[line.place], new: line.value))
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
}
