/// Places segments in the groups of a structure, which ``StructureAutomaton`` does not tell: it only accepts.
///
/// Every segment of the grammar is a place. From each place the next segment is followed to the nearest place that
/// can hold it: inner loops before outer ones. What cannot follow is put where the structure has it, so that one
/// missing segment does not lose the groups of those behind it.
struct StructureMap: Sendable {
    struct Group: Sendable {
        /// Empty for the message itself, which is group 0.
        var name: String
        var parent: Int
        /// How many groups it stands in; 0 for the message.
        var depth: Int
        /// All segments that can stand in it.
        var holds: Set<UInt32> = []
    }

    struct Place: Sendable {
        var code: UInt32
        /// The innermost group.
        var group: Int
    }

    /// Where a segment goes.
    struct Step: Sendable {
        /// -1: nowhere; the structure does not have it.
        var place: Int
        /// How many of the groups around the last place go on; those deeper begin anew.
        var depth: Int
        /// The place lies before the last one, and nothing leads back to it.
        var isLate = false
    }

    private(set) var groups: [Group] = [Group(name: "", parent: 0, depth: 0)]
    private(set) var places: [Place] = []
    private var codes: [UInt32] = []
    /// The step from place `p` (row `p + 1`; row 0 is the start) with a code, at `row * codes.count + code`.
    private var steps: [Step] = []

    init(_ structure: Structure) {
        self.init(grammar: structure.grammarText.bytes(in: DefinitionTables.structures))
    }

    init(grammar text: some Collection<UInt8>) {
        var builder = Builder()
        let root = builder.add(Grammar(text), in: 0)
        groups = builder.groups
        places = builder.places
        for place in places where !codes.contains(place.code) { codes.append(place.code) }
        for place in places {
            var group = place.group
            while true {
                groups[group].holds.insert(place.code)
                if group == 0 { break }
                group = groups[group].parent
            }
        }
        let nowhere = Step(place: -1, depth: 0)
        steps = [Step](repeating: nowhere, count: (places.count + 1) * codes.count)
        for row in 0...places.count {
            let following = row == 0 ? root.first.map { Step(place: $0, depth: 0) } : builder.follow[row - 1]
            for (column, code) in codes.enumerated() {
                steps[row * codes.count + column] =
                    following.first { places[$0.place].code == code } ?? elsewhere(code, from: row - 1)
            }
        }
    }

    /// The step to a code from a place (-1: the start of the message).
    func step(from place: Int, to code: UInt32) -> Step {
        guard let column = codes.firstIndex(of: code) else { return Step(place: -1, depth: 0) }
        return steps[(place + 1) * codes.count + column]
    }

    /// Where a segment is put that cannot follow: at the next place in the order of the structure, or else the first.
    private func elsewhere(_ code: UInt32, from place: Int) -> Step {
        let known = places.indices.filter { places[$0].code == code }
        guard let target = known.first(where: { $0 > place }) ?? known.first else { return Step(place: -1, depth: 0) }
        let depth = place < 0 ? 0 : sharedDepth(places[place].group, places[target].group)
        return Step(place: target, depth: depth, isLate: target <= place)
    }

    /// How many groups are around both.
    private func sharedDepth(_ first: Int, _ second: Int) -> Int {
        var (first, second) = (first, second)
        while first != second {
            if groups[first].depth >= groups[second].depth {
                first = groups[first].parent
            } else {
                second = groups[second].parent
            }
        }
        return groups[first].depth
    }

    /// The group at a depth around a group, itself included.
    func ancestor(of group: Int, depth: Int) -> Int {
        var group = group
        while groups[group].depth > depth { group = groups[group].parent }
        return group
    }

    /// Whether a group's innermost names are those given.
    func group(_ group: Int, endsWith names: [String]) -> Bool {
        var group = group
        for name in names.reversed() {
            guard group != 0, groups[group].name == name else { return false }
            group = groups[group].parent
        }
        return true
    }

    /// `SPECIMEN, OBSERVATION and …`: the names of all groups, for mistakes.
    var groupNames: [String] { groups.dropFirst().map(\.name) }

    // MARK: Construction

    /// Glushkov's sets, each step with the depth that it keeps.
    private struct Builder {
        struct Fragment {
            var first: [Int] = []
            var last: [Int] = []
            var isNullable = true
        }

        var groups: [Group] = [Group(name: "", parent: 0, depth: 0)]
        var places: [Place] = []
        var follow: [[Step]] = []

        mutating func add(_ grammar: Grammar, in group: Int) -> Fragment {
            switch grammar {
            case .segment(let code):
                places.append(Place(code: code, group: group))
                follow.append([])
                return Fragment(first: [places.count - 1], last: [places.count - 1], isNullable: false)
            case .anything:
                return Fragment()
            case .group(let name, let node):
                groups.append(Group(name: name, parent: group, depth: groups[group].depth + 1))
                return add(node, in: groups.count - 1)
            case .optional(let node):
                var fragment = add(node, in: group)
                fragment.isNullable = true
                return fragment
            case .oneOrMore(let node):
                let fragment = add(node, in: group)
                connect(fragment.last, fragment.first, in: group)
                return fragment
            case .choice(let nodes):
                var all = Fragment(isNullable: false)
                for node in nodes {
                    let fragment = add(node, in: group)
                    all.first += fragment.first
                    all.last += fragment.last
                    all.isNullable = all.isNullable || fragment.isNullable
                }
                return all
            case .sequence(let nodes):
                var joined = Fragment()
                for node in nodes {
                    let next = add(node, in: group)
                    connect(joined.last, next.first, in: group)
                    joined = Fragment(
                        first: joined.isNullable ? joined.first + next.first : joined.first,
                        last: next.isNullable ? joined.last + next.last : next.last,
                        isNullable: joined.isNullable && next.isNullable)
                }
                return joined
            }
        }

        private mutating func connect(_ sources: [Int], _ targets: [Int], in group: Int) {
            for source in sources {
                for target in targets { follow[source].append(Step(place: target, depth: groups[group].depth)) }
            }
        }
    }
}
