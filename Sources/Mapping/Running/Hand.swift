/// A value of a message as numbers: what it is, so that "component 2" means what it should, and where.
struct Hand {
    enum Level: UInt8 { case repetition, component, subcomponent }

    var level: Level
    /// Its position among the repetitions, components or leaves of the ``MessageTable``.
    var index: Int32
    var start: Int32
    var end: Int32

    var isEmpty: Bool { start == end }
    var range: Range<Int> { Int(start)..<Int(end) }
    var count: Int { Int(end - start) }
}

/// Leaves beside each other.
struct LeafRange {
    var first: Int32
    var end: Int32
}

extension MessageTable {
    func repetition(_ index: Int32) -> Hand {
        let part = repetitions[Int(index)]
        return Hand(level: .repetition, index: index, start: part.start, end: part.end)
    }

    /// The `number`-th part: a component of a repetition, a sub-component of a component.
    func part(_ number: Int32, of hand: Hand) -> Hand? {
        switch hand.level {
        case .repetition:
            let index = repetitions[Int(hand.index)].first + number - 1
            guard number >= 1, index < repetitions[Int(hand.index) + 1].first else { return nil }
            let part = components[Int(index)]
            return Hand(level: .component, index: index, start: part.start, end: part.end)
        case .component:
            let index = components[Int(hand.index)].first + number - 1
            guard number >= 1, index < components[Int(hand.index) + 1].first else { return nil }
            let part = leaves[Int(index)]
            return Hand(level: .subcomponent, index: index, start: part.start, end: part.end)
        case .subcomponent: return number == 1 ? hand : nil
        }
    }

    func part(_ number: Int32, _ inner: Int32, of hand: Hand) -> Hand? {
        guard number > 0 else { return hand }
        guard let part = part(number, of: hand) else { return nil }
        return inner > 0 ? self.part(inner, of: part) : part
    }

    /// The first component's first sub-component.
    func leaf(of hand: Hand) -> Hand {
        let index =
            switch hand.level {
            case .repetition: components[Int(repetitions[Int(hand.index)].first)].first
            case .component: components[Int(hand.index)].first
            case .subcomponent: hand.index
            }
        let part = leaves[Int(index)]
        return Hand(level: .subcomponent, index: index, start: part.start, end: part.end)
    }

    func leaves(of hand: Hand) -> LeafRange {
        switch hand.level {
        case .repetition:
            LeafRange(
                first: components[Int(repetitions[Int(hand.index)].first)].first,
                end: components[Int(repetitions[Int(hand.index) + 1].first)].first)
        case .component:
            LeafRange(first: components[Int(hand.index)].first, end: components[Int(hand.index) + 1].first)
        case .subcomponent: LeafRange(first: hand.index, end: hand.index + 1)
        }
    }
}

/// The values at a path that are there, one for each repetition.
struct Hands: Sequence, IteratorProtocol {
    let table: MessageTable
    let source: FlatSource
    var single: Hand?
    var repetitions: Range<Int32>

    mutating func next() -> Hand? {
        if let hand = single {
            single = nil
            return hand
        }
        while let index = repetitions.first {
            repetitions = index + 1..<repetitions.upperBound
            if let hand = table.part(source.component, source.subcomponent, of: table.repetition(index)) { return hand }
        }
        return nil
    }
}
