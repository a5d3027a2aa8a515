import Crypto

/// Ids made from names (RFC 9562 UUID version 5) and the URIs that names are under.
enum Identity {
    /// The namespace of all resource ids: fixed for ever, since ids must not change.
    private static let namespace: [UInt8] = [
        0x5e, 0x2c, 0x0a, 0x1d, 0x8f, 0x3b, 0x4d, 0x6a, 0x9b, 0x71, 0x2f, 0x64, 0xc0, 0xd5, 0x93, 0x1e,
    ]

    /// The UUID of a name, in lower case.
    static func uuid(_ name: String) -> String {
        var input = namespace
        input.append(contentsOf: name.utf8)
        var bytes = Array(Insecure.SHA1.hash(data: input).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x50
        bytes[8] = bytes[8] & 0x3F | 0x80
        return String(unsafeUninitializedCapacity: 36) { text in
            var position = 0
            for (index, byte) in bytes.enumerated() {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    text[position] = UInt8(ascii: "-")
                    position += 1
                }
                text[position] = digit(byte >> 4)
                text[position + 1] = digit(byte & 0x0F)
                position += 2
            }
            return 36
        }
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
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: result.append(byte)
            default:
                let upper = "0123456789ABCDEF".utf8.map { $0 }
                result += [UInt8(ascii: "%"), upper[Int(byte >> 4)], upper[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
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

/// Names of coding systems and assigning authorities as URIs.
struct NameSystem {
    let maps: CompiledMaps
    /// A URN of the sender under which its own names are; without the closing colon.
    let sender: String

    /// The URI of a coding system named as in HL7 table 0396.
    func codingSystem(_ name: String) -> String {
        if let known = maps.codingSystems[name] { return known }
        if let number = Self.tableNumber(name) { return Self.table(number) }
        if Identity.isOID(name) { return "urn:oid:" + name }
        if Self.isURI(name) { return name }
        if name == "L" || name.hasPrefix("99") { return sender + ":" + Identity.escaped(name) }
        return "urn:id:" + Identity.escaped(name)
    }

    /// The URI of an HD: namespace, universal id and its type (HL7 2.5.1 §2.A.33); nil if it is empty.
    func authority(_ namespace: String, _ universal: String, _ type: String) -> String? {
        if let known = maps.authorities[namespace.isEmpty ? type : namespace] { return known }
        if !universal.isEmpty {
            if Identity.isOID(universal) { return "urn:oid:" + universal }
            if Identity.isUUID(universal) { return "urn:uuid:" + universal.lowercased() }
            if Self.isURI(universal) { return universal }
            return "urn:id:" + Identity.escaped(universal)
        }
        return namespace.isEmpty ? nil : sender + ":" + Identity.escaped(namespace)
    }

    /// The code system of an HL7 v2 table.
    static func table(_ number: String) -> String { "http://terminology.hl7.org/CodeSystem/v2-" + number }

    /// `HL70001`, `HL7001` or `0001` → `0001`.
    private static func tableNumber(_ name: String) -> String? {
        let digits = name.hasPrefix("HL7") ? name.dropFirst(3) : name[...]
        guard (3...4).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            name.hasPrefix("HL7") || digits.utf8.count == 4
        else { return nil }
        return digits.utf8.count == 3 ? "0" + digits : String(digits)
    }

    private static func isURI(_ text: String) -> Bool {
        (text.hasPrefix("urn:") || text.hasPrefix("http://") || text.hasPrefix("https://"))
            && text.utf8.allSatisfy { $0 > 0x20 }
    }
}
