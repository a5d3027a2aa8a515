/// Resources made from values: the same value makes the same one.
struct MadeResources {
    struct Made {
        var map: Int32
        var instance: Int32
        /// The value, and which marks its mapping left.
        var hand: Hand
        var firstLeaf: Int32
        var marks: Range<Int>
        /// Another with the same hash.
        var next: Int32
    }

    private var all: [Made] = []
    private var heads: [UInt64: Int32] = [:]

    private static func key(_ map: Int32, _ value: Text) -> UInt64 {
        TextHash.hash(value, foldsCase: false) ^ UInt64(UInt32(map)) &* 0x9E37_79B9_7F4A_7C15
    }

    func find(_ map: Int32, _ hand: Hand, isSingle: Bool, _ bytes: Text) -> Made? {
        let value = Text(rebasing: bytes[hand.range])
        var position = heads[Self.key(map, value)] ?? -1
        while position >= 0 {
            let made = all[Int(position)]
            if made.map == map, made.hand.level == hand.level || isSingle,
                value.equals(Text(rebasing: bytes[made.hand.range]))
            {
                return made
            }
            position = made.next
        }
        return nil
    }

    mutating func add(_ made: Made, _ bytes: Text) {
        let key = Self.key(made.map, Text(rebasing: bytes[made.hand.range]))
        var made = made
        made.next = heads[key] ?? -1
        heads[key] = Int32(all.count)
        all.append(made)
    }
}
