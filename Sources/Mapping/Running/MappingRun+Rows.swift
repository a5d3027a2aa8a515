import FHIR
import HL7

/// A value that a resource was made from already.
struct MadeKey: Hashable {
    var map: Int
    var bytes: ArraySlice<UInt8>
}

struct Made {
    var instance: Int
    /// Where the value was, and which marks its mapping left.
    var start: Int
    var marks: Range<Int>
}

extension MappingRun {
    /// Applies a map.
    ///
    /// - Returns: whether a value of the message was written; constants do not count.
    func run(_ map: ResourcePlan, _ frame: Frame) -> Bool {
        var wrote = false
        let segment = segments[frame.segment]
        let name = segmentNames[frame.segment]
        for row in map.rows {
            if let only = row.onlyField, only.segment == name, segment.field(only.number)?.isEmpty ?? true { continue }
            if run(row, frame) { wrote = true }
        }
        return wrote
    }

    private func run(_ row: RowPlan, _ frame: Frame) -> Bool {
        switch row.output {
        case .drop:
            if row.when.map({ holds($0, frame) }) ?? true { drop(row, frame) }
            return false
        case .constant(let value):
            if row.when.map({ holds($0, frame) }) ?? true { write(constant: value, row, frame) }
            return false
        case .variable(let variable, let conversion):
            if row.when.map({ holds($0, frame) }) ?? true { write(variable, conversion, row, frame) }
            return false
        case .reference:
            if row.when.map({ holds($0, frame) }) ?? true { reference(row, frame) }
            return false
        case .everything:
            if row.when.map({ holds($0, frame) }) ?? true { everything.append((row, frame)) }
            return false
        case .native, .datatype, .make:
            return runSources(row, frame)
        }
    }

    private func drop(_ row: RowPlan, _ frame: Frame) {
        for path in row.sources {
            var path = path
            if path.base != .hand, path.repetition == nil { path.repetition = .any }
            for hand in hands(at: path, frame) { meter.drop(hand.value.range) }
        }
    }

    // MARK: Values of the message

    private func runSources(_ row: RowPlan, _ frame: Frame) -> Bool {
        if let table = row.table, table.hasSeveralInputs { return derive(row, table, frame) }
        if let join = row.join { return write(joined: row, join, frame) }
        if row.sources.count == 1 {
            guard row.sources[0].repetition == .any else {
                return hand(at: row.sources[0], frame).map { take(row, $0, frame) } ?? false
            }
            let hands = self.hands(at: row.sources[0], frame)
            if !row.pick.isEmpty {
                return pick(row, hands, frame).map { take(row, $0, frame) } ?? false
            }
            var wrote = false
            for hand in hands where take(row, hand, frame) { wrote = true }
            return wrote
        }
        if case .native(.authority) = row.output { return authority(row, frame) }
        for source in row.sources {
            if let hand = hand(at: source, frame), hand.value.presence == .value { return take(row, hand, frame) }
        }
        return false
    }

    private func pick(_ row: RowPlan, _ hands: [Hand], _ frame: Frame) -> Hand? {
        for rule in row.pick {
            for hand in hands where hand.value.presence == .value {
                guard let rule else { return hand }
                if holds(rule, frame, hand) { return hand }
            }
        }
        return nil
    }

    /// One value of a row.
    private func take(_ row: RowPlan, _ hand: Hand, _ frame: Frame) -> Bool {
        guard !hand.isBlank else { return false }
        if let when = row.when, !holds(when, frame, hand) { return false }
        if hand.value.isNull {
            // The HL7 null: the element is left out, which is what a receiver of the whole resource takes as deleted.
            meter.map(hand.value.range)
            return false
        }
        if write(row, hand, frame) { return true }
        guard let otherwise = row.otherwise else { return false }
        return write(otherwise, hand, frame)
    }

    private func write(_ row: RowPlan, _ hand: Hand, _ frame: Frame) -> Bool {
        switch row.output {
        case .native(let conversion): writeNative(row, conversion, hand, frame)
        case .datatype(let map): write(row, maps.maps[map], hand, frame)
        case .make(let map): make(row, maps.maps[map], hand, frame)
        default: false
        }
    }

