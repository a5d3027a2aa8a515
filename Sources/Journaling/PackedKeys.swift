/// Keys of 8 bytes each, big endian, one after the other: their stored form.
enum PackedKeys {
    static func bytes(_ keys: [UInt64]) -> [UInt8] {
        keys.flatMap { key in (0..<8).map { UInt8(truncatingIfNeeded: key >> (56 - 8 * UInt64($0))) } }
    }

    static func keys(_ bytes: some Collection<UInt8>) -> [UInt64] {
        var keys: [UInt64] = []
        var rest = bytes[...]
        while rest.count >= 8 {
            keys.append(rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
            rest = rest.dropFirst(8)
        }
        return keys
    }
}
