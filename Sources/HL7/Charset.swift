#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The character set of a message's bytes (MSH-18, HL7 table 0211).
public struct Charset: Hashable, Sendable, CustomStringConvertible {
    /// Its name in HL7 table 0211, or the usual name where the table has none (`windows-1252`).
    public let name: String
    /// Its name for `iconv`; nil for the sets decoded here.
    let converter: String?
    let kind: Kind

    enum Kind: Hashable, Sendable { case ascii, utf8, latin1, converted, convertedBeforeSplitting, refused }

    public static let ascii = Charset(name: "ASCII", converter: nil, kind: .ascii)
    public static let utf8 = Charset(name: "UNICODE UTF-8", converter: nil, kind: .utf8)
    public static let latin1 = Charset(name: "8859/1", converter: nil, kind: .latin1)
    public static let windows1252 = Charset(name: "windows-1252", converter: "CP1252", kind: .converted)

    static let iso2022JP = Charset(name: "ISO IR87", converter: "ISO-2022-JP-2", kind: .convertedBeforeSplitting)

    /// Where the choice of a message's character set came from.
    public enum Origin: Hashable, Sendable {
        /// MSH-18 names it, or is empty and all bytes are ASCII.
        case declared
        /// MSH-18 is empty and the bytes are valid UTF-8.
        case guessedUTF8
        /// MSH-18 is empty or unknown and the bytes are not UTF-8: the sender's configured set, or windows-1252.
        case fallback
        /// MSH-18 has a name that is not known here.
        case unknownName
    }

    /// Finds a character set by its name in table 0211 or one of the spellings seen in practice.
    public init?(named name: String) {
        guard let found = Self.byName[Self.normalised(name)] else { return nil }
        self = found
    }

    init(name: String, converter: String?, kind: Kind) {
        self.name = name
        self.converter = converter
        self.kind = kind
    }

    public var description: String { name }

    /// Trail bytes of this set can equal delimiters, so the message is decoded before it is split.
    var mustBeDecodedBeforeSplitting: Bool { kind == .convertedBeforeSplitting }

    /// UTF-16 and UTF-32 cannot travel in MLLP: their bytes contain the framing bytes.
    public var isRefused: Bool { kind == .refused }

    /// The text of bytes in this set, or nil if they are not valid in it.
    public func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
        switch kind {
        case .ascii: bytes.allSatisfy { $0 < 0x80 } ? String(decoding: bytes, as: UTF8.self) : nil
        case .utf8: String(validating: bytes, as: UTF8.self)
        case .latin1: String(String.UnicodeScalarView(bytes.lazy.map { Unicode.Scalar($0) }))
        case .converted, .convertedBeforeSplitting:
            Self.convert(bytes, from: converter ?? "", to: "UTF-8").output.map { String(decoding: $0, as: UTF8.self) }
        case .refused: nil
        }
    }

    /// The bytes of a text in this set, or nil if it has a character that the set lacks.
    public func encoded(_ text: String) -> [UInt8]? {
        switch kind {
        case .ascii: text.utf8.allSatisfy { $0 < 0x80 } ? Array(text.utf8) : nil
        case .utf8: Array(text.utf8)
        case .latin1:
            text.unicodeScalars.allSatisfy { $0.value < 0x100 }
                ? text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } : nil
        case .converted, .convertedBeforeSplitting:
            Self.convert(Array(text.utf8)[...], from: "UTF-8", to: converter ?? "").output
        case .refused: nil
        }
    }

    /// The offset in `bytes` of the first byte that is not valid in this set, or nil if all are.
    public func firstInvalidOffset(in bytes: ArraySlice<UInt8>) -> Int? {
        switch kind {
        case .ascii: return bytes.firstIndex { $0 >= 0x80 }
        case .latin1: return nil
        case .utf8: return Self.firstInvalidUTF8(bytes)
        case .refused: return bytes.startIndex
        case .converted, .convertedBeforeSplitting:
            let result = Self.convert(bytes, from: converter ?? "", to: "UTF-8")
            return result.output == nil ? bytes.startIndex + result.consumed : nil
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

    /// Converts with `iconv(3)`; `output` is nil where a sequence is invalid or has no counterpart, `consumed` says
    /// how many bytes were read up to there.
    private static func convert(
        _ bytes: ArraySlice<UInt8>, from source: String, to target: String
    ) -> (output: [UInt8]?, consumed: Int) {
        guard let descriptor = iconv_open(target, source), descriptor != iconv_t(bitPattern: -1) else {
            return (nil, 0)
        }
        defer { iconv_close(descriptor) }
        var input = bytes.map { CChar(bitPattern: $0) }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count * 2)
        var buffer = [CChar](repeating: 0, count: 4096)
        var consumed = 0
        while true {
            let (status, code, read, written) = input.withUnsafeMutableBufferPointer { source in
                buffer.withUnsafeMutableBufferPointer { sink -> (Int, Int32, Int, Int) in
                    var from = source.baseAddress.map { $0 + consumed }
                    var fromLeft = source.count - consumed
                    var to = sink.baseAddress
                    var toLeft = sink.count
                    // The last call, without input, writes the bytes that return to the initial shift state.
                    let status =
                        fromLeft > 0
                        ? iconv(descriptor, &from, &fromLeft, &to, &toLeft)
                        : iconv(descriptor, nil, nil, &to, &toLeft)
                    let code = errno
                    return (
                        status, code, source.count - consumed - fromLeft, sink.count - toLeft
                    )
                }
            }
            let atEnd = consumed == bytes.count
            consumed += read
            output += buffer[..<written].lazy.map { UInt8(bitPattern: $0) }
            if status == -1, code != E2BIG { return (nil, consumed) }
            if atEnd { return (output, consumed) }
        }
    }
}
