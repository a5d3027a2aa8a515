import Testing

@testable import Auditing

@Suite struct MerkleTests {
    private func leaves(_ count: Int) -> [[UInt8]] { (0..<count).map { MerkleHash.leaf(Array("event \($0)".utf8)) } }

    /// The definition of RFC 9162, section 2.1.1, word by word.
    private func definedRoot(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        guard leaves.count > 1 else { return leaves.first ?? MerkleHash.empty }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        return MerkleHash.node(definedRoot(leaves.prefix(split)), definedRoot(leaves.dropFirst(split)))
    }

    @Test func `the hashes are those of the standard's known answers`() {
        // RFC 6962 test vectors of the certificate-transparency project.
        #expect(
            Hexadecimal.text(MerkleHash.empty) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            Hexadecimal.text(MerkleHash.leaf([])) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
        var frontier = MerkleFrontier()
        let data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
        for text in data { frontier.append(leaf: MerkleHash.leaf(Hexadecimal.bytes(text) ?? [])) }
        #expect(
            Hexadecimal.text(frontier.root) == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
    }

    @Test func `the frontier gives the defined root at every size and after being stored`() throws {
        let all = leaves(130)
        var frontier = MerkleFrontier()
        for size in 0...130 {
            #expect(frontier.root == definedRoot(all.prefix(size)))
            let stored = try #require(MerkleFrontier(size: frontier.size, hashes: frontier.hashes))
            #expect(stored == frontier)
            if size < 130 { frontier.append(leaf: all[size]) }
        }
        #expect(MerkleFrontier(size: 3, hashes: [UInt8](repeating: 0, count: 32)) == nil)
    }

    @Test(arguments: 1...33) func `inclusion is proven for every leaf and for no other`(size: Int) {
        let all = leaves(size)
        let root = definedRoot(all[...])
        for index in 0..<size {
            let proof = MerkleProof.inclusion(of: index, in: all[...])
            #expect(
                MerkleProof.isIncluded(leaf: all[index], index: index, size: size, proof: proof, root: root))
            let other = MerkleHash.leaf([1, 2, 3])
            #expect(!MerkleProof.isIncluded(leaf: other, index: index, size: size, proof: proof, root: root))
            #expect(
                !MerkleProof.isIncluded(leaf: all[index], index: index, size: size, proof: proof + [other], root: root)
            )
            if size > 1 {
                let wrong = (index + 1) % size
                #expect(
                    !MerkleProof.isIncluded(leaf: all[index], index: wrong, size: size, proof: proof, root: root))
            }
        }
    }

    @Test(arguments: 1...33) func `consistency is proven with every earlier tree and with no other`(size: Int) {
        let all = leaves(size)
        let root = definedRoot(all[...])
        for old in 1...size {
            let oldRoot = definedRoot(all.prefix(old))
            let proof = MerkleProof.consistency(of: old, in: all[...])
            #expect(
                MerkleProof.isConsistent(size: old, root: oldRoot, newSize: size, newRoot: root, proof: proof))
            var changed = Array(all.prefix(old))
            changed[old / 2] = MerkleHash.leaf([9])
            #expect(
                !MerkleProof.isConsistent(
                    size: old, root: definedRoot(changed[...]), newSize: size, newRoot: root, proof: proof))
        }
    }
}
