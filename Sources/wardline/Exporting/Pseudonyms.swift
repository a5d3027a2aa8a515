internal import Crypto

/// Makes other values of the same shape: letters for letters, digits for digits, everything else as it was. The same
/// value always gets the same one under a key, and nobody without the key can tell which value it was.
struct Pseudonyms {
    private let key: SymmetricKey

    /// - Parameter key: 32 bytes or more, which stay where the messages are.
    init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    /// - Parameters:
    ///   - value: the bytes of one value, with its escape sequences.
    ///   - escape: the message's escape character.
    ///   - isUTF8: bytes from 0x80 on are parts of characters; if not, each is one.
    func pseudonym(for value: some Collection<UInt8>, escape: UInt8, isUTF8: Bool) -> [UInt8] {
        let bytes = Array(value)
        var stream = Stream(key: key, value: bytes)
        var made: [UInt8] = []
        made.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == escape, let end = bytes[(position + 1)...].prefix(Self.escapeMax).firstIndex(of: escape) {
                made += Self.escaped(bytes[position...end])
                position = end + 1
                continue
            }
            let length = isUTF8 ? Self.length(of: byte) : 1
            made += Self.other(byte, length, &stream)
            position += max(1, length)
        }
        // A character that was cut off is filled up; nothing else changes the length.
        return Array(made.prefix(bytes.count))
    }

    /// By how many days the dates of a patient are moved: a year at most, and never not at all.
    func days(for patient: some Collection<UInt8>) -> Int {
        var stream = Stream(key: key, value: Array("days ".utf8) + Array(patient))
        let days = 1 + (Int(stream.next()) << 8 | Int(stream.next())) % 365
        return stream.next() & 1 == 0 ? days : -days
    }

    private static let escapeMax = 64

    /// `\.br\` and the like stay; the bytes of `\X4A4F\` become others.
    private static func escaped(_ sequence: ArraySlice<UInt8>) -> [UInt8] {
        let kind = sequence.dropFirst().first
        guard kind == UInt8(ascii: "X") || kind == UInt8(ascii: "Z") else { return Array(sequence) }
        return sequence.enumerated().map { index, byte in
            index < 2 || index == sequence.count - 1
                ? byte : index.isMultiple(of: 2) ? UInt8(ascii: "7") : UInt8(ascii: "8")
        }
    }

    private static func length(of byte: UInt8) -> Int {
        switch byte {
        case 0xC0...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF7: 4
        default: 1
        }
    }

    private static let capitals = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    private static let twos = Array("àâäçèéêëîïôöùûü")
    private static let threes = Array("一二三四五六七八九十山川田中木村林森水火")
    private static let fours = Array("𠀀𠀁𠀂𠀃𠀄𠀅𠀆𠀇")

    private static func other(_ byte: UInt8, _ length: Int, _ stream: inout Stream) -> [UInt8] {
        let random = Int(stream.next())
        switch (byte, length) {
        case (UInt8(ascii: "A")...UInt8(ascii: "Z"), _): return [capitals[random % 26]]
        case (UInt8(ascii: "a")...UInt8(ascii: "z"), _): return [capitals[random % 26] | 0x20]
        case (UInt8(ascii: "0")...UInt8(ascii: "9"), _): return [UInt8(ascii: "0") + UInt8(random % 10)]
        case (..<0x80, _): return [byte]
        case (_, 2): return Array(String(twos[random % twos.count]).utf8)
        case (_, 3): return Array(String(threes[random % threes.count]).utf8)
        case (_, 4): return Array(String(fours[random % fours.count]).utf8)
        // A letter of most sets with one byte a character.
        default: return [0xE0 + UInt8(random % 22)]
        }
    }

    /// Bytes that follow from a value and the key alone.
    private struct Stream {
        private let key: SymmetricKey
        private let value: [UInt8]
        private var block: [UInt8] = []
        private var number: UInt8 = 0

        init(key: SymmetricKey, value: [UInt8]) {
            self.key = key
            self.value = value
        }

        mutating func next() -> UInt8 {
            if block.isEmpty {
                block = Array(HMAC<SHA256>.authenticationCode(for: [number] + value, using: key))
                number &+= 1
            }
            return block.removeLast()
        }
    }
}
