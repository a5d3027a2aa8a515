/// A resource's type and id as numbers.
struct ResourceID: Hashable {
    var type: Int32
    var high: UInt64
    var low: UInt64
}

/// Finds ids again, each with a number.
struct ResourceIDs {
    private var slots: Buffer<Int32>
    private var entries = Buffer<(id: ResourceID, number: Int)>(capacity: 32)

    /// - Parameter count: how many ids there can be.
    init(count: Int) {
        var size = 8
        while size < count * 2 { size *= 2 }
        slots = Buffer(capacity: size)
        for _ in 0..<size { slots.append(-1) }
    }

    func free() {
        slots.free()
        entries.free()
    }

    /// The number that an id has; a new one gets the number given, and the answer is nil.
    mutating func insert(_ id: ResourceID, _ number: Int) -> Int? {
        let slot = slot(of: id)
        guard slots[slot] < 0 else { return entries[Int(slots[slot])].number }
        slots[slot] = Int32(entries.count)
        entries.append((id, number))
        return nil
    }

    /// How often an id has come, this time included.
    mutating func count(_ id: ResourceID) -> Int {
        guard insert(id, 1) != nil else { return 1 }
        let index = Int(slots[slot(of: id)])
        entries[index].number += 1
        return entries[index].number
    }

    /// Where an id is, or would be.
    private func slot(of id: ResourceID) -> Int {
        var slot = Int(truncatingIfNeeded: id.low ^ UInt64(UInt32(id.type))) & (slots.count - 1)
        while slots[slot] >= 0, entries[Int(slots[slot])].id != id { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }
}
