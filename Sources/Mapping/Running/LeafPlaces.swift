import HL7

/// Says where in a message a leaf or a value lies, for people.
final class LeafPlaces {
    /// The numbers of a place.
    struct Place {
        var segment: Int
        var field: Int
        var repetition: Int
        var component: Int
        var subcomponent: Int
        /// The component has no other sub-component.
        var isOnly: Bool
    }

    private let message: Message
    private let table: MessageTable
    private lazy var occurrences = counted()

    init(_ message: Message, _ table: MessageTable) {
        self.message = message
        self.table = table
    }

    /// - Parameter occurrence: which of the segments of its name it is; nil if that is not known yet.
    func location(ofLeaf leaf: Int32, in segment: Int, _ occurrence: Int? = nil) -> Location {
        let place = place(ofLeaf: leaf, in: segment)
        // Segments whose name is not three bytes long share a code.
        let known = table.segments[segment].code == 0 ? nil : occurrence
        return Location(
            segment: message[position: segment].name, occurrence: known ?? occurrences[segment], field: place.field,
            repetition: place.repetition, component: place.component,
            subcomponent: place.isOnly ? nil : place.subcomponent)
    }

    /// The smallest part of the message that holds all these leaves.
    func location(of leaves: LeafRange) -> Location? {
        guard leaves.first < leaves.end else { return nil }
        let segment = self.segment(ofLeaf: leaves.first)
        let first = place(ofLeaf: leaves.first, in: segment)
        var location = location(ofLeaf: leaves.first, in: segment)
        guard leaves.end - leaves.first > 1 else { return location }
        let last = place(ofLeaf: leaves.end - 1, in: segment)
        location.subcomponent = nil
        if last.component != first.component || last.repetition != first.repetition { location.component = nil }
        if last.repetition != first.repetition || last.field != first.field { location.repetition = nil }
        return location
    }

    func segment(ofLeaf leaf: Int32) -> Int {
        Self.last(table.segments.count) { self.table.segments[$0].firstLeaf <= leaf }
    }

    func place(ofLeaf leaf: Int32, in segment: Int) -> Place {
        let component = Self.last(table.components.count - 1) { self.table.components[$0].first <= leaf }
        let repetition = Self.last(table.repetitions.count - 1) { self.table.repetitions[$0].first <= component }
        let field = Self.last(table.fields.count - 1) { self.table.fields[$0].first <= repetition }
        let first = table.components[component].first
        return Place(
            segment: segment, field: field - Int(table.segments[segment].firstField) + 1,
            repetition: repetition - Int(table.fields[field].first) + 1,
            component: component - Int(table.repetitions[repetition].first) + 1, subcomponent: Int(leaf - first) + 1,
            isOnly: table.components[component + 1].first - first == 1)
    }

    /// The value at hand as the parser sees it.
    func value(of hand: Hand) -> Value? {
        let leaf = table.leaves(of: hand).first
        let segment = segment(ofLeaf: leaf)
        let place = place(ofLeaf: leaf, in: segment)
        guard let repetition = message[position: segment].field(place.field)?.repetition(place.repetition) else {
            return nil
        }
        if hand.level == .repetition { return repetition }
        let component = repetition.component(place.component)
        return hand.level == .component ? component : component?.subcomponent(place.subcomponent)
    }

    /// The last position that satisfies a condition which holds up to there.
    private static func last(_ count: Int, where holds: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if holds(middle) { low = middle } else { high = middle }
        }
        return low
    }

    private func counted() -> [Int] {
        var counts: [String: Int] = [:]
        return (0..<message.segmentCount).map { position in
            let name = message[position: position].name
            counts[name, default: 0] += 1
            return counts[name] ?? 1
        }
    }
}
