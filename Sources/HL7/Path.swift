/// A place in a message.
///
///     PID-5.1          component 1 of PID-5
///     PID-3[2].4.2     sub-component 2 of component 4 of the second repetition
///     OBX[3]-5         field 5 of the third OBX of the message
///     PID-3[*].5       component 5 of any repetition
///     ZPI              the segment itself
///
/// Segments, fields, repetitions, components and sub-components are counted from 1, as in the standard. No index means
/// the first. A path that stops at a field names its whole (first) repetition, not just the first component.
public struct Path: Hashable, Sendable, CustomStringConvertible {
    public enum Index: Hashable, Sendable {
        case number(Int)
        /// `[*]`: any of them.
        case any
    }

    public var segment: String { didSet { segmentCode = SegmentCode.of(segment) } }
    public var occurrence: Index?
    public var field: Int?
    public var repetition: Index?
    public var component: Int?
    public var subcomponent: Int?
    private(set) var segmentCode: UInt32

    public init(
        segment: String, occurrence: Index? = nil, field: Int? = nil, repetition: Index? = nil, component: Int? = nil,
        subcomponent: Int? = nil
    ) {
        self.segment = segment
        self.occurrence = occurrence
        self.field = field
        self.repetition = repetition
        self.component = component
        self.subcomponent = subcomponent
        segmentCode = SegmentCode.of(segment)
    }

    /// Reads a path.
    ///
    /// - Throws: ``PathError`` with the offset of the character that does not fit.
    public init(_ text: String) throws(PathError) {
        var reader = PathReader(text)
        self = try reader.path()
        guard reader.isAtEnd else { throw PathError(text: text, offset: reader.offset, expected: "the end") }
    }

    public var description: String {
        func index(_ index: Index?) -> String {
            switch index {
            case nil: ""
            case .any: "[*]"
            case .number(let number): "[\(number)]"
            }
        }
        var text = segment + index(occurrence)
        guard let field else { return text }
        text += "-\(field)" + index(repetition)
        if let component { text += ".\(component)" }
        if let subcomponent { text += ".\(subcomponent)" }
        return text
    }
}

/// Why a text is not a ``Path``.
public struct PathError: Error, Hashable, Sendable, CustomStringConvertible {
    public var text: String
    /// Characters from the start of the text.
    public var offset: Int
    public var expected: String

    public var description: String {
        "\"\(text)\" is not a path: expected \(expected) at character \(offset + 1), as in PID-3[2].4.2"
    }
}

/// Reads a path from the front of a text; the condition parser uses it too.
struct PathReader {
    let text: String
    private let characters: [UInt8]
    private(set) var offset: Int

    init(_ text: String, from offset: Int = 0) {
        self.text = text
        characters = Array(text.utf8)
        self.offset = offset
    }

    var isAtEnd: Bool { offset >= characters.count }

    mutating func path() throws(PathError) -> Path {
        var path = Path(segment: try segmentName())
        path.occurrence = try index()
        guard accept("-") else { return path }
        path.field = try number("a field number")
        path.repetition = try index()
        guard accept(".") else { return path }
        path.component = try number("a component number")
        guard accept(".") else { return path }
        path.subcomponent = try number("a sub-component number")
        return path
    }

    private mutating func segmentName() throws(PathError) -> String {
        let start = offset
        while let byte = peek, byte.isUpperCaseLetter || (offset > start && byte.isDigit) { offset += 1 }
        guard offset - start == 3 else { throw error("a segment name of three capitals", at: start) }
        return String(decoding: characters[start..<offset], as: UTF8.self)
    }

    private mutating func index() throws(PathError) -> Path.Index? {
        guard accept("[") else { return nil }
        if accept("*") {
            guard accept("]") else { throw error("\"]\"") }
            return .any
        }
        let number = try number("a number or *")
        guard accept("]") else { throw error("\"]\"") }
        return .number(number)
    }

    private mutating func number(_ expected: String) throws(PathError) -> Int {
        let start = offset
        var value = 0
        while let byte = peek, byte.isDigit, value < 1_000_000 {
            value = value * 10 + Int(byte - 0x30)
            offset += 1
        }
        guard value > 0 else { throw error(expected + " from 1", at: start) }
        return value
    }

    private var peek: UInt8? { isAtEnd ? nil : characters[offset] }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private func error(_ expected: String, at offset: Int? = nil) -> PathError {
        PathError(text: text, offset: offset ?? self.offset, expected: expected)
    }
}

extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isUpperCaseLetter: Bool { self >= 0x41 && self <= 0x5A }
    var isLetterOrDigit: Bool { isDigit || isUpperCaseLetter || (self >= 0x61 && self <= 0x7A) }
}
