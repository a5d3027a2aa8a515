import FHIR
import HL7

extension MappingRun {
    /// Applies a map.
    ///
    /// - Returns: whether a value of the message was written; constants do not count.
    mutating func run(_ map: Int32, _ frame: Frame) -> Bool {
        var wrote = false
        for row in plan.maps[Int(map)].rows.indices {
            if isBlank(plan.gates[row], frame) { continue }
            if apply(row: Int32(row), frame) { wrote = true }
        }
        return wrote
    }

    /// Whether the one thing that a row reads is empty: most rows end here.
    private func isBlank(_ gate: FlatGate, _ frame: Frame) -> Bool {
        guard gate.number > 0 else { return false }
        if gate.segment >= 0 {
            let segment = table.segments[Int(frame.segment)]
            guard segment.symbol == gate.segment else { return false }
            return gate.number > segment.fieldCount
                || table.fields[Int(segment.firstField + gate.number - 1)].isEmpty
        }
        guard let hand = frame.hand else { return false }
        return table.part(gate.number, of: hand)?.isEmpty ?? true
    }

    private mutating func apply(row index: Int32, _ frame: Frame) -> Bool {
        let before = progress
        let wrote = execute(row: index, frame)
        noteSteering(since: before, of: lastPlaced)
        forgetSteering(since: before)
        return wrote
    }

    private mutating func execute(row index: Int32, _ frame: Frame) -> Bool {
        let row = plan.rows[Int(index)]
        switch row.kind {
        case .drop: drop(row, frame)
        case .constant: if holds(row.when, frame) { write(constant: row, frame) }
        case .variable: if holds(row.when, frame) { writeVariable(row, frame) }
        case .reference: if holds(row.when, frame) { reference(index, frame) }
        case .everything: if holds(row.when, frame) { everything.append((index, frame)) }
        case .table: return derive(row, frame)
        case .join: return writeJoined(row, frame)
        case .authority: return writeAuthority(row, frame)
        case .value, .datatype, .make: return runSources(row, frame)
        }
        return false
    }

    private mutating func drop(_ row: FlatRow, _ frame: Frame) {
        let before = progress
        guard holds(row.when, frame) else { return }
        var isEmpty = true
        for index in row.sources.indices {
            var source = plan.sources[index]
            if source.segment >= 0, source.repetition == 0 { source.repetition = FlatSource.all }
            for hand in hands(at: source, frame) where !hand.isEmpty {
                meter.drop(table.leaves(of: hand))
                isEmpty = false
            }
        }
        if !isEmpty { for leaves in steering[before.steering..<steering.count] { meter.steer(leaves) } }
    }

    // MARK: Values of the message

    private mutating func runSources(_ row: FlatRow, _ frame: Frame) -> Bool {
        if row.sources.count == 1 {
            let source = plan.sources[Int(row.sources.first)]
            guard source.repetition == FlatSource.all, source.segment >= 0 else {
                return hand(at: source, frame).map { take(row, $0, frame) } ?? false
            }
            if !row.picks.isEmpty { return pick(row, source, frame).map { take(row, $0, frame) } ?? false }
            var wrote = false
            for index in repetitions(at: source, frame) {
                if let hand = table.part(source.component, source.subcomponent, of: table.repetition(index)),
                    take(row, hand, frame)
                {
                    wrote = true
                }
            }
            return wrote
        }
        for index in row.sources.indices {
            if let hand = hand(at: Int32(index), frame), isValued(hand) { return take(row, hand, frame) }
        }
        return false
    }

    private mutating func pick(_ row: FlatRow, _ source: FlatSource, _ frame: Frame) -> Hand? {
        let hands = hands(at: source, frame)
        for rule in row.picks.indices {
            for hand in hands where isValued(hand) {
                if holds(plan.picks[rule], frame, hand) { return hand }
            }
        }
        return nil
    }

