/// Looks for a text in the bytes of messages, as they were received. Case makes no difference to Latin letters.
struct TextSearch: Sendable {
    /// In small letters: UTF-8, and where it can be written so, ISO 8859-1.
    private let needles: [[UInt8]]

    init(_ text: String) {
        var needles = [text.utf8.map(Self.folded)]
        let latin = text.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
        if latin.count == text.unicodeScalars.count { needles.append(latin.map(Self.folded)) }
        self.needles = needles[0] == needles.last ? [needles[0]] : needles
    }

    func isFound(in bytes: [UInt8]) -> Bool {
        needles.contains { Self.contains($0, in: bytes) }
    }

    private static func contains(_ needle: [UInt8], in bytes: [UInt8]) -> Bool {
        guard let first = needle.first else { return true }
        guard bytes.count >= needle.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            needle.withUnsafeBufferPointer { needle in
                for start in 0...(bytes.count - needle.count) where folded(bytes[start]) == first {
                    var length = 1
                    while length < needle.count, folded(bytes[start + length]) == needle[length] { length += 1 }
                    if length == needle.count { return true }
                }
                return false
            }
        }
    }

    private static func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
