/// Writes JSON text in UTF-8 straight into one byte array.
///
/// Escaped is only what RFC 8259 section 7 demands: `"`, `\` and the characters below U+0020.
public struct JSONWriter {
    /// - Parameter indented: two spaces for each level and one member a line; otherwise no white space at all.
    /// - Parameter capacity: a guess at the length in bytes, so that the array need not grow.
    public static func bytes(of value: JSONValue, indented: Bool = false, capacity: Int = 4_096) -> [UInt8] {
        var writer = JSONWriter(indented: indented, capacity: capacity)
        writer.write(value)
        return writer.out
    }

    private var out: [UInt8] = []
    private let indented: Bool
    private var depth = 0

    private init(indented: Bool, capacity: Int) {
        self.indented = indented
        out.reserveCapacity(capacity)
    }

    private mutating func write(_ value: JSONValue) {
        switch value {
        case .null: write(word: "null")
        case .bool(true): write(word: "true")
        case .bool(false): write(word: "false")
        case .number(let number): writeVerbatim(number.text)
        case .string(let text): write(string: text)
        case .array(let elements): write(elements)
        case .object(let object): write(object)
        }
    }

    private mutating func write(word: StaticString) { Self.append(word, to: &out) }

    private static func append(_ word: StaticString, to out: inout [UInt8]) {
        out.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    private mutating func writeVerbatim(_ text: String) {
        var text = text
        text.withUTF8 { out.append(contentsOf: $0) }
    }

    private mutating func write(_ elements: [JSONValue]) {
        guard !elements.isEmpty else { return write(word: "[]") }
        out.append(UInt8(ascii: "["))
        depth += 1
        var isFirst = true
        for element in elements {
            separate(&isFirst)
            write(element)
        }
        depth -= 1
        newLine()
        out.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ object: JSONObject) {
        guard !object.isEmpty else { return write(word: "{}") }
        out.append(UInt8(ascii: "{"))
        depth += 1
        var isFirst = true
        for member in object.members {
            separate(&isFirst)
            write(string: member.key)
            out.append(UInt8(ascii: ":"))
            if indented { out.append(UInt8(ascii: " ")) }
            write(member.value)
        }
        depth -= 1
        newLine()
        out.append(UInt8(ascii: "}"))
    }

    private mutating func separate(_ isFirst: inout Bool) {
        if !isFirst { out.append(UInt8(ascii: ",")) }
        isFirst = false
        newLine()
    }

    private mutating func newLine() {
        guard indented else { return }
        out.append(UInt8(ascii: "\n"))
        out.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }

    private mutating func write(string text: String) {
        var text = text
        text.withUTF8 { Self.append(string: $0, to: &out) }
    }

    /// Whether a JSON string of these bytes needs no escape.
    package static func isPlain(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { plainPrefix(of: bytes) == bytes.count }

    /// Writes a JSON string of bytes that are UTF-8.
    ///
    /// Copies the stretches between characters that need an escape as they are.
    package static func append(string bytes: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        var rest = bytes
        while true {
            let plain = plainPrefix(of: rest)
            out.append(contentsOf: UnsafeBufferPointer(rebasing: rest[..<plain]))
            if plain == rest.count { break }
            escape(rest[plain], to: &out)
            rest = UnsafeBufferPointer(rebasing: rest[(plain + 1)...])
        }
        out.append(UInt8(ascii: "\""))
    }

    /// How many bytes at the start need no escape. Looks at eight at a time: a byte is below U+0020 if taking 0x20 off
    /// borrows into its highest bit, and is a quote or backslash if the difference to it is zero.
    private static func plainPrefix(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let raw = UnsafeRawBufferPointer(bytes)
        var index = 0
        while index + 8 <= raw.count {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let controls = (word &- ones &* 0x20) & ~word
            if (controls | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash) & highs != 0 { break }
            index += 8
        }
        while index < bytes.count, !needsEscape(bytes[index]) { index += 1 }
        return index
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func escape(_ byte: UInt8, to out: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"", to: &out)
        case UInt8(ascii: "\\"): append("\\\\", to: &out)
        case 0x08: append("\\b", to: &out)
        case 0x09: append("\\t", to: &out)
        case 0x0A: append("\\n", to: &out)
        case 0x0C: append("\\f", to: &out)
        case 0x0D: append("\\r", to: &out)
        default:
            append("\\u00", to: &out)
            out.append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            let digit = byte & 0x0F
            out.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
