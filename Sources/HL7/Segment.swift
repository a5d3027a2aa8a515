/// One segment of a message.
public struct Segment: Sendable {
    let index: MessageIndex
    /// Where the segment stands in the message, 0-based.
    public let position: Int

    init(_ index: MessageIndex, _ position: Int) {
        self.index = index
        self.position = position
    }

    public var name: String { index.name(position) }

    /// Which of the segments with its name this one is, 1-based.
    public var occurrence: Int {
        let code = index.segments[position].code
        let name = code == 0 ? name : ""
        return index.segments[...position].indices.count { index.matches($0, code, name) }
    }

    /// The number of the last field that the segment has, empty ones included.
    public var fieldCount: Int { Int(index.segments[position].fieldCount) }

    /// Where it lies in the message's bytes, without its terminator.
    public var range: Range<Int> { Int(index.segments[position].start)..<Int(index.segments[position].end) }

    public var bytes: ArraySlice<UInt8> { index.bytes[range] }

    /// Field `number` (1-based; MSH-1 is the separator itself), or nil beyond the last one.
    public func field(_ number: Int) -> Value? {
        guard let range = index.fieldRange(position, number) else { return nil }
        // MSH-1 and MSH-2 hold the delimiters themselves: nothing in them may be split or unescaped.
        let isLiteral = number <= 2 && MessageIndex.isHeader(index.segments[position].code)
        return Value(index, range, isLiteral ? .segment : .field)
    }

    /// The text of a field's first repetition, or of a part of it; nil where it is absent, `""` where it is empty.
    ///
    ///     obx[5]                       // the whole first repetition
    ///     obx[6, component: 1]
    ///     pid[3, repetition: 2, component: 4, subcomponent: 2]
    public subscript(
        _ field: Int, repetition repetition: Int = 1, component component: Int? = nil,
        subcomponent subcomponent: Int? = nil
    ) -> String? {
        guard var value = self.field(field)?.repetition(repetition) else { return nil }
        if component != nil || subcomponent != nil {
            guard let part = value.component(component ?? 1) else { return nil }
            value = part
        }
        if let subcomponent {
            guard let part = value.subcomponent(subcomponent) else { return nil }
            value = part
        }
        return value.text
    }

    /// Where a field, or the segment itself, is found: for findings and messages to people.
    public func location(
        field: Int? = nil, repetition: Int? = nil, component: Int? = nil, subcomponent: Int? = nil
    ) -> Location {
        Location(
            segment: name, occurrence: occurrence, field: field, repetition: repetition, component: component,
            subcomponent: subcomponent)
    }

    /// Whether a value of this segment at the field part of `path` satisfies `predicate`. The path's segment and
    /// occurrence are not looked at.
    package func contains(at path: Path, where predicate: (Value) -> Bool) -> Bool {
        guard let number = path.field else { return predicate(Value(index, range, .segment)) }
        guard let field = field(number) else { return false }
        switch path.repetition {
        case .any:
            return field.repetitions.contains { $0.part(path).map(predicate) ?? false }
        case .number(let number):
            return field.repetition(number)?.part(path).map(predicate) ?? false
        case nil:
            return field.repetition(1)?.part(path).map(predicate) ?? false
        }
    }
}

extension Value {
    /// The component or sub-component of this repetition that a path names.
    fileprivate func part(_ path: Path) -> Value? {
        guard let number = path.component else { return self }
        guard let component = component(number) else { return nil }
        guard let number = path.subcomponent else { return component }
        return component.subcomponent(number)
    }
}