    /// One value of a row.
    private mutating func take(_ row: FlatRow, _ hand: Hand, _ frame: Frame) -> Bool {
        let before = progress
        let wrote = isTaken(row, hand, frame)
        noteSteering(since: before, of: lastPlaced)
        forgetSteering(since: before)
        return wrote
    }

    private mutating func isTaken(_ row: FlatRow, _ hand: Hand, _ frame: Frame) -> Bool {
        if patches, !hand.isEmpty, isNull(hand) { noteNull(row, hand, frame) }
        guard !hand.isEmpty, holds(row.when, frame, hand) else { return false }
        if isNull(hand) {
            // The HL7 null: the element is left out, which is what a receiver of the whole resource takes as deleted.
            meter.map(table.leaves(of: hand))
            return false
        }
        if write(row, hand, frame) { return true }
        return row.otherwise >= 0 && write(plan.rows[Int(row.otherwise)], hand, frame)
    }

    private mutating func write(_ row: FlatRow, _ hand: Hand, _ frame: Frame) -> Bool {
        switch row.kind {
        case .value: writeValue(row, hand, frame)
        case .datatype: writeDatatype(row, hand, frame)
        case .make: make(row, hand, frame)
        default: false
        }
    }

    private mutating func writeValue(_ row: FlatRow, _ hand: Hand, _ frame: Frame) -> Bool {
        let existing = tree.existing(row.target, in: frame.root, application: frame.application)
        guard existing < 0 || row.conversion.isComplex else { return false }
        reads.removeAll()
        let node = converted(hand, row)
        guard node >= 0 else { return false }
        if existing >= 0 {
            if tree.kind(of: node) == .object { tree.merge(node, into: existing) }
            notePlacement(of: existing)
            for leaves in reads.all { mark(leaves, existing, row) }
            writeSet(row, frame)
            return true
        }
        finish(row, node, frame)
        for leaves in reads.all { mark(leaves, node, row) }
        return true
    }

    private mutating func writeDatatype(_ row: FlatRow, _ hand: Hand, _ frame: Frame) -> Bool {
        let map = plan.maps[Int(row.operand)]
        var inner = frame
        inner.hand = hand
        guard holds(map.when, inner) else { return false }
        let existing = tree.existing(row.target, in: frame.root, application: frame.application)
        if existing >= 0 {
            inner.root = existing
            guard run(row.operand, inner) else { return false }
            writeSet(row, frame)
            return true
        }
        applications += 1
        inner.application = applications
        inner.root = tree.detached(.object)
        guard run(row.operand, inner) else { return false }
        fill(map.fillers, in: inner.root)
        guard meets(map.requirements, in: inner.root) else { return false }
        finish(row, inner.root, frame)
        return true
    }

    private mutating func make(_ row: FlatRow, _ hand: Hand, _ frame: Frame) -> Bool {
        guard tree.existing(row.target, in: frame.root, application: frame.application) < 0 else { return false }
        let instance = made(row.operand, hand, frame)
        guard instance >= 0 else { return false }
        let node = tree.detached(.reference, instance, row.isAddress ? 1 : 0)
        references.append((node, instance, true))
        if patches { stated.append(node) }
        finish(row, node, frame)
        return true
    }

