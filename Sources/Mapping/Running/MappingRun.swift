import FHIR
import HL7

/// One message being mapped: walks its segments along the message map and applies maps to them.
///
/// It reads texts in place, so it lives only while the bytes of the message and the plan are held; ``free()`` ends it.
struct MappingRun: ~Copyable {
    /// A resource that is being made.
    struct Instance {
        var type: Int32
        var root: Int32
        /// The map whose `key` identifies it, -1 for the bundle, and where that map was applied.
        var map: Int32
        var frame: Frame
        /// Made from a value by a row, and of no use without a reference to it.
        var isMade: Bool
        var isDead = false
        /// Its id is the same in every message about it.
        var isStable = false
        /// It is created only where the server lacks it: then it is changed by a patch, or it is mere context.
        var isConditional = false
        /// What filled it: the first in ``MappingRun/applied``.
        var applied: Int32 = -1
        var id: ResourceID?
        /// System and value by which a server can find it.
        var identifier: (system: Text, value: Text)?
    }

    /// Where a map is applied.
    struct Frame {
        /// The node that it fills.
        var root: Int32
        /// Numbers the applications of maps, so that each has its own slots.
        var application: Int64
        var segment: Int32
        var scope: Int32
        /// In datatype maps: the value.
        var hand: Hand?
    }

    struct Scope {
        var parent: Int32
        /// Of the resources made under a name, and of the last segments: heads of chains in ``MappingRun/links``.
        var names: Int32 = -1
        var segments: Int32 = -1
    }

    /// A link of a chain: the first and the latest number known for a key.
    struct Link {
        var key: Int32
        var first: Int32
        var latest: Int32
        var next: Int32
    }

    struct Open {
        var entry: Int32
        var scope: Int32
        /// The position in `starts` of the last segment that began something, -1 if none did.
        var start: Int32 = -1
    }

    struct Mark {
        var leaves: LeafRange
        var node: Int32
        /// They are not in the node, but it is there because of them.
        var steers = false
    }

    /// How far a run had come.
    struct Progress {
        var steering: Int
        var placements: Int
    }

    let message: Message
    let loaded: LoadedPlan
    let plan: FlatPlan
    let options: MappingOptions
    let messagePlan: FlatMessage
    let bytes: Text
    let array: [UInt8]
    let table: MessageTable
    let received: [UInt8]
    /// What of a byte needs more than copying, by its value.
    let byteKinds: Buffer<UInt8>
    /// A URN of the sender under which its own names are; without the closing colon.
    private(set) var sender = Text(start: nil, count: 0)

    var store = TextStore()
    var tree: ResourceTree
    var instances = Buffer<Instance>(capacity: 32)
    var scopes = Buffer<Scope>(capacity: 16)
    var links = Buffer<Link>(capacity: 64)
    var applied = Buffer<(map: Int32, next: Int32)>(capacity: 64)
    var meter: LossMeter
    var notes: [LossRecord.Note] = []
    var controlCharacters = 0
    /// The first time that is needed with its zone and has none.
    var placeWithoutZone: Location?
    var applications: Int64 = 0
    /// References to resources that may be made later.
    var deferred = Buffer<(row: Int32, frame: Frame)>(capacity: 16)
    var everything = Buffer<(row: Int32, frame: Frame)>(capacity: 4)
    /// Nodes that are references.
    var references = Buffer<(node: Int32, instance: Int32, counts: Bool)>(capacity: 64)
    /// What was read for a node, to be counted as mapped if the node goes into the bundle.
    var marks: Buffer<Mark>
    /// What the conditions that hold were true of, until it is known whether something is written.
    var steering = Buffer<LeafRange>(capacity: 16)
    /// How often something was written, and where last.
    var placements = 0
    var lastPlaced: Int32 = -1
    var explained: [(row: Int32, leaves: LeafRange, node: Int32)] = []
    /// Nodes by which the message states an element though no value of it is in them; only if updates are patches.
    var stated = Buffer<Int32>(capacity: 16)
    /// HL7 nulls: where rows would have written something, with which constants; only if updates are patches.
    var nulls = Buffer<(target: Int32, set: Int32, root: Int32, value: Hand)>(capacity: 4)
    /// Resources made from values.
    var made = MadeResources()
    /// What the conversion at work has read.
    var reads = Buffer<LeafRange>(capacity: 16)
    /// What a table with several inputs is asked.
    var inputs = Buffer<Text>(capacity: 4)
    /// The text that is being put together.
    var line = Buffer<UInt8>(capacity: 256)
    /// The ids of the resources, 36 bytes each.
    var ids = Buffer<UInt8>(capacity: 1_024)
    var open = Buffer<Open>(capacity: 8)