    private func writeNative(_ row: RowPlan, _ conversion: Conversion, _ hand: Hand, _ frame: Frame) -> Bool {
        let existing = tree.existing(row.target, in: frame.root, application: frame.application)
        guard existing == nil || conversion.isComplex else { return false }
        var read: [Range<Int>] = []
        guard let value = converted(hand, conversion, row, &read) else { return false }
        if let existing {
            tree.merge(value.object ?? [:], into: existing)
            for range in read { mark(range, existing, row) }
            writeSet(row, frame)
            return true
        }
        let node = tree.detached(.value(value))
        finish(row, node, frame)
        for range in read { mark(range, node, row) }
        return true
    }

    private func write(_ row: RowPlan, _ map: ResourcePlan, _ hand: Hand, _ frame: Frame) -> Bool {
        var inner = frame
        inner.hand = hand
        if let when = map.when, !holds(when, inner) { return false }
        if let existing = tree.existing(row.target, in: frame.root, application: frame.application) {
            inner.root = existing
            guard run(map, inner) else { return false }
            writeSet(row, frame)
            return true
        }
        applications += 1
        inner.application = applications
        inner.root = tree.detached(.object)
        guard run(map, inner) else { return false }
        fill(map.fillers, in: inner.root)
        guard meets(map.requirements, in: inner.root) else { return false }
        finish(row, inner.root, frame)
        return true
    }

    private func make(_ row: RowPlan, _ map: ResourcePlan, _ hand: Hand, _ frame: Frame) -> Bool {
        guard tree.existing(row.target, in: frame.root, application: frame.application) == nil,
            let instance = made(map, hand, frame)
        else { return false }
        let node = tree.detached(.reference(instance))
        references.append((node, instance, true))
        finish(row, node, frame)
        return true
    }

    /// The resource that a map makes of a value; the same one for the same bytes.
    private func made(_ map: ResourcePlan, _ hand: Hand, _ frame: Frame) -> Int? {
        let key = MadeKey(map: map.index, bytes: hand.value.bytes)
        if map.isPure, let known = made[key] {
            let shift = hand.value.range.lowerBound - known.start
            let extent = known.start..<(known.start + hand.value.range.count)
            for mark in marks[known.marks] where extent.contains(mark.range.lowerBound) {
                marks.append((mark.range.lowerBound + shift..<mark.range.upperBound + shift, mark.node))
            }
            return known.instance
        }
        applications += 1
        var inner = frame
        inner.hand = hand
        inner.application = applications
        if let when = map.when, !holds(when, inner) { return nil }
        let number = instances.count
        inner.root = tree.detached(.object, owner: Int32(number))
        // The place is taken before the rows run, since they may make further resources.
        instances.append(
            Instance(
                type: map.target, root: inner.root, plan: map, frame: inner, isMade: true, plans: [map], isDead: true))
        let firstMark = marks.count
        guard run(map, inner) else { return nil }
        instances[number].isDead = false
        made[key] = Made(
            instance: number, start: hand.value.range.lowerBound, marks: firstMark..<marks.count)
        return number
    }

    // MARK: Several values as one

    private func derive(_ row: RowPlan, _ table: TablePlan, _ frame: Frame) -> Bool {
        if let when = row.when, !holds(when, frame) { return false }
        guard tree.existing(row.target, in: frame.root, application: frame.application) == nil else { return false }
        let hands = row.sources.map { self.hand(at: $0, frame) }
        let texts = hands.map { hand in hand.map { $0.value.isNull ? "" : $0.leaf.text } ?? "" }
        guard let code = table.code(for: texts), case .native(let conversion) = row.output else { return false }
        for hand in hands { hand.map { meter.steer($0.leaf.range) } }
        finish(row, tree.detached(.value(written(code, as: conversion))), frame)
        return true
    }

