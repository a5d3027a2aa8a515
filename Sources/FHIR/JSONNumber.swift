/// A JSON number as its exact text, which RFC 8259 section 6 allows: `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`.
public struct JSONNumber: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    public init(_ value: Int) { text = String(value) }

    /// - Throws: ``JSONError/Code/invalidNumber`` at the first byte that does not fit.
    public init(_ text: String) throws(JSONError) {
        let bytes = Array(text.utf8)
        let end = try JSONNumber.end(in: bytes, from: 0)
        guard end == bytes.count else { throw JSONError(code: .invalidNumber, offset: end) }
        self.text = text
    }

    /// - Precondition: the text is a number, which the reader has checked.
    init(checked text: String) { self.text = text }

    /// The value, if the text has neither fraction nor exponent and fits.
    public var int: Int? { Int(text) }

    /// Whether the text has neither fraction nor exponent.
    public var isInteger: Bool { !text.utf8.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") } }

    public var description: String { text }

    /// The offset behind the number that begins at `start`.
    static func end(in bytes: [UInt8], from start: Int) throws(JSONError) -> Int {
        var offset = start
        func byte() -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }
        func digits() throws(JSONError) {
            let first = offset
            while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte()) { offset += 1 }
            if offset == first { throw JSONError(code: .invalidNumber, offset: offset) }
        }
        if byte() == UInt8(ascii: "-") { offset += 1 }
        if byte() == UInt8(ascii: "0") { offset += 1 } else { try digits() }
        if byte() == UInt8(ascii: ".") {
            offset += 1
            try digits()
        }
        if byte() | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        return offset
    }
}
