/// One JSON object on one line, of strings, integers and arrays of strings: the form of events and heads.
///
///     {"n":7,"at":1700000000000000,"kind":"message.received","actor":"broker","patients":["00ff…"]}
///
/// Written with the keys in the order they are added, no spaces, and only the escapes JSON demands,
/// so that the same values always give the same bytes.
struct JSONLine {
    enum Value: Equatable {
        case integer(Int64)
        case string(String)
        case strings([String])
    }

    private(set) var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(320)
        bytes.append(UInt8(ascii: "{"))
    }

    mutating func add(_ key: StaticString, _ value: Int64?) {
        guard let value else { return }
        addKey(key)
        bytes.append(contentsOf: String(value).utf8)
    }

    mutating func add(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        addKey(key)
        addText(value)
    }

    /// An array of 16-digit hexadecimal numbers; left out if empty.
    mutating func add(_ key: StaticString, hexadecimal values: [UInt64]) {
        guard !values.isEmpty else { return }
        addKey(key)
        bytes.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            for shift in stride(from: 60, through: 0, by: -4) {
                bytes.append(Hexadecimal.digits[Int(value >> UInt64(shift) & 15)])
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// The object, closed.
    consuming func finished() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private mutating func addKey(_ key: StaticString) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func addText(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { text in
            if text.contains(where: Self.mustBeEscaped) {
                for byte in text { addEscaped(byte) }
            } else {
                bytes.append(contentsOf: text)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func mustBeEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func addEscaped(_ byte: UInt8) {
        guard Self.mustBeEscaped(byte) else { return bytes.append(byte) }
        if byte < 0x20 {
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(Hexadecimal.digits[Int(byte >> 4)])
            bytes.append(Hexadecimal.digits[Int(byte & 15)])
        } else {
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        }
    }
}

/// Lower-case hexadecimal text.
package enum Hexadecimal {
    static let digits = Array("0123456789abcdef".utf8)

    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        var out: [UInt8] = []
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Nil if `text` is not pairs of hexadecimal digits.
    package static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var out: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            let first = Character(UnicodeScalar(digits[index])).hexDigitValue
            let second = Character(UnicodeScalar(digits[index + 1])).hexDigitValue
            guard let first, let second else { return nil }
            out.append(UInt8(first << 4 | second))
        }
        return out
    }
}
