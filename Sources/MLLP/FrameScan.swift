/// The three letters that a frame's first segment begins with.
enum Header {
    static let message = Array("MSH".utf8)
    static let file = Array("FHS".utf8)
    static let batch = Array("BHS".utf8)

    /// The letters of the header whose first letter is `first`; empty if there is none.
    static func letters(_ first: UInt8) -> [UInt8] {
        switch first {
        case message[0]: message
        case file[0]: file
        case batch[0]: batch
        default: []
        }
    }
}

extension UInt8 {
    /// CR or LF.
    var isLineEnd: Bool { self == FrameByte.carriageReturn || self == FrameByte.lineFeed }

    /// True if this byte is letter number `matched` (0-based) of the header that begins with `first`.
    func continuesHeader(first: UInt8, matched: Int) -> Bool {
        let letters = Header.letters(matched == 0 ? self : first)
        return matched < letters.count && letters[matched] == self
    }
}

extension UnsafeRawBufferPointer {
    /// True if `MSH`, `FHS` or `BHS` stands at `position`; three bytes must be there.
    func beginsMessage(at position: Int) -> Bool {
        let letters = Header.letters(self[position])
        return !letters.isEmpty && self[position + 1] == letters[1] && self[position + 2] == letters[2]
    }

    /// The position of the first start or end byte at or after `position`.
    ///
    /// Looks at eight bytes at a time: a byte equal to the wanted one is zero after the exclusive or,
    /// and the lowest byte that the subtraction flags is exactly the first zero.
    func firstFrameByte(from position: Int) -> Int? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let starts = ones &* UInt64(FrameByte.start)
        let ends = ones &* UInt64(FrameByte.end)
        var position = position
        while position + 8 <= count {
            let word = UInt64(littleEndian: loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let start = word ^ starts
            let end = word ^ ends
            let found = (((start &- ones) & ~start) | ((end &- ones) & ~end)) & highs
            if found != 0 { return position + found.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < count {
            if self[position] == FrameByte.start || self[position] == FrameByte.end { return position }
            position += 1
        }
        return nil
    }
}
