/// Reads JSON text (RFC 8259, UTF-8) strictly: a key that comes twice, half a surrogate pair, a control character in a
/// string and anything after the value are errors. A byte order mark at the start is skipped, as section 8.1 allows;
/// some FHIR servers send one.
public struct JSONReader {
    /// - Throws: ``JSONError`` with the offset of the byte that does not fit.
    public static func value(from bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.bytesMax else { throw JSONError(code: .tooLarge, offset: limits.bytesMax) }
        var reader = JSONReader(bytes: bytes, depthMax: limits.depthMax)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.offset = 3 }
        let value = try reader.value()
        reader.skipSpace()
        guard reader.offset == bytes.count else { throw reader.error(.trailingCharacters) }
        return value
    }

    private let bytes: [UInt8]
    private let depthMax: Int
    private var offset = 0
    private var depth = 0

    private init(bytes: [UInt8], depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    private func error(_ code: JSONError.Code) -> JSONError { JSONError(code: code, offset: offset) }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }

    /// The next byte that is not white space; it stays unread.
    private mutating func peek() throws(JSONError) -> UInt8 {
        skipSpace()
        guard offset < bytes.count else { throw error(.truncated) }
        return bytes[offset]
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard try peek() == byte else { throw error(.unexpectedCharacter) }
        offset += 1
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw error(.unexpectedCharacter)
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount {
            guard offset < bytes.count else { throw error(.truncated) }
            guard bytes[offset] == word.utf8Start[index] else { throw error(.unexpectedCharacter) }
            offset += 1
        }
        return value
    }

    private mutating func number() throws(JSONError) -> JSONNumber {
        let start = offset
        offset = try JSONNumber.end(in: bytes, from: start)
        return JSONNumber(checked: String(decoding: bytes[start..<offset], as: UTF8.self))
    }

    private mutating func open() throws(JSONError) {
        guard depth < depthMax else { throw error(.tooDeep) }
        depth += 1
        offset += 1
    }

    private mutating func array() throws(JSONError) -> [JSONValue] {
        try open()
        var elements: [JSONValue] = []
        if try peek() != UInt8(ascii: "]") {
            while true {
                elements.append(try value())
                guard try peek() == UInt8(ascii: ",") else { break }
                offset += 1
            }
        }
        try expect(UInt8(ascii: "]"))
        depth -= 1
        return elements
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        try open()
        var members: [JSONObject.Member] = []
        var seen: Set<String> = []
        if try peek() != UInt8(ascii: "}") {
            while true {
                guard try peek() == UInt8(ascii: "\"") else { throw error(.unexpectedCharacter) }
                let start = offset
                let key = try string()
                guard isNew(key, among: members, seen: &seen) else {
                    throw JSONError(code: .duplicateKey, offset: start)
                }
                try expect(UInt8(ascii: ":"))
                members.append(JSONObject.Member(key: key, value: try value()))
                guard try peek() == UInt8(ascii: ",") else { break }
                offset += 1
            }
        }
        try expect(UInt8(ascii: "}"))
        depth -= 1
        return JSONObject(distinct: members)
    }

    /// Searches a short object from the front and a long one in a set, so that no input takes quadratic time.
    private func isNew(_ key: String, among members: [JSONObject.Member], seen: inout Set<String>) -> Bool {
        if members.count < 16 { return !members.contains { $0.key == key } }
        if seen.isEmpty { seen = Set(members.map(\.key)) }
        return seen.insert(key).inserted
    }
}

// MARK: Strings

extension JSONReader {
    private mutating func string() throws(JSONError) -> String {
        offset += 1
        let start = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                let text = try text(bytes[start..<offset], at: start)
                offset += 1
                return text
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw error(.controlCharacter)
            default: offset += 1
            }
        }
        throw error(.truncated)
    }

    private func text(_ slice: some Sequence<UInt8>, at start: Int) throws(JSONError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw JSONError(code: .invalidUTF8, offset: start)
        }
        return text
    }

    /// The string that began at `start` and has its first escape at `offset`.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var buffer = Array(bytes[start..<offset])
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                let text = try text(buffer, at: start)
                offset += 1
                return text
            case UInt8(ascii: "\\"): try escape(into: &buffer)
            case 0..<0x20: throw error(.controlCharacter)
            default:
                buffer.append(byte)
                offset += 1
            }
        }
        throw error(.truncated)
    }

    private mutating func escape(into buffer: inout [UInt8]) throws(JSONError) {
        guard offset + 1 < bytes.count else { throw error(.truncated) }
        switch bytes[offset + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(bytes[offset + 1])
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            let scalar = try unicodeEscape()
            buffer.append(contentsOf: Unicode.UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter)
            return
        default: throw error(.invalidEscape)
        }
        offset += 2
    }

    /// The scalar of `\uXXXX`, or of two of them that make a surrogate pair.
    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let start = offset
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u")
        else { throw JSONError(code: .loneSurrogate, offset: start) }
        let second = try codeUnit()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw JSONError(code: .loneSurrogate, offset: start) }
        return scalar
    }

    private mutating func codeUnit() throws(JSONError) -> UInt16 {
        guard offset + 6 <= bytes.count else { throw error(.truncated) }
        var unit: UInt16 = 0
        for digit in bytes[(offset + 2)..<(offset + 6)] {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt16(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | UInt16(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | UInt16(digit - UInt8(ascii: "A") + 10)
            default: throw error(.invalidEscape)
            }
        }
        offset += 6
        return unit
    }
}
