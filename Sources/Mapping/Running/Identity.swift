import Crypto

/// Ids made from names (RFC 9562 UUID version 5) and the URIs that names are under.
enum Identity {
    /// The namespace of all resource ids: fixed for ever, since ids must not change.
    private static let namespace: [UInt8] = [
        0x5e, 0x2c, 0x0a, 0x1d, 0x8f, 0x3b, 0x4d, 0x6a, 0x9b, 0x71, 0x2f, 0x64, 0xc0, 0xd5, 0x93, 0x1e,
    ]

    /// The UUID of a name.
    static func uuid(_ name: Text) -> UUIDBytes {
        var hash = Insecure.SHA1()
        namespace.withUnsafeBytes { hash.update(bufferPointer: $0) }
        hash.update(bufferPointer: UnsafeRawBufferPointer(name))
        let (high, low) = hash.finalize().withUnsafeBytes { digest in
            (
                UInt64(bigEndian: digest.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        return UUIDBytes(high: high & ~0xF000 | 0x5000, low: low & ~(0xC0 << 56) | 0x80 << 56)
    }

    /// SHA-256 of a text, in hexadecimal.
    static func digest(_ text: String) -> String {
        var digits: [UInt8] = []
        for byte in SHA256.hash(data: Array(text.utf8)) { digits += [digit(byte >> 4), digit(byte & 0x0F)] }
        return String(decoding: digits, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

    /// A text as it may stand in a URN or a query: everything but letters, digits and `-._~` escaped.
    static func escaped(_ text: String) -> String {
        var text = text
        return text.withUTF8 { bytes in
            var result = Buffer<UInt8>(capacity: bytes.count * 3)
            defer { result.free() }
            append(escaped: bytes, to: &result)
            return result.all.string
        }
    }

    static func append(escaped text: Text, to result: inout Buffer<UInt8>) {
        for byte in text {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: result.append(byte)
            default:
                result.append(UInt8(ascii: "%"))
                for half in [byte >> 4, byte & 15] { result.append(half < 10 ? 0x30 + half : 0x37 + half) }
            }
        }
    }

    /// Whether a text is an object identifier: numbers with points between, the first 0, 1 or 2.
    static func isOID(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count > 1, parts[0].count == 1, let first = parts[0].first, (0x30...0x32).contains(first) else {
            return false
        }
        return parts.allSatisfy { part in
            !part.isEmpty && part.allSatisfy { (0x30...0x39).contains($0) } && (part.count == 1 || part.first != 0x30)
        }
    }

    static func isUUID(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12]
            && parts.joined().allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
    }
}

/// A UUID as two numbers.
struct UUIDBytes {
    var high: UInt64
    var low: UInt64

    /// Writes its 36 characters, in lower case.
    func write(to text: Buffer<UInt8>, at start: Int) {
        var position = start
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 {
                text[position] = UInt8(ascii: "-")
                position += 1
            }
            let half = index < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: half >> UInt64(60 - index % 16 * 4) & 15)
            text[position] = digit < 10 ? 0x30 + digit : 0x57 + digit
            position += 1
        }
    }
}
