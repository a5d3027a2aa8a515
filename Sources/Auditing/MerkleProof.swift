/// Inclusion and consistency proofs (RFC 9162, sections 2.1.3 and 2.1.4).
package enum MerkleProof {
    /// The hashes that lead from leaf `index` (from 0) to the root of the tree over `leaves`.
    package static func inclusion(of index: Int, in leaves: ArraySlice<[UInt8]>) -> [[UInt8]] {
        guard leaves.count > 1 else { return [] }
        let split = splitPoint(leaves.count)
        let left = leaves.prefix(split)
        let right = leaves.dropFirst(split)
        return index < split
            ? inclusion(of: index, in: left) + [root(of: right)]
            : inclusion(of: index - split, in: right) + [root(of: left)]
    }

    /// Whether `proof` shows that `leaf` is number `index` (from 0) of the tree of `size` leaves with `root`.
    package static func isIncluded(
        leaf: [UInt8], index: Int, size: Int, proof: [[UInt8]], root: [UInt8]
    ) -> Bool {
        guard index >= 0, index < size else { return false }
        var position = index
        var last = size - 1
        var hash = leaf
        for sibling in proof {
            guard last > 0 else { return false }
            if position & 1 == 1 || position == last {
                hash = MerkleHash.node(sibling, hash)
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                hash = MerkleHash.node(hash, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    /// The hashes that show that the tree over the first `size` leaves is a prefix of the tree over `leaves`.
    package static func consistency(of size: Int, in leaves: ArraySlice<[UInt8]>) -> [[UInt8]] {
        guard size > 0, size < leaves.count else { return [] }
        return subproof(size, leaves, isWhole: true)
    }

    private static func subproof(_ size: Int, _ leaves: ArraySlice<[UInt8]>, isWhole: Bool) -> [[UInt8]] {
        if size == leaves.count { return isWhole ? [] : [root(of: leaves)] }
        let split = splitPoint(leaves.count)
        if size <= split {
            return subproof(size, leaves.prefix(split), isWhole: isWhole) + [root(of: leaves.dropFirst(split))]
        }
        return subproof(size - split, leaves.dropFirst(split), isWhole: false) + [root(of: leaves.prefix(split))]
    }

    /// Whether `proof` shows that the tree (`size`, `root`) is a prefix of the tree (`newSize`, `newRoot`).
    package static func isConsistent(
        size: Int, root: [UInt8], newSize: Int, newRoot: [UInt8], proof: [[UInt8]]
    ) -> Bool {
        if size == newSize { return proof.isEmpty && root == newRoot }
        guard size > 0, size < newSize else { return size == 0 && proof.isEmpty }
        var path = proof
        if size & (size - 1) == 0 { path.insert(root, at: 0) }
        guard var old = path.first else { return false }
        var new = old
        var position = size - 1
        var last = newSize - 1
        while position & 1 == 1 {
            position >>= 1
            last >>= 1
        }
        for hash in path.dropFirst() {
            guard last > 0 else { return false }
            if position & 1 == 1 || position == last {
                old = MerkleHash.node(hash, old)
                new = MerkleHash.node(hash, new)
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                new = MerkleHash.node(new, hash)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && old == root && new == newRoot
    }

    /// Root of the tree over `leaves`.
    package static func root(of leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        var frontier = MerkleFrontier()
        for leaf in leaves { frontier.append(leaf: leaf) }
        return frontier.root
    }

    /// The largest power of two below `count`.
    private static func splitPoint(_ count: Int) -> Int {
        1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }
}