    init(
        _ message: Message, bytes: Text, array: [UInt8], _ loaded: LoadedPlan, message index: Int,
        _ options: MappingOptions, receivedAt: Int64
    ) {
        self.message = message
        self.loaded = loaded
        plan = loaded.plan
        self.options = options
        self.bytes = bytes
        self.array = array
        messagePlan = plan.messages[index]
        received = FHIRTime.instant(microseconds: receivedAt)
        table = MessageTable(message, bytes: bytes, plan: plan)
        tree = ResourceTree(plan, bytes: bytes.count)
        meter = LossMeter(leafCount: table.leaves.count)
        marks = Buffer(capacity: table.leaves.count + 64)
        byteKinds = ByteKind.all(of: message)
        scopes.append(Scope(parent: -1))
        let header = message.header
        let facility = header.sendingFacility.isEmpty ? header.sendingApplication : header.sendingFacility
        let namespace = options.senderNamespace ?? (facility.isEmpty ? "unknown" : facility)
        sender = store.keep("urn:wardline:" + Identity.escaped(namespace))
    }

    /// Gives the memory back; all texts and nodes end with it.
    func free() {
        store.free()
        tree.free()
        table.free()
        byteKinds.free()
        instances.free()
        scopes.free()
        links.free()
        applied.free()
        meter.free()
        deferred.free()
        everything.free()
        references.free()
        marks.free()
        steering.free()
        stated.free()
        nulls.free()
        made.free()
        reads.free()
        inputs.free()
        line.free()
        ids.free()
        open.free()
    }

    mutating func mapped() throws(MapError) -> Mapped {
        addBundle()
        open.append(Open(entry: messagePlan.entries.first, scope: 0))
        for number: Int32 in [9, 18] { fieldLeaves(number, of: 0).map { meter.steer($0) } }
        for position in table.segments.indices {
            let symbol = table.segments[position].symbol
            if symbol >= 0, let entry = place(symbol) { apply(entry.entry, Int32(position), entry.scope) }
            guard instances.count <= options.resourcesMax else {
                throw MapError(
                    .tooManyResources,
                    "the message becomes more than \(options.resourcesMax) resources; split it, or raise the limit")
            }
        }
        if let place = placeWithoutZone {
            throw MapError(
                .timeZoneNeeded,
                "timezone needed: \(place) has no offset; write timezone: for its sender")
        }
        return finished()
    }

    /// Notes that no map was made for the type of the message.
    mutating func noteFallback() {
        guard let place = fieldLeaves(9, of: 0).flatMap({ LeafPlaces(message, table).location(of: $0) }) else { return }
        notes.append(LossRecord.Note(location: place, text: "no map names this type: mapped by its segments"))
    }

    private mutating func addBundle() {
        let root = tree.detached(.object, owner: 0)
        let frame = Frame(root: root, application: 0, segment: 0, scope: 0)
        instances.append(Instance(type: -1, root: root, map: -1, frame: frame, isMade: false))
        register(0, 0, in: 0)
    }

    func fieldLeaves(_ number: Int32, of segment: Int32) -> LeafRange? {
        guard let index = table.field(number, of: segment), !table.fields[Int(index)].isEmpty else { return nil }
        let first = table.repetitions[Int(table.fields[Int(index)].first)].first
        let end = table.repetitions[Int(table.fields[Int(index) + 1].first)].first
        return LeafRange(first: table.components[Int(first)].first, end: table.components[Int(end)].first)
    }

    // MARK: Applying maps

    private mutating func apply(_ entry: Int32, _ segment: Int32, _ scope: Int32) {
        let entry = plan.entries[Int(entry)]
        remember(segment, in: scope)
        if entry.isDropped {
            let segment = table.segments[Int(segment)]
            meter.drop(LeafRange(first: segment.firstLeaf, end: segment.endLeaf))
        }
        for action in entry.actions.indices { apply(plan.actions[action], segment, scope) }
    }

