/// Reads what ``JSONLine`` writes; also accepts spaces and every JSON escape.
struct JSONLineReader {
    private let bytes: [UInt8]
    private var index = 0

    /// Nil if the bytes are not one object of strings, integers and arrays of strings, or a key comes twice.
    static func object(in bytes: [UInt8]) -> [String: JSONLine.Value]? {
        var reader = JSONLineReader(bytes: bytes)
        return reader.object()
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func object() -> [String: JSONLine.Value]? {
        var members: [String: JSONLine.Value] = [:]
        guard take("{") else { return nil }
        if take("}") { return atEnd() ? members : nil }
        repeat {
            guard let key = string(), take(":"), let value = value() else { return nil }
            guard members.updateValue(value, forKey: key) == nil else { return nil }
        } while take(",")
        return take("}") && atEnd() ? members : nil
    }

    private mutating func value() -> JSONLine.Value? {
        skipSpaces()
        guard index < bytes.count else { return nil }
        switch bytes[index] {
        case UInt8(ascii: "\""): return string().map { .string($0) }
        case UInt8(ascii: "["): return strings().map { .strings($0) }
        default: return integer().map { .integer($0) }
        }
    }

    private mutating func strings() -> [String]? {
        guard take("[") else { return nil }
        if take("]") { return [] }
        var all: [String] = []
        repeat {
            guard let one = string() else { return nil }
            all.append(one)
        } while take(",")
        return take("]") ? all : nil
    }

    private mutating func integer() -> Int64? {
        let start = index
        while index < bytes.count, bytes[index] == UInt8(ascii: "-") || (0x30...0x39).contains(bytes[index]) {
            index += 1
        }
        return Int64(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func string() -> String? {
        guard take("\"") else { return nil }
        var out: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: out, as: UTF8.self)
            case UInt8(ascii: "\\"): guard escape(into: &out) else { return nil }
            default: out.append(byte)
            }
        }
        return nil
    }

    private mutating func escape(into out: inout [UInt8]) -> Bool {
        guard index < bytes.count else { return false }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "u"):
            guard var unit = hexadecimal() else { return false }
            if (0xD800..<0xDC00).contains(unit) {
                guard take("\\"), take("u"), let low = hexadecimal(), (0xDC00..<0xE000).contains(low) else {
                    return false
                }
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = UnicodeScalar(unit) else { return false }
            out.append(contentsOf: Character(scalar).utf8)
        default: out.append(byte)
        }
        return true
    }

    private mutating func hexadecimal() -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        defer { index += 4 }
        return UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        skipSpaces()
        guard index < bytes.count, bytes[index] == UInt8(ascii: byte) else { return false }
        index += 1
        return true
    }

    private mutating func atEnd() -> Bool {
        skipSpaces()
        return index == bytes.count
    }

    private mutating func skipSpaces() {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }
}
