import HL7

extension MappingRun {
    /// Whether a condition of a row holds, with the row's value at hand unless a datatype map has one.
    mutating func holds(_ condition: Int32, _ frame: Frame, _ hand: Hand) -> Bool {
        guard condition >= 0 else { return true }
        if frame.hand != nil { return holds(condition, frame) }
        var frame = frame
        frame.hand = hand
        return holds(condition, frame)
    }

    /// Whether a condition holds. What it holds of is noted in ``steering``; what it does not hold of steers nothing,
    /// and neither does a value that is only not another.
    mutating func holds(_ condition: Int32, _ frame: Frame) -> Bool {
        guard condition >= 0 else { return true }
        let count = steering.count
        if evaluates(condition, frame, notes: true) { return true }
        steering.removeLast(steering.count - count)
        return false
    }

    private mutating func evaluates(_ condition: Int32, _ frame: Frame, notes: Bool) -> Bool {
        let node = plan.conditions[Int(condition)]
        switch node.kind {
        case .or: return evaluates(node.first, frame, notes: notes) || evaluates(node.second, frame, notes: notes)
        case .and: return evaluates(node.first, frame, notes: notes) && evaluates(node.second, frame, notes: notes)
        case .not: return !evaluates(node.first, frame, notes: false)
        case .valued, .null, .equals, .compares, .measures, .matches: return anyValue(node, frame, notes)
        case .same: return isSame(node, frame, notes)
        case .counts:
            let count = node.isSegment ? countSegments(node, notes) : count(node, frame, notes)
            return Self.compare(Double(count), node.comparison, node.number)
        case .expression: return holds(loaded.expressions[Int(node.first)], frame, notes)
        }
    }

    // MARK: What steered

    var progress: Progress { Progress(steering: steering.count, placements: placements) }

    /// What steered a row or an action counts if that wrote something which goes into the bundle.
    mutating func noteSteering(since before: Progress, of node: Int32) {
        guard placements > before.placements, node >= 0 else { return }
        for position in before.steering..<max(before.steering, steering.count) {
            marks.append(Mark(leaves: steering[position], node: node, steers: true))
        }
    }

    mutating func forgetSteering(since before: Progress) { steering.removeLast(steering.count - before.steering) }

    // MARK: Tests

    private mutating func anyValue(_ node: FlatCondition, _ frame: Frame, _ notes: Bool) -> Bool {
        let source = plan.sources[Int(node.source)]
        if node.isSegment {
            let segment = segment(source.segment, frame)
            guard segment >= 0 else { return false }
            return table.segments[Int(segment)].start < table.segments[Int(segment)].end
        }
        guard source.segment >= 0, source.repetition == FlatSource.all else {
            return hand(at: source, frame).map { test($0, node, notes) } ?? false
        }
        for index in repetitions(at: source, frame) {
            if let hand = table.part(source.component, source.subcomponent, of: table.repetition(index)),
                test(hand, node, notes)
            {
                return true
            }
        }
        return false
    }

    private mutating func count(_ node: FlatCondition, _ frame: Frame, _ notes: Bool) -> Int {
        let source = plan.sources[Int(node.source)]
        if source.segment < 0 { return hand(at: source, frame).map { isThere($0, notes) ? 1 : 0 } ?? 0 }
        var count = 0
        for index in repetitions(at: source, frame) {
            if let hand = table.part(source.component, source.subcomponent, of: table.repetition(index)),
                isThere(hand, notes)
            {
                count += 1
            }
        }
        return count
    }

    /// All segments of a name, wherever they stand.
    private mutating func countSegments(_ node: FlatCondition, _ notes: Bool) -> Int {
        let symbol = plan.sources[Int(node.source)].segment
        var count = 0
        for index in 0..<table.segments.count where table.segments[index].symbol == symbol {
            let segment = table.segments[index]
            guard segment.start < segment.end else { continue }
            if notes { steering.append(LeafRange(first: segment.firstLeaf, end: segment.endLeaf)) }
            count += 1
        }
        return count
    }

    private mutating func isSame(_ node: FlatCondition, _ frame: Frame, _ notes: Bool) -> Bool {
        guard let first = hand(at: node.source, frame), let second = hand(at: node.second, frame), isValued(first),
            isValued(second), text(first).elementsEqual(text(second))
        else { return false }
        if notes {
            steering.append(table.leaves(of: first))
            steering.append(table.leaves(of: second))
        }
        return true
    }

    private mutating func isThere(_ hand: Hand, _ notes: Bool) -> Bool {
        guard isValued(hand) else { return false }
        if notes { steering.append(table.leaves(of: hand)) }
        return true
    }

    private mutating func test(_ hand: Hand, _ node: FlatCondition, _ notes: Bool) -> Bool {
        guard holds(node, of: hand) else { return false }
        if notes { steering.append(table.leaves(of: hand)) }
        return true
    }