    private mutating func apply(_ action: FlatAction, _ segment: Int32, _ scope: Int32) {
        if let kind = action.bundle, kind != options.bundle { return }
        var number = action.extends ? instance(named: action.name, in: scope) : -1
        let index = number >= 0 && action.again >= 0 && isApplied(action.map, to: number) ? action.again : action.map
        let map = plan.maps[Int(index)]
        let before = progress
        defer { forgetSteering(since: before) }
        applications += 1
        var frame = Frame(root: -1, application: applications, segment: segment, scope: scope)
        if action.when >= 0, !holds(action.when, frame) { return }
        if map.when >= 0, !holds(map.when, frame) { return }
        if number < 0, action.makes {
            number = Int32(instances.count)
            frame.root = tree.detached(.object, owner: number)
            instances.append(
                Instance(type: map.type, root: frame.root, map: index, frame: frame, isMade: false))
            register(action.name, number, in: scope)
        }
        guard number >= 0 else { return }
        frame.root = instances[Int(number)].root
        note(index, appliedTo: number)
        _ = run(index, frame)
        for reference in action.refs.indices { self.reference(plan.references[reference].row, frame) }
        for link in action.links.indices {
            let link = plan.references[link]
            let owner = instance(named: link.name, in: scope)
            guard owner >= 0 else { continue }
            var frame = frame
            frame.root = instances[Int(owner)].root
            write(reference: link.row, to: number, frame)
        }
        noteSteering(since: before, of: action.extends ? lastPlaced : instances[Int(number)].root)
    }

    private func isApplied(_ map: Int32, to number: Int32) -> Bool {
        var position = instances[Int(number)].applied
        while position >= 0 {
            if applied[Int(position)].map == map { return true }
            position = applied[Int(position)].next
        }
        return false
    }

    /// Notes that a map fills a resource, once.
    mutating func note(_ map: Int32, appliedTo number: Int32) {
        var position = instances[Int(number)].applied
        var last: Int32 = -1
        while position >= 0 {
            if applied[Int(position)].map == map { return }
            last = position
            position = applied[Int(position)].next
        }
        applied.append((map, -1))
        let added = Int32(applied.count - 1)
        if last < 0 { instances[Int(number)].applied = added } else { applied[Int(last)].next = added }
    }

    // MARK: Names

    private mutating func remember(_ segment: Int32, in scope: Int32) {
        let symbol = Int32(table.segments[Int(segment)].symbol)
        if let link = link(symbol, from: scopes[Int(scope)].segments) {
            links[Int(link)].latest = segment
        } else {
            links.append(Link(key: symbol, first: segment, latest: segment, next: scopes[Int(scope)].segments))
            scopes[Int(scope)].segments = Int32(links.count - 1)
        }
    }

    private mutating func register(_ name: Int32, _ instance: Int32, in scope: Int32) {
        if let link = link(name, from: scopes[Int(scope)].names) {
            links[Int(link)].latest = instance
        } else {
            links.append(Link(key: name, first: instance, latest: instance, next: scopes[Int(scope)].names))
            scopes[Int(scope)].names = Int32(links.count - 1)
        }
    }

    private func link(_ key: Int32, from head: Int32) -> Int32? {
        var position = head
        while position >= 0 {
            if links[Int(position)].key == key { return position }
            position = links[Int(position)].next
        }
        return nil
    }

    /// The latest resource of that name, or the first, in the innermost scope that has one; -1 if there is none.
    func instance(named name: Int32, in scope: Int32, first: Bool = false) -> Int32 {
        var scope = scope
        while scope >= 0 {
            if let link = link(name, from: scopes[Int(scope)].names) {
                return first ? links[Int(link)].first : links[Int(link)].latest
            }
            scope = scopes[Int(scope)].parent
        }
        return -1
    }

    /// The segment that a name means at a place: its own, the nearest before in the groups around, or the first after
    /// outside all groups; -1 if there is none.
    func segment(_ symbol: Int16, _ frame: Frame) -> Int32 {
        if table.segments[Int(frame.segment)].symbol == symbol { return frame.segment }
        var scope = frame.scope
        while scope >= 0 {
            if let link = link(Int32(symbol), from: scopes[Int(scope)].segments) { return links[Int(link)].latest }
            scope = scopes[Int(scope)].parent
        }
        let root = plan.entries[Int(messagePlan.entries.first)]
        guard child(symbol, of: root) >= 0 else { return -1 }
        for position in Int(frame.segment)..<table.segments.count where table.segments[position].symbol == symbol {
            return Int32(position)
        }
        return -1
    }

    func child(_ symbol: Int16, of entry: FlatEntry) -> Int32 {
        for position in entry.children.indices {
            let child = plan.entryChildren[position]
            if plan.entries[Int(child)].segment == symbol { return child }
        }
        return -1
    }
}
