/// Resources made from values: the same value makes the same one.
struct MadeResources {
    struct Made {
        var map: Int32
        var instance: Int32
        /// The value, and which marks its mapping left.
        var hand: Hand
        var firstLeaf: Int32
        var marks: Range<Int>
        var hash: UInt64 = 0
        /// Another in the same slot.
        var next: Int32 = -1
    }

    private var all = Buffer<Made>(capacity: 16)
    private var heads = Buffer<Int32>(capacity: 64)

    init() { for _ in 0..<64 { heads.append(-1) } }

    func free() {
        all.free()
        heads.free()
    }

    private static func hash(_ map: Int32, _ value: Text) -> UInt64 {
        TextHash.hash(value, foldsCase: false) ^ UInt64(UInt32(map)) &* 0x9E37_79B9_7F4A_7C15
    }

    private func slot(_ hash: UInt64) -> Int { Int((hash ^ hash >> 32) & UInt64(heads.count - 1)) }

    /// - Parameter isSingle: the value has no parts, so that its level does not matter.
    func find(_ map: Int32, _ hand: Hand, isSingle: Bool, _ bytes: Text) -> Made? {
        let value = Text(rebasing: bytes[hand.range])
        let hash = Self.hash(map, value)
        var position = heads[slot(hash)]
        while position >= 0 {
            let made = all[Int(position)]
            if made.hash == hash, made.map == map, made.hand.level == hand.level || isSingle,
                value.equals(Text(rebasing: bytes[made.hand.range]))
            {
                return made
            }
            position = made.next
        }
        return nil
    }

    mutating func add(_ made: Made, _ bytes: Text) {
        if all.count > heads.count * 2 { spread() }
        var made = made
        made.hash = Self.hash(made.map, Text(rebasing: bytes[made.hand.range]))
        made.next = heads[slot(made.hash)]
        heads[slot(made.hash)] = Int32(all.count)
        all.append(made)
    }

    /// Doubles the slots.
    private mutating func spread() {
        for _ in heads.indices { heads.append(-1) }
        for index in heads.indices { heads[index] = -1 }
        for index in all.indices {
            all[index].next = heads[slot(all[index].hash)]
            heads[slot(all[index].hash)] = Int32(index)
        }
    }
}
