/// A set of codes that is asked with the bytes of a message: open addressing over one block of bytes, so that 100,000
/// codes cost one hash and, mostly, one comparison.
struct CodeSet: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [UInt32] = []
    /// Indices in `ends` plus one; 0 = free. A power of two, at most half full.
    private var slots: [UInt32] = []

    var count: Int { ends.count }

    init(_ codes: some Collection<String>) {
        var capacity = 8
        while capacity < codes.count * 2 { capacity *= 2 }
        slots = [UInt32](repeating: 0, count: capacity)
        for code in codes {
            let utf8 = Array(code.utf8)
            let slot = slot(of: utf8[...])
            if slots[slot] != 0 { continue }
            bytes += utf8
            ends.append(UInt32(bytes.count))
            slots[slot] = UInt32(ends.count)
        }
    }

    func contains(_ code: ArraySlice<UInt8>) -> Bool { slots[slot(of: code)] != 0 }

    /// The slot that holds a code, or the free one where it belongs.
    private func slot(of code: ArraySlice<UInt8>) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: Self.hash(code)) & mask
        while slots[slot] != 0, !matches(Int(slots[slot]) - 1, code) { slot = (slot + 1) & mask }
        return slot
    }

    private func matches(_ index: Int, _ code: ArraySlice<UInt8>) -> Bool {
        let start = index == 0 ? 0 : Int(ends[index - 1])
        let end = Int(ends[index])
        guard end - start == code.count else { return false }
        return bytes[start..<end].elementsEqual(code)
    }

    /// FNV-1a with its high bits folded in, which the low ones alone would waste.
    private static func hash(_ code: ArraySlice<UInt8>) -> UInt64 {
        let hash = TableText.hash(code)
        return hash ^ hash >> 32
    }

    /// The codes, for texts that name them: at most `most`, nil if there are more.
    func list(most: Int) -> String? {
        guard count <= most else { return nil }
        return ends.indices.map { index in
            String(decoding: bytes[(index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])], as: UTF8.self)
        }.joined(separator: ", ")
    }
}
