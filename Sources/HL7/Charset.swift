/// The character set of a message's bytes (MSH-18, HL7 table 0211).
public struct Charset: Hashable, Sendable, CustomStringConvertible {
    let kind: Kind
    /// Its entry in ``known``.
    let number: UInt8
    /// The set of text outside the switched parts, an entry in ``known``; only for ISO 2022.
    let base: UInt8

    enum Kind: Hashable, Sendable {
        case ascii, utf8, latin1
        /// ASCII below 0x80, a table above.
        case singleByte
        /// Two bytes and more a character, decoded by `iconv`.
        case multiByte
        /// Japanese sets switched to by escape bytes.
        case iso2022
        case refused
    }

    public static let ascii = Charset(kind: .ascii, number: 0)
    public static let utf8 = Charset(kind: .utf8, number: 1)
    public static let latin1 = Charset(kind: .latin1, number: 2)
    public static let windows1252 = Charset(kind: .singleByte, number: 3)

    /// Where the choice of a message's character set came from.
    public enum Origin: Hashable, Sendable {
        /// MSH-18 names it, or is empty and all bytes are ASCII.
        case declared
        /// MSH-18 is empty and the bytes are valid UTF-8.
        case guessedUTF8
        /// MSH-18 is empty, and the sender's set is configured.
        case configured
        /// MSH-18 names no set that has the bytes, and they are not UTF-8: the sender's configured set, or windows-1252.
        case fallback
        /// MSH-18 has a name that is not known here.
        case unknownName
    }

    /// Finds a character set by its name in table 0211 or one of the spellings seen in practice.
    public init?(named name: String) { self.init(named: name.utf8) }

    init(kind: Kind, number: UInt8, base: UInt8 = 0) {
        self.kind = kind
        self.number = number
        self.base = base
    }

    /// Its name in HL7 table 0211, or the usual name where the table has none (`windows-1252`).
    public var name: String { Self.known[Int(number)].name }
    /// Its name for `iconv`.
    var converter: String { Self.known[Int(number)].converter }
    public var description: String { name }

    /// Bytes of a character in this set can equal delimiters, so the message is decoded before it is split.
    var mustBeDecodedBeforeSplitting: Bool { kind == .multiByte || kind == .iso2022 }

    /// UTF-16 and UTF-32 cannot travel in MLLP: their bytes contain the framing bytes.
    public var isRefused: Bool { kind == .refused }

    /// The text of bytes in this set, or nil if they are not valid in it.
    public func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
        switch kind {
        case .ascii: bytes.allSatisfy { $0 < 0x80 } ? String(decoding: bytes, as: UTF8.self) : nil
        case .utf8: String(validating: bytes, as: UTF8.self)
        case .latin1: String(String.UnicodeScalarView(bytes.lazy.map { Unicode.Scalar($0) }))
        case .singleByte: SingleByteTable.of(self).decoded(bytes)
        case .multiByte, .iso2022:
            repaired(bytes).flatMap { $0.invalid.isEmpty ? String(decoding: $0.bytes, as: UTF8.self) : nil }
        // Of nothing there is nothing to refuse.
        case .refused: bytes.isEmpty ? "" : nil
        }
    }

    /// The text of bytes in this set, with U+FFFD for what is not valid in it.
    func decodedLossily(_ bytes: ArraySlice<UInt8>) -> String {
        switch kind {
        case .utf8: String(decoding: bytes, as: UTF8.self)
        case .ascii, .refused: String(decoding: bytes.map { $0 < 0x80 ? $0 : 0xFF }, as: UTF8.self)
        case .latin1: decoded(bytes) ?? ""
        case .singleByte: SingleByteTable.of(self).decodedLossily(bytes)
        case .multiByte, .iso2022: repaired(bytes).map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
        }
    }

    /// Bytes of a set of several bytes a character in UTF-8, with U+FFFD for what is not valid; nil for other sets.
    func repaired(_ bytes: ArraySlice<UInt8>) -> Repaired? {
        switch kind {
        case .multiByte: CharsetConverter.utf8(bytes, from: converter)
        case .iso2022: ISO2022.utf8(bytes, base: Self.known[Int(base)].charset(Int(base)))
        default: nil
        }
    }

    /// Bytes decoded to UTF-8.
    struct Repaired {
        var bytes: [UInt8] = []
        /// Where something was not valid; at most ``invalidMax``.
        var invalid: [Invalid] = []
        static let invalidMax = 1_000
        static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

        /// Puts U+FFFD for what is not valid at an offset of the source.
        mutating func replace(_ source: Int) {
            if invalid.count < Self.invalidMax { invalid.append(Invalid(source: source, decoded: bytes.count)) }
            bytes += Self.replacement
        }
    }

    /// A byte that is not valid in its character set, and the U+FFFD that stands for it.
    struct Invalid: Hashable, Sendable {
        /// Its offset in what was received.
        var source: Int
        /// The offset of the U+FFFD in the UTF-8.
        var decoded: Int
    }

    /// The bytes of a text in this set, or nil if it has a character that the set lacks.
    public func encoded(_ text: String) -> [UInt8]? {
        switch kind {
        case .ascii: text.utf8.allSatisfy { $0 < 0x80 } ? Array(text.utf8) : nil
        case .utf8: Array(text.utf8)
        case .latin1:
            text.unicodeScalars.allSatisfy { $0.value < 0x100 }
                ? text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } : nil
        case .singleByte: SingleByteTable.of(self).encoded(text)
        case .multiByte: CharsetConverter.encoded(text, in: converter)
        case .iso2022: ISO2022.encoded(text)
        case .refused: nil
        }
    }

    /// The offset in `bytes` of the first byte that is not valid in this set, or nil if all are.
    public func firstInvalidOffset(in bytes: ArraySlice<UInt8>) -> Int? {
        switch kind {
        case .ascii: bytes.firstIndex { $0 >= 0x80 }
        case .latin1: nil
        case .utf8: Self.firstInvalidUTF8(bytes)
        case .singleByte: SingleByteTable.of(self).firstInvalidOffset(in: bytes)
        case .multiByte, .iso2022: repaired(bytes)?.invalid.first?.source
        case .refused: bytes.isEmpty ? nil : bytes.startIndex
        }
    }

    private static func firstInvalidUTF8(_ bytes: ArraySlice<UInt8>) -> Int? {
        if String(validating: bytes, as: UTF8.self) != nil { return nil }
        var iterator = bytes.makeIterator()
        var decoder = UTF8()
        var offset = bytes.startIndex
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .emptyInput: return nil
            case .error: return offset
            }
        }
    }
}
