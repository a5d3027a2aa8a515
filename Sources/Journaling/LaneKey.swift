import Crypto

/// Keyed hash of an identity, by which deliveries are ordered and events refer to patients.
package enum LaneKey {
    /// First 8 bytes, big endian, of HMAC-SHA-256 over authority, a zero byte, identifier.
    ///
    /// - Parameter key: ``Journal/laneSecret``.
    package static func hash(authority: String, identifier: String, key: [UInt8]) -> UInt64 {
        var mac = HMAC<SHA256>(key: SymmetricKey(data: key))
        var authority = authority
        var identifier = identifier
        authority.withUTF8 { mac.update(data: UnsafeRawBufferPointer($0)) }
        mac.update(data: [0])
        identifier.withUTF8 { mac.update(data: UnsafeRawBufferPointer($0)) }
        return mac.finalize().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
