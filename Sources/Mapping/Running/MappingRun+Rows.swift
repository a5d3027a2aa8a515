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

    // MARK: Into the tree

    /// Puts a node at a row's target, with the constants that belong beside it.
    mutating func finish(_ row: FlatRow, _ node: Int32, _ frame: Frame) {
        tree.place(node, at: row.target, in: frame.root, application: frame.application)
        notePlacement(of: node)
        writeSet(row, frame)
    }

    mutating func notePlacement(of node: Int32) {
        placements += 1
        lastPlaced = node
    }

    mutating func writeSet(_ row: FlatRow, _ frame: Frame) {
        guard row.set >= 0 else { return }
        let anchor = tree.anchor(of: row.target, in: frame.root, application: frame.application)
        tree.merge(constant: row.set, into: anchor)
    }

    mutating func mark(_ leaves: LeafRange, _ node: Int32, _ row: FlatRow) {
        marks.append(Mark(leaves: leaves, node: node))
        if options.explains { explained.append((row.name, leaves, node)) }
    }
}
