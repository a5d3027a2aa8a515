import HL7

/// A message whose segments are placed in the groups of its structure.
struct GroupedMessage {
    /// One instance of a group.
    struct Frame {
        /// The group of the map; 0 is the message.
        var group: Int
        /// Index in `frames`; -1 for the message.
        var parent: Int
        /// Positions of segments.
        var start: Int
        var end: Int
        /// Where its counts begin in `counts`.
        var counts: Int
    }

    let message: Message
    let plan: ProfilePlan
    /// The names of the segments as numbers, 0 for one that cannot be read.
    let names: [UInt32]
    /// By segment: the place of the map, -1 if the structure does not have it.
    private(set) var places: [Int] = []
    /// By segment: the innermost instance that it stands in.
    private(set) var frameOf: [Int] = []
    private(set) var frames: [Frame] = []
    /// How often each thing that is counted occurs, instance by instance.
    private(set) var counts: [Int] = []

    init(_ message: Message, _ plan: ProfilePlan) {
        self.message = message
        self.plan = plan
        names = Self.names(of: message)
        places.reserveCapacity(names.count)
        frameOf.reserveCapacity(names.count)
        frames.append(Frame(group: 0, parent: -1, start: 0, end: names.count, counts: 0))
        counts = [Int](repeating: 0, count: plan.counted[0].count)
        placeAll()
    }

    private static func names(of message: Message) -> [UInt32] {
        let bytes = message.indexedBytes
        let separator = message.delimiters.field
        return (0..<message.segmentCount).map { position in
            let range = message[position: position].range
            let start = range.lowerBound
            guard range.count >= 3, range.count == 3 || bytes[start + 3] == separator else { return 0 }
            return UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2])
        }
    }

    private mutating func placeAll() {
        let map = plan.map
        var last = -1
        var open = 0
        for (position, name) in names.enumerated() {
            let step = map.step(from: last, to: name)
            places.append(step.place)
            var frame = open
            if step.isLate {
                // What stands too late is in the group that is open there, and leads nowhere.
                while map.groups[frames[frame].group].depth > step.depth { frame = frames[frame].parent }
            } else if step.place >= 0 {
                last = step.place
                open = enter(map.places[last].group, keeping: step.depth, from: open, at: position)
                frame = open
            }
            if step.place >= 0, map.places[step.place].group == frames[frame].group {
                let slot = plan.countOfPlace[step.place]
                if slot >= 0 { counts[frames[frame].counts + slot] += 1 }
            }
            frameOf.append(frame)
            frame = open
            while frame > 0 {
                frames[frame].end = position + 1
                frame = frames[frame].parent
            }
        }
    }

    /// The instance of a group in which the next segment stands: open ones up to a depth, new ones below.
    private mutating func enter(_ group: Int, keeping depth: Int, from open: Int, at position: Int) -> Int {
        let map = plan.map
        var frame = open
        while map.groups[frames[frame].group].depth > depth { frame = frames[frame].parent }
        while map.groups[frames[frame].group].depth < map.groups[group].depth {
            let next = map.ancestor(of: group, depth: map.groups[frames[frame].group].depth + 1)
            let slot = plan.countOfGroup[next]
            if slot >= 0 { counts[frames[frame].counts + slot] += 1 }
            frames.append(
                Frame(group: next, parent: frame, start: position, end: position + 1, counts: counts.count))
            for _ in plan.counted[next] { counts.append(0) }
            frame = frames.count - 1
        }
        return frame
    }

    /// The position of the first segment with a name that stands nearest to an instance: in the innermost group around
    /// it that can hold such a segment.
    func position(of name: UInt32, near frame: Int) -> Int? {
        var frame = frame
        while frame > 0, !plan.map.groups[frames[frame].group].holds.contains(name) { frame = frames[frame].parent }
        return names[frames[frame].start..<frames[frame].end].firstIndex(of: name)
    }

    /// Where a segment with a name is, or would be, near an instance.
    func location(of name: String, near frame: Int) -> Location {
        let code = DefinitionLoader.code(name.utf8)
        let position = position(of: code, near: frame)
        let before = names[..<(position ?? frames[frame].end)]
        return Location(segment: name, occurrence: before.count { $0 == code } + 1)
    }
}

/// What the paths of a profile's conditions mean at one place of a message.
///
/// Without an index a path means the segment and the repetition that are looked at, or the segment of its name that
/// stands nearest; with one it counts in the whole message.
struct ProfileScope: ValueSource {
    let grouped: GroupedMessage
    var frame = 0
    /// The position of the segment that is looked at; -1: none.
    var segment = -1
    /// The field and repetition that are looked at; 0: none.
    var field = 0
    var repetition = 0

    func contains(at path: Path, where predicate: (Value) -> Bool) -> Bool {
        guard path.occurrence == nil else { return grouped.message.contains(at: path, where: predicate) }
        let code = DefinitionLoader.code(path.segment.utf8)
        if segment >= 0, grouped.names[segment] == code {
            let own = grouped.message[position: segment]
            guard repetition > 1, path.field == field, path.repetition == nil else {
                return own.contains(at: path, where: predicate)
            }
            var path = path
            path.repetition = .number(repetition)
            return own.contains(at: path, where: predicate)
        }
        guard let position = grouped.position(of: code, near: frame) else { return false }
        return grouped.message[position: position].contains(at: path, where: predicate)
    }

    /// Where a path is, as far as the message goes.
    func location(of path: Path) -> Location {
        var location: Location
        if segment >= 0, SegmentName.text(grouped.names[segment]) == path.segment {
            location = grouped.message[position: segment].location()
        } else if case .number(let number) = path.occurrence {
            location = Location(segment: path.segment, occurrence: number)
        } else {
            location = grouped.location(of: path.segment, near: frame)
        }
        location.field = path.field
        if case .number(let number) = path.repetition { location.repetition = number }
        location.component = path.component
        if path.component != nil, location.repetition == nil { location.repetition = 1 }
        location.subcomponent = path.subcomponent
        return location
    }
}