    private mutating func holds(_ node: FlatCondition, of hand: Hand) -> Bool {
        if node.kind == .null { return isNull(hand) }
        guard isValued(hand) else { return false }
        switch node.kind {
        case .equals:
            let text = text(hand)
            for literal in Int(node.first)..<Int(node.second) where plan.equals(plan.texts[literal], text) {
                return true
            }
            return false
        case .compares: return Self.number(raw(hand)).map { Self.compare($0, node.comparison, node.number) } ?? false
        case .measures:
            // Every byte that continues no character begins one.
            let count = text(hand).count { $0 & 0xC0 != 0x80 }
            return Self.compare(Double(count), node.comparison, node.number)
        case .matches: return loaded.globs[Int(node.first)].matches(text(hand))
        default: return true
        }
    }

    private static func compare(_ left: Double, _ comparison: FlatCondition.Comparison, _ right: Double) -> Bool {
        switch comparison {
        case .equal: left == right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }

    /// The number that an NM value is (HL7 2.5.1 §2.A.47): a sign, digits and a point.
    private static func number(_ text: Text) -> Double? {
        var (value, scale, digits) = (0, 1, 0)
        var isBehindPoint = false
        for (index, byte) in text.enumerated() {
            switch byte {
            case 0x30...0x39:
                guard digits < 15 else { return Double(text.string) }
                value = value * 10 + Int(byte - 0x30)
                digits += 1
                if isBehindPoint { scale *= 10 }
            case UInt8(ascii: ".") where !isBehindPoint: isBehindPoint = true
            case UInt8(ascii: "-") where index == 0, UInt8(ascii: "+") where index == 0: continue
            default: return nil
            }
        }
        guard digits > 0 else { return nil }
        let number = Double(value) / Double(scale)
        return text[0] == UInt8(ascii: "-") ? -number : number
    }

    // MARK: What the expression language evaluates itself

    private mutating func holds(_ expression: Expression, _ frame: Frame, _ notes: Bool) -> Bool {
        let places = LeafPlaces(message, table)
        var positions: [String: Int] = [:]
        for path in expression.paths where path.occurrence == nil && path.segment != Guard.hand {
            guard let symbol = symbol(path.segment) else { continue }
            let segment = segment(symbol, frame)
            if segment >= 0 { positions[path.segment] = Int(segment) }
        }
        var parts: [Path: (value: Value, leaves: LeafRange)] = [:]
        for path in expression.paths where path.segment == Guard.hand {
            guard let hand = frame.hand,
                let part = table.part(Int32(path.field ?? 0), Int32(path.component ?? 0), of: hand),
                let value = places.value(of: part)
            else { continue }
            parts[path] = (value, table.leaves(of: part))
        }
        let source = ExpressionSource(message: message, positions: positions, parts: parts.mapValues(\.value))
        guard expression.holds(for: source) else { return false }
        if notes {
            for path in source.partsRead { parts[path].map { steering.append($0.leaves) } }
            for range in source.read { steering.append(leaves(in: range)) }
        }
        return true
    }

    private func symbol(_ name: String) -> Int16? {
        let bytes = Array(name.utf8)
        guard bytes.count == 3 else { return nil }
        let symbol = plan.symbol(of: UInt32(bytes[0]) << 16 | UInt32(bytes[1]) << 8 | UInt32(bytes[2]))
        return symbol >= 0 ? symbol : nil
    }

    /// The leaves in a range of bytes.
    private func leaves(in range: Range<Int>) -> LeafRange {
        var first = 0
        while first < table.leaves.count, table.leaves[first].start < range.lowerBound { first += 1 }
        var end = first
        while end < table.leaves.count, table.leaves[end].end <= range.upperBound { end += 1 }
        return LeafRange(first: Int32(first), end: Int32(max(first, end)))
    }
}

/// What the paths of an expression mean at one place of the message. Notes what was looked at.
private final class ExpressionSource: ValueSource {
    private let message: Message
    private let positions: [String: Int]
    private let parts: [Path: Value]
    private(set) var read: [Range<Int>] = []
    private(set) var partsRead: [Path] = []

    init(message: Message, positions: [String: Int], parts: [Path: Value]) {
        self.message = message
        self.positions = positions
        self.parts = parts
    }

    func contains(at path: Path, where predicate: (Value) -> Bool) -> Bool {
        if path.segment == Guard.hand {
            var key = path
            key.repetition = nil
            guard let value = parts[path] ?? parts[key] else { return false }
            partsRead.append(parts[path] == nil ? key : path)
            return predicate(value)
        }
        guard path.occurrence == nil else {
            return message.contains(at: path) { value in
                self.read.append(value.range)
                return predicate(value)
            }
        }
        guard let position = positions[path.segment] else { return false }
        return message[position: position].contains(at: path) { value in
            if path.field != nil { self.read.append(value.range) }
            return predicate(value)
        }
    }
}
