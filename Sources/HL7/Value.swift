/// A field, repetition, component or sub-component: a range of a message's bytes.
///
/// Copying it costs one retain; text is made only when asked for. Numbers are 1-based, as in the standard. A field
/// holds repetitions, but ``component(_:)`` and ``subcomponent(_:)`` may be asked of any level: like ``Path``, they
/// mean the first repetition or component where none is named.
public struct Value: Sendable {
    enum Level: UInt8 { case segment, field, repetition, component, subcomponent }

    let index: MessageIndex
    let start: UInt32
    let end: UInt32
    let level: Level

    init(_ index: MessageIndex, _ range: Range<Int>, _ level: Level) {
        self.index = index
        start = UInt32(range.lowerBound)
        end = UInt32(range.upperBound)
        self.level = level
    }

    /// Where it lies in the message's bytes.
    public var range: Range<Int> { Int(start)..<Int(end) }
    public var bytes: ArraySlice<UInt8> { index.bytes[range] }
    public var isEmpty: Bool { start == end }

    /// Exactly the two bytes `""`: the HL7 null, "delete what you hold" (§2.5.3).
    public var isNull: Bool {
        end - start == 2 && index.bytes[Int(start)] == 0x22 && index.bytes[Int(start) + 1] == 0x22
    }

    public var presence: Presence { isEmpty ? .empty : isNull ? .null : .value }

    /// The text, decoded by the message's character set and unescaped. Delimiters of lower levels stay as they are.
    ///
    /// A byte that is not valid in the character set reads as U+FFFD.
    public var text: String {
        let bytes = bytes
        let escape = index.delimiters.escape
        if level != .segment, escape != Delimiters.absent, bytes.contains(escape) {
            return Escape.decoded(
                bytes, delimiters: index.delimiters, charset: index.charset, received: index.receivedCharset)
        }
        return Escape.plain(bytes, charset: index.charset)
    }

    // MARK: Parts

    public var repetitionCount: Int { level == .field ? count(index.delimiters.repetition) : 1 }
    public var componentCount: Int {
        switch level {
        case .field: repetition(1)?.componentCount ?? 0
        case .repetition: count(index.delimiters.component)
        default: 1
        }
    }
    public var subcomponentCount: Int {
        switch level {
        case .field, .repetition: component(1)?.subcomponentCount ?? 0
        case .component: count(index.delimiters.subcomponent)
        default: 1
        }
    }

    public var repetitions: [Value] { level == .field ? parts(index.delimiters.repetition, .repetition) : [self] }
    public var components: [Value] {
        switch level {
        case .field: repetition(1)?.components ?? []
        case .repetition: parts(index.delimiters.component, .component)
        default: [self]
        }
    }
    public var subcomponents: [Value] {
        switch level {
        case .field, .repetition: component(1)?.subcomponents ?? []
        case .component: parts(index.delimiters.subcomponent, .subcomponent)
        default: [self]
        }
    }

    /// The `number`-th repetition, or nil if there are fewer.
    public func repetition(_ number: Int) -> Value? {
        level == .field ? part(number, index.delimiters.repetition, .repetition) : number == 1 ? self : nil
    }

    /// The `number`-th component of the (first) repetition, or nil if there are fewer.
    public func component(_ number: Int) -> Value? {
        switch level {
        case .field: repetition(1)?.component(number)
        case .repetition: part(number, index.delimiters.component, .component)
        default: number == 1 ? self : nil
        }
    }

    /// The `number`-th sub-component of the (first) component, or nil if there are fewer.
    public func subcomponent(_ number: Int) -> Value? {
        switch level {
        case .field, .repetition: component(1)?.subcomponent(number)
        case .component: part(number, index.delimiters.subcomponent, .subcomponent)
        default: number == 1 ? self : nil
        }
    }

    // MARK: Splitting

    private func count(_ delimiter: UInt8) -> Int {
        if delimiter == Delimiters.absent { return 1 }
        return index.bytes.withUnsafeBufferPointer { bytes in
            var count = 1
            for position in Int(start)..<Int(end) where bytes[position] == delimiter { count += 1 }
            return count
        }
    }

    private func part(_ number: Int, _ delimiter: UInt8, _ level: Level) -> Value? {
        index.part(number, of: range, delimiter).map { Value(index, $0, level) }
    }

    private func parts(_ delimiter: UInt8, _ level: Level) -> [Value] {
        let count = count(delimiter)
        if count == 1 { return [Value(index, range, level)] }
        var parts: [Value] = []
        parts.reserveCapacity(count)
        index.bytes.withUnsafeBufferPointer { bytes in
            var partStart = Int(start)
            for position in range where bytes[position] == delimiter {
                parts.append(Value(index, partStart..<position, level))
                partStart = position + 1
            }
            parts.append(Value(index, partStart..<Int(end), level))
        }
        return parts
    }
}
