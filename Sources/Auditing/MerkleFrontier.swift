import Crypto

/// Hashes of a Merkle tree (RFC 9162, section 2.1), each 32 bytes.
package enum MerkleHash {
    /// SHA-256(0x00 ‖ bytes).
    package static func leaf(_ bytes: [UInt8]) -> [UInt8] {
        hash(0, bytes, [])
    }

    /// SHA-256(0x01 ‖ left ‖ right).
    package static func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        hash(1, left, right)
    }

    /// In one run over memory that is not allocated: every event is hashed twice on the writer's thread.
    private static func hash(_ prefix: UInt8, _ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1 + first.count + second.count) { memory in
            memory[0] = prefix
            _ = memory[1...].update(fromContentsOf: first)
            _ = memory[(1 + first.count)...].update(fromContentsOf: second)
            return Array(SHA256.hash(data: UnsafeRawBufferPointer(memory)))
        }
    }

    /// SHA-256 of nothing: the root of the empty tree.
    package static let empty = Array(SHA256.hash(data: [UInt8]()))
}

/// The right edge of a growing Merkle tree: all that is needed to append leaves and to give the root.
///
/// Holds one hash for each set bit of ``size``, largest subtree first; so at most 64.
package struct MerkleFrontier: Hashable, Sendable {
    package private(set) var size: Int64 = 0
    private var subtrees: [[UInt8]] = []

    package init() {}

    /// Restores a frontier from ``hashes``. Nil unless there are exactly the hashes that `size` calls for.
    package init?(size: Int64, hashes: [UInt8]) {
        guard size >= 0, hashes.count == 32 * size.nonzeroBitCount else { return nil }
        self.size = size
        subtrees = stride(from: 0, to: hashes.count, by: 32).map { Array(hashes[$0..<$0 + 32]) }
    }

    /// The stored form: the hashes one after the other.
    package var hashes: [UInt8] { subtrees.flatMap { $0 } }

    package mutating func append(leaf: [UInt8]) {
        var hash = leaf
        for _ in 0..<size.trailingOneBitCount { hash = MerkleHash.node(subtrees.removeLast(), hash) }
        subtrees.append(hash)
        size += 1
    }

    package var root: [UInt8] {
        guard var hash = subtrees.last else { return MerkleHash.empty }
        for left in subtrees.dropLast().reversed() { hash = MerkleHash.node(left, hash) }
        return hash
    }
}

extension FixedWidthInteger {
    fileprivate var trailingOneBitCount: Int { (~self).trailingZeroBitCount }
}