    /// The resource that a map makes of a value, the same one for the same bytes; -1 if nothing comes of it.
    private mutating func made(_ index: Int32, _ hand: Hand, _ frame: Frame) -> Int32 {
        let map = plan.maps[Int(index)]
        let leaves = table.leaves(of: hand)
        if map.isPure, let known = made.find(index, hand, isSingle: leaves.end - leaves.first == 1, bytes) {
            let shift = leaves.first - known.firstLeaf
            let end = known.firstLeaf + leaves.end - leaves.first
            for position in known.marks {
                let mark = marks[position]
                guard mark.leaves.first >= known.firstLeaf, mark.leaves.first < end else { continue }
                let moved = LeafRange(first: mark.leaves.first + shift, end: mark.leaves.end + shift)
                marks.append(Mark(leaves: moved, node: mark.node, steers: mark.steers))
            }
            return known.instance
        }
        applications += 1
        var inner = frame
        inner.hand = hand
        inner.application = applications
        guard holds(map.when, inner) else { return -1 }
        let number = Int32(instances.count)
        inner.root = tree.detached(.object, owner: number)
        // The place is taken before the rows run, since they may make further resources.
        instances.append(
            Instance(type: map.type, root: inner.root, map: index, frame: inner, isMade: true, isDead: true))
        note(index, appliedTo: number)
        let firstMark = marks.count
        guard run(index, inner) else { return -1 }
        instances[Int(number)].isDead = false
        made.add(
            MadeResources.Made(
                map: index, instance: number, hand: hand, firstLeaf: leaves.first, marks: firstMark..<marks.count,
                next: -1), bytes)
        return number
    }

    // MARK: Several values as one

    private mutating func derive(_ row: FlatRow, _ frame: Frame) -> Bool {
        guard holds(row.when, frame),
            tree.existing(row.target, in: frame.root, application: frame.application) < 0
        else { return false }
        inputs.removeAll()
        for index in row.sources.indices {
            let leaf = hand(at: Int32(index), frame).flatMap { isNull($0) ? nil : table.leaf(of: $0) }
            inputs.append(leaf.map { text($0) } ?? Text(start: nil, count: 0))
        }
        let code = plan.code(for: inputs.all, in: row.table)
        guard code >= 0 else { return false }
        for index in row.sources.indices {
            if let hand = hand(at: Int32(index), frame) { steering.append(table.leaves(of: table.leaf(of: hand))) }
        }
        let node = node(of: plan.tableCodes[Int(code)], as: row.conversion)
        if patches, !isUpdateEvent || readsMoreThanHeader(row, frame) { stated.append(node) }
        finish(row, node, frame)
        return true
    }

    private mutating func writeJoined(_ row: FlatRow, _ frame: Frame) -> Bool {
        if patches {
            for index in row.sources.indices {
                for hand in hands(at: plan.sources[index], frame) where !hand.isEmpty && isNull(hand) {
                    noteNull(row, hand, frame)
                }
            }
        }
        guard tree.existing(row.target, in: frame.root, application: frame.application) < 0, holds(row.when, frame)
        else { return false }
        reads.removeAll()
        line.removeAll()
        line.append(contentsOf: plan.text(row.prefix))
        let readsLeaf = row.conversion == .string
        var isEmpty = true
        for index in row.sources.indices {
            for hand in hands(at: plan.sources[index], frame) where isValued(hand) {
                let hand = readsLeaf ? table.leaf(of: hand) : hand
                if !reads.isEmpty { line.append(contentsOf: plan.text(row.join)) }
                let text = clean(hand, trimsStart: false)
                if !text.isEmpty { isEmpty = false }
                line.append(contentsOf: text)
                reads.append(table.leaves(of: hand))
            }
        }
        guard !isEmpty else { return false }
        let node = primitive(store.keep(line.all), row.conversion)
        guard node >= 0 else { return false }
        finish(row, node, frame)
        for leaves in reads.all { mark(leaves, node, row) }
        return true
    }

    private mutating func writeAuthority(_ row: FlatRow, _ frame: Frame) -> Bool {
        guard holds(row.when, frame),
            tree.existing(row.target, in: frame.root, application: frame.application) < 0
        else { return false }
        reads.removeAll()
        func part(_ offset: Int32) -> Hand? {
            offset < row.sources.count ? hand(at: row.sources.first + offset, frame) : nil
        }
        guard let uri = authority((part(0), part(1), part(2))) else { return false }
        let node = tree.detached(tree.encode(uri))
        finish(row, node, frame)
        for leaves in reads.all { mark(leaves, node, row) }
        return true
    }

