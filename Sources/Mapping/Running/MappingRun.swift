import FHIR
import HL7

/// One message being mapped: walks its segments along the message map and applies maps to them.
///
/// A class because its parts call each other while they change it; it lives on one thread, for one message.
final class MappingRun {
    /// A resource that is being made.
    struct Instance {
        var type: String
        var root: Int
        /// The map whose `key` identifies it, and where that map was applied.
        var plan: ResourcePlan
        var frame: Frame
        /// Made from a value by a row, and of no use without a reference to it.
        var isMade: Bool
        var plans: [ResourcePlan]
        var isDead = false
        var id = ""
        /// System and value by which a server can find it.
        var identifier: (system: String, value: String)?
    }

    /// Where a map is applied.
    struct Frame {
        /// The node that it fills.
        var root: Int
        /// Numbers the applications of maps, so that each has its own slots.
        var application: Int64
        var segment: Int
        var scope: Int
        /// In datatype maps: the value.
        var hand: Hand?
    }

    struct Scope {
        var parent: Int
        /// The first and the latest resource made under each name.
        var names: [(name: String, first: Int, latest: Int)] = []
        /// The last segment of each name.
        var last: [(name: String, segment: Int)] = []
    }

    private struct Open {
        var entry: Int
        var scope: Int
        /// The position in `starts` of the last segment that began something, -1 if none did.
        var start = -1
    }

    let message: Message
    let maps: CompiledMaps
    let plan: MessagePlan
    let options: MappingOptions
    let received: String
    let segments: [Segment]
    let segmentNames: [String]
    let namesPresent: Set<String>
    let bytes: [UInt8]
    let names: NameSystem

    var tree = ResourceTree()
    var instances: [Instance] = []
    var scopes = [Scope(parent: -1)]
    var meter: LossMeter
    var notes: [LossRecord.Note] = []
    var controlCharacters = 0
    var applications: Int64 = 0
    /// References to resources that may be made later.
    var deferred: [(row: RowPlan, name: String, frame: Frame)] = []
    var everything: [(row: RowPlan, frame: Frame)] = []
    /// Nodes that are references.
    var references: [(node: Int, instance: Int, counts: Bool)] = []
    /// What was read for a node, to be counted as mapped if the node lives.
    var marks: [(range: Range<Int>, node: Int)] = []
    var explained: [(map: String, row: String, range: Range<Int>, node: Int)] = []
    /// Resources made from values: by map and bytes of the value.
    var made: [MadeKey: Made] = [:]
    private var open: [Open] = []

    init(
        _ message: Message, _ maps: CompiledMaps, _ plan: MessagePlan, _ options: MappingOptions, receivedAt: Int64
    ) {
        self.message = message
        self.maps = maps
        self.plan = plan
        self.options = options
        received = FHIRTime.instant(microseconds: receivedAt)
        segments = message.segments
        segmentNames = segments.map(\.name)
        namesPresent = Set(segmentNames)
        bytes = message.indexedBytes
        meter = LossMeter(byteCount: bytes.count)
        let header = message.header
        let facility = header.sendingFacility.isEmpty ? header.sendingApplication : header.sendingFacility
        let namespace = options.senderNamespace ?? (facility.isEmpty ? "unknown" : facility)
        names = NameSystem(maps: maps, sender: "urn:wardline:" + Identity.escaped(namespace))
    }

    func mapped() throws(MapError) -> Mapped {
        addBundle()
        open = [Open(entry: 0, scope: 0)]
        for number in [9, 18] { segments[0].field(number).map { meter.steer($0.range) } }
        for position in segments.indices {
            if let entry = place(segmentNames[position]) { apply(entry, position) }
            guard instances.count <= options.resourcesMax else {
                throw MapError(
                    .tooManyResources,
                    "the message becomes more than \(options.resourcesMax) resources; split it, or raise the limit")
            }
        }
        return finished()
    }

    private func addBundle() {
        let root = tree.detached(.object, owner: 0)
        let plan = ResourcePlan(
            index: -1, name: "Bundle", target: "Bundle", isResource: true, when: nil, key: [], rows: [], fillers: [],
            requirements: [])
        let frame = Frame(root: root, application: 0, segment: 0, scope: 0)
        instances.append(
            Instance(type: "Bundle", root: root, plan: plan, frame: frame, isMade: false, plans: []))
        register("bundle", 0, in: 0)
    }

    // MARK: Placing segments

