/// Keys of 8 bytes each, big endian, one after the other: their stored form.
enum PackedKeys {
    static func bytes(_ keys: [UInt64]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 8 * keys.count) { memory, count in
            for key in keys {
                for shift in stride(from: UInt64(56), through: 0, by: -8) {
                    memory.initializeElement(at: count, to: UInt8(truncatingIfNeeded: key >> shift))
                    count += 1
                }
            }
        }
    }

    /// Whole keys only; what is left over is not one.
    static func keys(_ bytes: some Collection<UInt8>) -> [UInt64] {
        var keys: [UInt64] = []
        keys.reserveCapacity(bytes.count / 8)
        var key: UInt64 = 0
        var count = 0
        for byte in bytes {
            key = key << 8 | UInt64(byte)
            count += 1
            if count.isMultiple(of: 8) { keys.append(key) }
        }
        return keys
    }
}