    // MARK: Constants and references

    private mutating func write(constant row: FlatRow, _ frame: Frame) {
        let existing = tree.existing(row.target, in: frame.root, application: frame.application)
        if existing >= 0 {
            if plan.constants[Int(row.operand)].kind == .object {
                tree.merge(constant: row.operand, into: existing)
                notePlacement(of: existing)
            }
            return
        }
        finish(row, tree.detached(.constant, row.operand), frame)
    }

    private mutating func writeVariable(_ row: FlatRow, _ frame: Frame) {
        guard tree.existing(row.target, in: frame.root, application: frame.application) < 0 else { return }
        let text: Text
        switch Variable.allCases[Int(row.operand)] {
        case .received: text = store.keep(Array(row.conversion == .date ? received.prefix(10) : received[...]))
        case .broker: text = store.keep(options.broker)
        case .controlID: text = controlID()
        case .sender: text = sender
        case .maps:
            text = store.keep(
                loaded.version + (options.configurationHash.isEmpty ? "" : "-" + options.configurationHash))
        }
        let node = primitive(text, row.conversion)
        if node >= 0 { finish(row, node, frame) }
    }

    /// MSH-10, whole.
    private mutating func controlID() -> Text {
        message[position: 0].field(10).map { clean($0.text, trimsStart: true) } ?? Text(start: nil, count: 0)
    }

    /// Writes a reference to a resource known by name, now or, if it is made later, at the end.
    mutating func reference(_ index: Int32, _ frame: Frame) {
        let instance = instance(named: plan.rows[Int(index)].operand, in: frame.scope)
        if instance >= 0 {
            write(reference: index, to: instance, frame)
        } else {
            deferred.append((index, frame))
        }
    }

    mutating func write(reference index: Int32, to instance: Int32, _ frame: Frame, counts: Bool = true) {
        let row = plan.rows[Int(index)]
        guard instance > 0, tree.existing(row.target, in: frame.root, application: frame.application) < 0 else {
            return
        }
        let node = tree.detached(.reference, instance)
        references.append((node, instance, counts))
        if patches, isAppended(row.target) { stated.append(node) }
        finish(row, node, frame)
    }

    // MARK: Into the tree

    /// Puts a node at a row's target, with the constants that belong beside it.
    private mutating func finish(_ row: FlatRow, _ node: Int32, _ frame: Frame) {
        tree.place(node, at: row.target, in: frame.root, application: frame.application)
        notePlacement(of: node)
        writeSet(row, frame)
    }

    private mutating func notePlacement(of node: Int32) {
        placements += 1
        lastPlaced = node
    }

    private mutating func writeSet(_ row: FlatRow, _ frame: Frame) {
        guard row.set >= 0 else { return }
        let anchor = tree.anchor(of: row.target, in: frame.root, application: frame.application)
        tree.merge(constant: row.set, into: anchor)
    }

    private mutating func mark(_ leaves: LeafRange, _ node: Int32, _ row: FlatRow) {
        marks.append(Mark(leaves: leaves, node: node))
        if options.explains { explained.append((row.name, leaves, node)) }
    }
}

extension FlatPlan {
    /// The code that the first fitting row of a table gives, -1 if none fits.
    func code(for inputs: UnsafeBufferPointer<Text>, in table: Int32) -> Int32 {
        for index in tables[Int(table)].rows.indices {
            let row = tableRows[index]
            var fits = true
            for (offset, text) in inputs.enumerated() where offset < Int(row.inputs.count) {
                let input = tableInputs[Int(row.inputs.first) + offset]
                switch input.kind {
                case .any: continue
                case .valued: fits = !text.isEmpty
                case .empty: fits = text.isEmpty
                case .text: fits = equals(texts[Int(input.text)], text)
                }
                if !fits { break }
            }
            if fits { return row.code }
        }
        return -1
    }
}