    /// Finds the entry of the message map that a segment belongs to, closing and opening groups.
    private func place(_ name: String) -> (entry: Int, scope: Int)? {
        restartGroup(beginningWith: name)
        for level in open.indices.reversed() {
            if let entry = child(name, of: open[level].entry) {
                open.removeLast(open.count - level - 1)
                return enter(entry, name)
            }
        }
        for level in open.indices.reversed() {
            guard let groups = way(to: name, below: open[level].entry) else { continue }
            open.removeLast(open.count - level - 1)
            for group in groups { openGroup(group) }
            return child(name, of: open[open.count - 1].entry).map { enter($0, name) }
        }
        return nil
    }

    /// A group that has begun already begins again with one of its first segments.
    private func restartGroup(beginningWith name: String) {
        for level in open.indices.dropFirst() where plan.entries[open[level].entry].isGroup {
            let entry = open[level].entry
            guard let start = plan.entries[entry].starts.firstIndex(of: name), start <= open[level].start else {
                continue
            }
            open.removeLast(open.count - level)
            openGroup(entry)
            return
        }
    }

    private func openGroup(_ entry: Int) {
        let parent = open[open.count - 1].scope
        scopes.append(Scope(parent: parent))
        open.append(Open(entry: entry, scope: scopes.count - 1))
    }

    private func child(_ name: String, of entry: Int) -> Int? {
        plan.entries[entry].children.first { plan.entries[$0].segment == name }
    }

    /// The groups to open to reach an entry for the segment, nearest first.
    private func way(to name: String, below entry: Int) -> [Int]? {
        var ways = plan.entries[entry].children.filter { plan.entries[$0].isGroup }.map { [$0] }
        while !ways.isEmpty {
            var next: [[Int]] = []
            for way in ways {
                guard let last = way.last else { continue }
                if child(name, of: last) != nil { return way }
                next += plan.entries[last].children.filter { plan.entries[$0].isGroup }.map { way + [$0] }
            }
            ways = next
        }
        return nil
    }

    private func enter(_ entry: Int, _ name: String) -> (entry: Int, scope: Int) {
        for level in open.indices {
            if let start = plan.entries[open[level].entry].starts.firstIndex(of: name) {
                open[level].start = max(open[level].start, start)
            }
        }
        let scope = open[open.count - 1].scope
        if !plan.entries[entry].children.isEmpty { open.append(Open(entry: entry, scope: scope)) }
        return (entry, scope)
    }

    // MARK: Applying maps

    private func apply(_ placed: (entry: Int, scope: Int), _ segment: Int) {
        let entry = plan.entries[placed.entry]
        remember(segment, in: placed.scope)
        if entry.isDropped { meter.drop(segments[segment].range) }
        for action in entry.actions { apply(action, segment, placed.scope) }
    }

    private func remember(_ segment: Int, in scope: Int) {
        let name = segmentNames[segment]
        if let index = scopes[scope].last.firstIndex(where: { $0.name == name }) {
            scopes[scope].last[index].segment = segment
        } else {
            scopes[scope].last.append((name, segment))
        }
    }

    private func apply(_ action: MessagePlan.Action, _ segment: Int, _ scope: Int) {
        if let kind = action.bundle, kind != options.bundle { return }
        let map = maps.maps[action.map]
        applications += 1
        var frame = Frame(root: -1, application: applications, segment: segment, scope: scope)
        if let when = action.when, !holds(when, frame) { return }
        if let when = map.when, !holds(when, frame) { return }
        var number = action.extends ? instance(named: action.name, in: scope) : nil
        if number == nil, action.makes {
            let root = tree.detached(.object, owner: Int32(instances.count))
            frame.root = root
            instances.append(
                Instance(type: map.target, root: root, plan: map, frame: frame, isMade: false, plans: []))
            number = instances.count - 1
            register(action.name, instances.count - 1, in: scope)
        }
        guard let number else { return }
        frame.root = instances[number].root
        if !instances[number].plans.contains(where: { $0 === map }) { instances[number].plans.append(map) }
        _ = run(map, frame)
        for row in action.refs { reference(row, frame) }
        for (name, row) in action.links {
            guard let owner = instance(named: name, in: scope) else { continue }
            var frame = frame
            frame.root = instances[owner].root
            write(reference: row, to: number, frame)
        }
    }

    private func register(_ name: String, _ instance: Int, in scope: Int) {
        if let index = scopes[scope].names.firstIndex(where: { $0.name == name }) {
            scopes[scope].names[index].latest = instance
        } else {
            scopes[scope].names.append((name, instance, instance))
        }
    }

    /// The latest resource of that name in the innermost scope that has one.
    func instance(named name: String, in scope: Int) -> Int? {
        var scope = scope
        while scope >= 0 {
            if let found = scopes[scope].names.first(where: { $0.name == name }) { return found.latest }
            scope = scopes[scope].parent
        }
        return nil
    }
}
