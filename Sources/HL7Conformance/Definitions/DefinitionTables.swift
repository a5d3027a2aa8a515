/// The definitions of all versions as raw text, written by `Scripts/make-hl7-definitions.py`.
enum DefinitionTables {}

/// Reads the rows of one definition table that hold in one version.
///
///     1ff0 TAB PID TAB 3 TAB CX …  LF
struct TableReader {
    private let text: UnsafeBufferPointer<UInt8>
    private let bit: UInt32
    private var position = 0

    init(_ table: StaticString, version: Version) {
        text = UnsafeBufferPointer(start: table.utf8Start, count: table.utf8CodeUnitCount)
        bit = 1 << UInt32(version.index)
    }

    /// Moves behind the mask of the next row that holds in the version; false at the end of the table.
    mutating func next() -> Bool {
        while position < text.count {
            var mask: UInt32 = 0
            while text[position] != Self.tab {
                let byte = text[position]
                mask = mask << 4 | UInt32(byte < 0x3A ? byte - 0x30 : byte - 0x57)
                position += 1
            }
            position += 1
            if mask & bit != 0 { return true }
            skipLine()
        }
        return false
    }

    /// The next column of the row. The last column also passes the end of the line.
    mutating func column() -> TableText {
        let start = position
        while text[position] != Self.tab, text[position] != Self.lineFeed { position += 1 }
        defer { position += 1 }
        return TableText(start: UInt32(start), count: UInt32(position - start))
    }

    mutating func skipLine() {
        while position < text.count, text[position] != Self.lineFeed { position += 1 }
        position += 1
    }

    func bytes(_ range: TableText) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: text[Int(range.start)..<Int(range.start + range.count)])
    }

    /// The decimal digits of a column, or nil if it is empty.
    func number(_ range: TableText) -> Int? {
        range.count == 0 ? nil : bytes(range).reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static let tab: UInt8 = 0x09
    private static let lineFeed: UInt8 = 0x0A
}

/// A piece of a definition table's text. No string is made until it is asked for.
struct TableText: Sendable {
    var start: UInt32
    var count: UInt32

    static let none = TableText(start: 0, count: 0)

    /// The piece as a string.
    func string(in table: StaticString) -> String { String(decoding: bytes(in: table), as: UTF8.self) }

    func bytes(in table: StaticString) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: table.utf8Start + Int(start), count: Int(count))
    }

    /// A 64-bit FNV-1a hash, by which definitions are found by name. Names of one kind are few and known when the
    /// tables are made: a test holds that none collide.
    ///
    /// - Parameter start: the hash of what comes before `bytes`, to hash a name in parts.
    static func hash(_ bytes: some Sequence<UInt8>, after start: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
        bytes.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
