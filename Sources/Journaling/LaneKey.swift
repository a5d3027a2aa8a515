import Crypto

/// Keyed hash of an identity, by which deliveries are ordered and events refer to patients.
package enum LaneKey {
    /// First 8 bytes, big endian, of HMAC-SHA-256 (RFC 2104) over authority, a zero byte, identifier.
    ///
    /// Written out, because an `HMAC` value sets up its key anew for each of these short texts, which takes longer than
    /// the hashing.
    ///
    /// - Parameter key: ``Journal/laneSecret``; at most 64 bytes.
    package static func hash(authority: [UInt8], identifier: [UInt8], key: [UInt8]) -> UInt64 {
        precondition(key.count <= block, "a longer key would have to be hashed first")
        let innerCount = block + authority.count + 1 + identifier.count
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: innerCount + 2 * block) { memory in
            let inner = UnsafeMutableBufferPointer(rebasing: memory[..<innerCount])
            let outer = UnsafeMutableBufferPointer(rebasing: memory[innerCount..<innerCount + block + 32])
            for index in 0..<block {
                let byte = index < key.count ? key[index] : 0
                inner[index] = byte ^ 0x36
                outer[index] = byte ^ 0x5C
            }
            _ = inner[block...].update(fromContentsOf: authority)
            inner[block + authority.count] = 0
            _ = inner[(block + authority.count + 1)...].update(fromContentsOf: identifier)
            SHA256.hash(data: UnsafeRawBufferPointer(inner)).withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(outer)[block...]).copyMemory(
                    from: $0)
            }
            return SHA256.hash(data: UnsafeRawBufferPointer(outer)).withUnsafeBytes { hash in
                UInt64(bigEndian: hash.loadUnaligned(as: UInt64.self))
            }
        }
    }

    /// Bytes that SHA-256 takes at a time.
    private static let block = 64
}
