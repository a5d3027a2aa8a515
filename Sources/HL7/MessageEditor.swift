/// Changes to a message, made on a copy; the bytes elsewhere stay as they are.
///
///     let copy = try message.editing {
///         try $0.set("LAKESIDE", at: "MSH-5")
///         try $0.remove("PID-19")
///     }
public struct MessageEditor: Sendable {
    public private(set) var message: Message

    package init(message: Message) { self.message = message }

    private let limits = Limits(messageBytesMax: .max, segmentsMax: .max)

    /// Writes a text, escaped and encoded as the message needs it.
    ///
    /// Fields, repetitions and components up to the place are added where the segment is shorter. A `[*]` writes every
    /// segment or repetition that is there.
    ///
    /// - Throws: ``EditError/Code/segmentAbsent``, ``EditError/Code/notEncodable``, ``EditError/Code/noSuchPlace``.
    public mutating func set(_ text: String, at path: Path) throws(EditError) {
        guard let escaped = Escape.encoded(text, delimiters: message.delimiters), let bytes = encoded(escaped) else {
            throw EditError(.notEncodable, path)
        }
        try write(bytes, at: path)
    }

    /// Copies the value at one place to another, with the parts that fit there: a field copied to a component gives
    /// its first component. A place that is absent copies as empty.
    public mutating func copy(from source: Path, to target: Path) throws(EditError) {
        var value = message.value(at: source)?.repetition(1)
        if target.subcomponent != nil {
            value = value?.subcomponent(1)
        } else if target.component != nil {
            value = value?.component(1)
        }
        try write(value.map { Array($0.bytes) } ?? [], at: target)
    }

    /// Empties a field or a part of one, or removes segments.
    ///
    /// Unlike elsewhere, no index means all: `NK1` removes every NK1, `NK1-5` empties that field, with all its
    /// repetitions, in every NK1. What is not there needs no removal.
    public mutating func remove(_ path: Path) throws(EditError) {
        guard path.segment != "MSH" || (path.field ?? 0) > 2 else { throw EditError(.noSuchPlace, path) }
        var bytes = message.indexedBytes
        for position in positions(of: path, defaultsToAll: true).reversed() {
            let segment = message[position: position]
            guard path.field != nil else {
                let isLast = position + 1 == message.segmentCount
                let end = isLast ? bytes.count : message[position: position + 1].range.lowerBound
                bytes.removeSubrange(segment.range.lowerBound..<end)
                continue
            }
            for range in removed(path, from: segment).reversed() { bytes.removeSubrange(range) }
        }
        try replace(with: bytes, path)
    }

    /// What of a segment goes when a path is removed, in order.
    private func removed(_ path: Path, from segment: Segment) -> [Range<Int>] {
        guard let field = segment.field(path.field ?? 0) else { return [] }
        if path.component == nil, path.repetition == nil || path.repetition == .any { return [field.range] }
        var path = path
        path.repetition = path.repetition ?? .any
        var ranges: [Range<Int>] = []
        _ = segment.contains(at: path) { value in
            ranges.append(value.range)
            return false
        }
        return ranges
    }

    /// Adds a segment at the end: its name and fields as written, with the message's separators between them.
    ///
    /// - Throws: ``EditError/Code/notEncodable``; ``EditError/Code/noSuchPlace`` if the text is not one segment.
    public mutating func append(segment text: String) throws(EditError) {
        let place = Path(segment: String(text.prefix(3)))
        guard !text.utf8.contains(where: { $0 == 0x0D || $0 == 0x0A }), text.utf8.count >= 3 else {
            throw EditError(.noSuchPlace, place)
        }
        guard let segment = encoded(text) else { throw EditError(.notEncodable, place) }
        var bytes = message.indexedBytes
        let terminator = terminator
        if let last = bytes.last, last != 0x0D, last != 0x0A { bytes += terminator }
        try replace(with: bytes + segment + terminator, place)
    }

    private var terminator: [UInt8] {
        // Joined continuations are written with carriage returns.
        if message.index.bytes.count != message.index.received.count { return [0x0D] }
        return switch message.layout.terminator {
        case .carriageReturn: [0x0D]
        case .lineFeed: [0x0A]
        case .both: [0x0D, 0x0A]
        }
    }

    // MARK: Writing

    private mutating func write(_ value: [UInt8], at path: Path) throws(EditError) {
        guard let field = path.field, path.segment != "MSH" || field > 2 else { throw EditError(.noSuchPlace, path) }
        let targets = positions(of: path, defaultsToAll: false)
        guard !targets.isEmpty else { throw EditError(.segmentAbsent, path) }
        var bytes = message.indexedBytes
        // From the last to the first, so that earlier offsets stay true.
        for position in targets.sorted(by: >) {
            let segment = message[position: position]
            try splice(value, into: &bytes, segment: segment, field: field, path: path)
        }
        try replace(with: bytes, path)
    }

    private func positions(of path: Path, defaultsToAll: Bool) -> [Int] {
        let all = message.segments(path.segment).map(\.position)
        switch path.occurrence {
        case .any: return all
        case .number(let number): return number <= all.count ? [all[number - 1]] : []
        case nil: return defaultsToAll ? all : Array(all.prefix(1))
        }
    }