    private func write(joined row: RowPlan, _ join: String, _ frame: Frame) -> Bool {
        guard case .native(let conversion) = row.output,
            tree.existing(row.target, in: frame.root, application: frame.application) == nil
        else { return false }
        if let when = row.when, !holds(when, frame) { return false }
        let hands = row.sources.flatMap { self.hands(at: $0, frame) }.filter { $0.value.presence == .value }
        let texts = hands.map { clean(conversion == .string ? $0.leaf.text : $0.value.text, trimsStart: false) }
        guard texts.contains(where: { !$0.isEmpty }) else { return false }
        let text = (row.prefix ?? "") + texts.joined(separator: join)
        guard let value = primitive(text, conversion) else { return false }
        let node = tree.detached(.value(value))
        finish(row, node, frame)
        for hand in hands { mark(conversion == .string ? hand.leaf.range : hand.value.range, node, row) }
        return true
    }

    private func authority(_ row: RowPlan, _ frame: Frame) -> Bool {
        if let when = row.when, !holds(when, frame) { return false }
        guard tree.existing(row.target, in: frame.root, application: frame.application) == nil else { return false }
        let hands = row.sources.map { source in hand(at: source, frame).flatMap { $0.value.isNull ? nil : $0.leaf } }
        let texts = hands.map { $0?.text ?? "" } + ["", "", ""]
        guard let uri = names.authority(texts[0], texts[1], texts[2]) else { return false }
        let node = tree.detached(.value(.string(uri)))
        finish(row, node, frame)
        for case let hand? in hands where !hand.isEmpty { mark(hand.range, node, row) }
        return true
    }

    // MARK: Constants and references

    private func write(constant value: JSONValue, _ row: RowPlan, _ frame: Frame) {
        if let existing = tree.existing(row.target, in: frame.root, application: frame.application) {
            if let object = value.object { tree.merge(object, into: existing) }
            return
        }
        finish(row, tree.detached(.value(value)), frame)
    }

    private func write(_ variable: Variable, _ conversion: Conversion, _ row: RowPlan, _ frame: Frame) {
        guard tree.existing(row.target, in: frame.root, application: frame.application) == nil else { return }
        let text =
            switch variable {
            case .received: conversion == .date ? String(received.prefix(10)) : received
            case .broker: options.broker
            case .controlID: clean(segments[0].field(10)?.text ?? "", trimsStart: true)
            case .sender: names.sender
            case .maps: maps.version + (options.configurationHash.isEmpty ? "" : "-" + options.configurationHash)
            }
        guard !text.isEmpty, let value = primitive(text, conversion) else { return }
        finish(row, tree.detached(.value(value)), frame)
    }

    /// Writes a reference to a resource known by name, now or, if it is made later, at the end.
    func reference(_ row: RowPlan, _ frame: Frame) {
        guard case .reference(let name) = row.output else { return }
        if let instance = instance(named: name, in: frame.scope) {
            write(reference: row, to: instance, frame)
        } else {
            deferred.append((row, name, frame))
        }
    }

    func write(reference row: RowPlan, to instance: Int, _ frame: Frame, counts: Bool = true) {
        guard instance > 0, tree.existing(row.target, in: frame.root, application: frame.application) == nil else {
            return
        }
        let node = tree.detached(.reference(instance))
        references.append((node, instance, counts))
        finish(row, node, frame)
    }

    // MARK: Into the tree

    /// Puts a node at a row's target, with the constants that belong beside it.
    private func finish(_ row: RowPlan, _ node: Int, _ frame: Frame) {
        tree.place(node, at: row.target, in: frame.root, application: frame.application)
        writeSet(row, frame)
    }

    private func writeSet(_ row: RowPlan, _ frame: Frame) {
        guard let set = row.set else { return }
        let anchor = tree.anchor(of: row.target, in: frame.root, application: frame.application)
        tree.merge(set, into: anchor)
    }

    func mark(_ range: Range<Int>, _ node: Int, _ row: RowPlan) {
        marks.append((range, node))
        if options.explains { explained.append((row.map, row.id, range, node)) }
    }
}
