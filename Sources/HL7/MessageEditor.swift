/// Changes to a message, made on a copy; the bytes elsewhere stay as they are.
///
///     let copy = try message.editing {
///         try $0.set("LAKESIDE", at: "MSH-5")
///         try $0.remove("PID-19")
///     }
public struct MessageEditor: Sendable {
    public private(set) var message: Message
    private let limits = Limits(messageBytesMax: .max, segmentsMax: .max)

    /// Writes a text, escaped and encoded as the message needs it.
    ///
    /// Fields, repetitions and components up to the place are added where the segment is shorter. A `[*]` writes every
    /// segment or repetition that is there.
    ///
    /// - Throws: ``EditError/Code/segmentAbsent``, ``EditError/Code/notEncodable``, ``EditError/Code/noSuchPlace``.
    public mutating func set(_ text: String, at path: Path) throws(EditError) {
        let escaped = Escape.encoded(text, delimiters: message.delimiters)
        guard let bytes = encoded(escaped) else { throw EditError(.notEncodable, path) }
        try write(bytes, at: path)
    }

    /// Copies the value at one place to another, with all its parts. A place that is absent copies as empty.
    public mutating func copy(from source: Path, to target: Path) throws(EditError) {
        try write(message.value(at: source).map { Array($0.bytes) } ?? [], at: target)
    }

    /// Empties a field or a part of one, or removes the segments that a path names: all with that name if it has no
    /// occurrence. What is not there needs no removal.
    public mutating func remove(_ path: Path) throws(EditError) {
        guard path.field == nil else {
            guard message.value(at: path) != nil else { return }
            return try write([], at: path)
        }
        guard path.segment != "MSH" else { throw EditError(.noSuchPlace, path) }
        let doomed = positions(of: path, defaultsToAll: true)
        var bytes: [UInt8] = []
        for segment in message.segments where !doomed.contains(segment.position) { bytes += segment.bytes + [0x0D] }
        try replace(with: bytes, path)
    }

    /// Adds a segment at the end: its name and fields as written between separators.
    public mutating func append(segment: String) throws(EditError) {
        var bytes = message.indexedBytes
        if bytes.last != 0x0D { bytes.append(0x0D) }
        try replace(with: bytes + Array(segment.utf8) + [0x0D], Path(segment: String(segment.prefix(3))))
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
        let fallback = index.charsetOrigin == .fallback ? index.receivedCharset : nil
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