    private func splice(
        _ value: [UInt8], into bytes: inout [UInt8], segment: Segment, field: Int, path: Path
    ) throws(EditError) {
        guard let existing = segment.field(field) else {
            let missing = field - segment.fieldCount
            let padding = [UInt8](repeating: message.delimiters.field, count: missing)
            bytes.insert(contentsOf: padding + (try padded(value, path)), at: segment.range.upperBound)
            return
        }
        guard path.repetition == .any else {
            let number = if case .number(let number) = path.repetition { number } else { 1 }
            let (range, filled) = try place(value, in: existing, repetition: number, path)
            bytes.replaceSubrange(range, with: filled)
            return
        }
        for number in stride(from: existing.repetitionCount, through: 1, by: -1) {
            let (range, filled) = try place(value, in: existing, repetition: number, path)
            bytes.replaceSubrange(range, with: filled)
        }
    }

    /// The range to replace, and what to put there, for one repetition of a field.
    private func place(
        _ value: [UInt8], in field: Value, repetition: Int, _ path: Path
    ) throws(EditError) -> (Range<Int>, [UInt8]) {
        let delimiters = message.delimiters
        guard let repetitionValue = field.repetition(repetition) else {
            let padding = try fill(delimiters.repetition, repetition - field.repetitionCount, path)
            let end = field.range.upperBound
            var tail = path
            tail.repetition = nil
            return (end..<end, padding + (try padded(value, tail)))
        }
        guard let number = path.component else { return (repetitionValue.range, value) }
        guard let component = repetitionValue.component(number) else {
            let padding = try fill(delimiters.component, number - repetitionValue.componentCount, path)
            let end = repetitionValue.range.upperBound
            return (end..<end, padding + (try paddedSubcomponents(value, path)))
        }
        guard let number = path.subcomponent else { return (component.range, value) }
        guard let subcomponent = component.subcomponent(number) else {
            let end = component.range.upperBound
            return (end..<end, try fill(delimiters.subcomponent, number - component.subcomponentCount, path) + value)
        }
        return (subcomponent.range, value)
    }

    /// A value preceded by the empty repetitions, components and sub-components that its path passes over.
    private func padded(_ value: [UInt8], _ path: Path) throws(EditError) -> [UInt8] {
        let repetition = if case .number(let number) = path.repetition { number } else { 1 }
        return try fill(message.delimiters.repetition, repetition - 1, path)
            + fill(message.delimiters.component, (path.component ?? 1) - 1, path) + paddedSubcomponents(value, path)
    }

    private func paddedSubcomponents(_ value: [UInt8], _ path: Path) throws(EditError) -> [UInt8] {
        try fill(message.delimiters.subcomponent, (path.subcomponent ?? 1) - 1, path) + value
    }

    private func fill(_ delimiter: UInt8, _ count: Int, _ path: Path) throws(EditError) -> [UInt8] {
        guard count > 0 else { return [] }
        guard delimiter != Delimiters.absent else { throw EditError(.noSuchPlace, path) }
        return [UInt8](repeating: delimiter, count: count)
    }

    /// A text in the character set of the bytes that it is put among. Where MSH-18 is silent and all bytes are ASCII,
    /// a text that is not makes the message UTF-8.
    private func encoded(_ text: String) -> [UInt8]? {
        if let bytes = message.index.charset.encoded(text) { return bytes }
        return message.header.segment.field(18)?.presence != .value ? Array(text.utf8) : nil
    }

    /// Takes edited bytes as the message, in the character set in which it was received.
    private mutating func replace(with indexed: [UInt8], _ path: Path) throws(EditError) {
        let index = message.index
        var bytes = indexed
        if index.charset != index.receivedCharset {
            let text = String(validating: indexed, as: UTF8.self)
            guard let encoded = text.flatMap({ index.receivedCharset.encoded($0) }) else {
                throw EditError(.notEncodable, path)
            }
            bytes = encoded
        }
        let wasChosen = [.configured, .fallback, .unknownName].contains(index.charsetOrigin)
        let fallback = wasChosen && index.receivedCharset != .ascii ? index.receivedCharset : nil
        do throws(ParseError) {
            message = try Message(parsing: bytes, limits: limits, fallback: fallback)
        } catch { throw EditError(.noSuchPlace, path) }
    }
}

/// Why an edit could not be made.
public struct EditError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        case segmentAbsent = "the message has no such segment"
        case notEncodable = "the value has a character that the message's character set (MSH-18) lacks"
        case noSuchPlace = "nothing can be written there"
    }
    public var code: Code
    public var path: Path

    public init(_ code: Code, _ path: Path) {
        self.code = code
        self.path = path
    }

    public var description: String { "\(path): \(code.rawValue)" }
}

extension Message {
    /// A copy with changes.
    public func editing<Failure: Error>(
        _ change: (inout MessageEditor) throws(Failure) -> Void
    ) throws(Failure) -> Message {
        var editor = MessageEditor(message: self)
        try change(&editor)
        return editor.message
    }
}

extension Message {
    /// The message in another character set, and MSH-18 saying so.
    ///
    /// - Throws: ``EditError/Code/notEncodable`` if it has a character that the set lacks, or bytes that are not valid in
    ///   its own.
    public func reencoded(as charset: Charset) throws(EditError) -> Message {
        let msh = header.segment
        var bytes = index.bytes
        if let declared = msh.field(18) {
            bytes.replaceSubrange(declared.range, with: charset.name.utf8)
        } else {
            let padding = [UInt8](repeating: delimiters.field, count: 18 - msh.fieldCount)
            bytes.insert(contentsOf: padding + Array(charset.name.utf8), at: msh.range.upperBound)
        }
        let path = Path(segment: "MSH", field: 18)
        guard let text = index.charset.decoded(bytes[...]), let encoded = charset.encoded(text) else {
            throw EditError(.notEncodable, path)
        }
        let limits = Limits(messageBytesMax: .max, segmentsMax: .max)
        do throws(ParseError) { return try Message(parsing: encoded, limits: limits) } catch {
            throw EditError(.notEncodable, path)
        }
    }
}
