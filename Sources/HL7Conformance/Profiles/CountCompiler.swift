/// Decides where each segment and group of a profile is counted.
///
/// A group, and a segment that the structure has in one place, is counted in each instance of the group around it. A
/// segment that the structure has in several places, and that is named without a group, is counted in the message.
struct CountCompiler {
    let map: StructureMap
    private(set) var counted: [[CountPlan]]
    private(set) var countOfPlace: [Int]
    private(set) var countOfGroup: [Int]
    private(set) var countedInMessage: [CountPlan] = []

    /// What is said of each place and group, the more particular entries over the others.
    private var ofPlace: [Int: (context: Int, element: ProfileSource.Element)] = [:]
    private var ofGroup: [Int: (context: Int, element: ProfileSource.Element)] = [:]
    private var ofMessage: [(path: ElementPath, element: ProfileSource.Element)] = []

    init(map: StructureMap) {
        self.map = map
        counted = [[CountPlan]](repeating: [], count: map.groups.count)
        countOfPlace = [Int](repeating: -1, count: map.places.count)
        countOfGroup = [Int](repeating: -1, count: map.groups.count)
    }

    mutating func add(_ path: ElementPath, _ element: ProfileSource.Element) {
        guard element.usage != nil || element.cardinality != nil else { return }
        guard path.segment != nil else {
            for group in map.groups.indices.dropFirst() where map.group(group, endsWith: path.groups) {
                ofGroup[group] = Self.laid(path.groups.count, element, over: ofGroup[group])
            }
            return
        }
        let places = map.places.indices.filter {
            map.places[$0].code == path.code && map.group(map.places[$0].group, endsWith: path.groups)
        }
        if path.groups.isEmpty, places.count != 1 {
            ofMessage.append((path, element))
            return
        }
        for place in places { ofPlace[place] = Self.laid(path.groups.count, element, over: ofPlace[place]) }
    }

    private static func laid(
        _ context: Int, _ element: ProfileSource.Element, over other: (context: Int, element: ProfileSource.Element)?
    ) -> (context: Int, element: ProfileSource.Element) {
        guard let other else { return (context, element) }
        return context >= other.context
            ? (context, element.over(other.element)) : (other.context, other.element.over(element))
    }

    mutating func compile() {
        for (place, said) in ofPlace.sorted(by: { $0.key < $1.key }) {
            let name = SegmentName.text(map.places[place].code)
            let group = map.places[place].group
            countOfPlace[place] = counted[group].count
            let inside = group == 0 ? "" : " in \(map.groups[group].name)"
            counted[group].append(plan(.segment(map.places[place].code), name, name + inside, said.element))
        }
        for (group, said) in ofGroup.sorted(by: { $0.key < $1.key }) {
            let parent = map.groups[group].parent
            countOfGroup[group] = counted[parent].count
            let first = map.places.indices.first { isPlace($0, in: group) }
            let name = first.map { SegmentName.text(map.places[$0].code) } ?? ""
            counted[parent].append(plan(.group(group), name, "the group \(map.groups[group].name)", said.element))
        }
        for (path, element) in ofMessage {
            let name = path.segment ?? ""
            countedInMessage.append(plan(.segment(path.code), name, name, element))
        }
    }

    private func isPlace(_ place: Int, in group: Int) -> Bool {
        map.ancestor(of: map.places[place].group, depth: map.groups[group].depth) == group
    }

    private func plan(
        _ subject: CountPlan.Subject, _ location: String, _ label: String, _ element: ProfileSource.Element
    ) -> CountPlan {
        let name = element.name.map { " (\($0))" } ?? ""
        return CountPlan(
            subject: subject, location: location, label: label + name, usage: element.impliedUsage,
            condition: element.condition, cardinality: element.cardinality)
    }
}

extension ProfileSource.Element {
    /// A minimum of one or more means that it is required.
    var impliedUsage: ProfileUsage? {
        usage ?? (cardinality.map { $0.minimum > 0 } == true ? ProfileUsage(.required) : nil)
    }
}
