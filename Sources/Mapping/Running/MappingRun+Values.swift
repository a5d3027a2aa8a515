import HL7

/// A value with its level, so that "component 2" means what it should at each.
struct Hand {
    enum Level { case repetition, component, subcomponent }

    var value: Value
    var level: Level

    /// The `number`-th part: a component of a repetition, a sub-component of a component.
    func part(_ number: Int) -> Hand? {
        switch level {
        case .repetition: value.component(number).map { Hand(value: $0, level: .component) }
        case .component: value.subcomponent(number).map { Hand(value: $0, level: .subcomponent) }
        case .subcomponent: number == 1 ? self : nil
        }
    }

    func part(_ number: Int?, _ inner: Int?) -> Hand? {
        guard let number else { return self }
        guard let part = part(number) else { return nil }
        guard let inner else { return part }
        return part.part(inner)
    }

    /// The first component's first sub-component.
    var leaf: Value {
        switch level {
        case .repetition: value.component(1)?.subcomponent(1) ?? value
        case .component: value.subcomponent(1) ?? value
        case .subcomponent: value
        }
    }

    /// Has no value at all: empty, or nothing but separators.
    var isBlank: Bool { value.isEmpty }
}

extension MappingRun {
    // MARK: Paths

    /// The segment that a name means at a place: its own, the nearest before in the groups around, or the first after
    /// outside all groups.
    func segment(named name: String, _ frame: Frame) -> Int? {
        if segmentNames[frame.segment] == name { return frame.segment }
        guard namesPresent.contains(name) else { return nil }
        var scope = frame.scope
        while scope >= 0 {
            if let found = scopes[scope].last.first(where: { $0.name == name }) { return found.segment }
            scope = scopes[scope].parent
        }
        let isOutside = plan.entries[0].children.contains { plan.entries[$0].segment == name }
        return isOutside ? segmentNames[frame.segment...].firstIndex(of: name) : nil
    }

    /// The values at a path that are there, one for each repetition with `[*]`.
    func hands(at path: SourcePath, _ frame: Frame) -> [Hand] {
        if path.base == .hand {
            return frame.hand?.part(path.component, path.subcomponent).map { [$0] } ?? []
        }
        guard let field = field(at: path, frame), !field.isEmpty else { return [] }
        guard path.repetition == .any else { return first(of: field, path).map { [$0] } ?? [] }
        return field.repetitions.compactMap {
            Hand(value: $0, level: .repetition).part(path.component, path.subcomponent)
        }
    }

    /// The value at a path, the first if there are several.
    func hand(at path: SourcePath, _ frame: Frame) -> Hand? {
        if path.base == .hand { return frame.hand?.part(path.component, path.subcomponent) }
        guard let field = field(at: path, frame), !field.isEmpty else { return nil }
        return first(of: field, path)
    }

    private func field(at path: SourcePath, _ frame: Frame) -> Value? {
        switch path.base {
        case .segment(let name): segment(named: name, frame).flatMap { segments[$0].field(path.field) }
        case .hand: nil
        }
    }

    private func first(of field: Value, _ path: SourcePath) -> Hand? {
        var number = 1
        if case .number(let wanted) = path.repetition { number = wanted }
        return field.repetition(number).flatMap {
            Hand(value: $0, level: .repetition).part(path.component, path.subcomponent)
        }
    }

    // MARK: Conditions

    func holds(_ condition: Guard, _ frame: Frame) -> Bool {
        condition.condition.evaluate(on: ConditionSource(run: self, frame: frame))
    }

    func holds(_ condition: Guard, _ frame: Frame, _ hand: Hand) -> Bool {
        var frame = frame
        if frame.hand == nil { frame.hand = hand }
        return holds(condition, frame)
    }
}

/// What the paths of a condition mean at one place of the message. What is looked at counts as having steered a choice.
private struct ConditionSource: ValueSource {
    let run: MappingRun
    let frame: MappingRun.Frame

    func contains(at path: Path, where predicate: (Value) -> Bool) -> Bool {
        if path.segment == Guard.hand {
            guard let hand = frame.hand?.part(path.field, path.component) else { return false }
            run.meter.steer(hand.value.range)
            return predicate(hand.value)
        }
        guard path.occurrence == nil else {
            return run.message.contains(at: path) { value in
                run.meter.steer(value.range)
                return predicate(value)
            }
        }
        guard let segment = run.segment(named: path.segment, frame) else { return false }
        return run.segments[segment].contains(at: path) { value in
            if path.field != nil { run.meter.steer(value.range) }
            return predicate(value)
        }
    }
}
