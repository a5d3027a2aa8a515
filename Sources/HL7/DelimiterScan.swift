/// Finds separators and line ends, 64 bytes at a time: where they are, as one bit a byte.
struct DelimiterScan {
    private let field: SIMD16<UInt8>

    init(field: UInt8) { self.field = SIMD16(repeating: field) }

    /// One bit for each of 64 bytes; bit 0 is the first byte.
    struct Block {
        var separators: UInt64
        var lineEnds: UInt64
    }

    static let blockBytes = 64
    // Computed, since a stored static costs a check at every use.
    private static var zero: SIMD16<UInt8> { SIMD16(repeating: 0) }
    private static var cr: SIMD16<UInt8> { SIMD16(repeating: 0x0D) }
    private static var lf: SIMD16<UInt8> { SIMD16(repeating: 0x0A) }

    /// The 64 bytes at an offset; all of them must be there.
    @inline(__always)
    func block(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Block {
        let a = bytes.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
        let b = bytes.loadUnaligned(fromByteOffset: offset &+ 16, as: SIMD16<UInt8>.self)
        let c = bytes.loadUnaligned(fromByteOffset: offset &+ 32, as: SIMD16<UInt8>.self)
        let d = bytes.loadUnaligned(fromByteOffset: offset &+ 48, as: SIMD16<UInt8>.self)
        return Block(
            separators: Self.bits(a .== field, b .== field, c .== field, d .== field),
            lineEnds: Self.bits(Self.endsLine(a), Self.endsLine(b), Self.endsLine(c), Self.endsLine(d)))
    }

    @inline(__always)
    private static func endsLine(_ lanes: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>> {
        (lanes .== cr) .| (lanes .== lf)
    }

    /// One bit for each lane.
    @inline(__always)
    private static func bits(
        _ a: SIMDMask<SIMD16<Int8>>, _ b: SIMDMask<SIMD16<Int8>>, _ c: SIMDMask<SIMD16<Int8>>,
        _ d: SIMDMask<SIMD16<Int8>>
    ) -> UInt64 {
        // A hit in lane n sets, in byte n modulo 8, the bit that says which eighth of the block it is in.
        let lanes =
            zero.replacing(with: weights(1, 2), where: a) | zero.replacing(with: weights(4, 8), where: b)
            | zero.replacing(with: weights(16, 32), where: c) | zero.replacing(with: weights(64, 128), where: d)
        let halves = unsafeBitCast(lanes, to: SIMD2<UInt64>.self)
        return inByteOrder(UInt64(littleEndian: halves.x | halves.y))
    }

    @inline(__always)
    private static func weights(_ low: UInt8, _ high: UInt8) -> SIMD16<UInt8> {
        SIMD16(lowHalf: SIMD8(repeating: low), highHalf: SIMD8(repeating: high))
    }

    /// The last bytes, fewer than 64.
    func partialBlock(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Block {
        let count = bytes.count - offset
        var padded = SIMD64<UInt8>(repeating: 0)
        var block = withUnsafeMutableBytes(of: &padded) { buffer in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset...]))
            return self.block(UnsafeRawBufferPointer(buffer), at: 0)
        }
        let present = (UInt64(1) << UInt64(count)) &- 1
        block.separators &= present
        block.lineEnds &= present
        return block
    }

    /// Puts the bits in the order of the bytes: transposes an 8 by 8 matrix of bits.
    @inline(__always)
    private static func inByteOrder(_ bits: UInt64) -> UInt64 {
        if bits == 0 { return 0 }
        var x = bits
        var t = (x ^ (x &>> 7)) & 0x00AA_00AA_00AA_00AA
        x ^= t ^ (t &<< 7)
        t = (x ^ (x &>> 14)) & 0x0000_CCCC_0000_CCCC
        x ^= t ^ (t &<< 14)
        t = (x ^ (x &>> 28)) & 0x0000_0000_F0F0_F0F0
        return x ^ t ^ (t &<< 28)
    }

    /// How many separators and line ends there are: what a table over them needs room for.
    struct Census {
        var separators = 0
        var lineEnds = 0
        /// All bytes are below 0x80.
        var isASCII = true
    }

    func census(_ bytes: UnsafeRawBufferPointer) -> Census {
        var census = Census()
        var high = Self.zero
        var offset = 0
        while offset + 16 <= bytes.count {
            // Lanes of eight bits count 255 vectors before they run over.
            let end = min(offset + 255 * 16, bytes.count - 15)
            var separators = Self.zero
            var lineEnds = Self.zero
            let one = SIMD16<UInt8>(repeating: 1)
            while offset < end {
                let lanes = bytes.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
                high |= lanes
                separators &+= Self.zero.replacing(with: one, where: lanes .== field)
                lineEnds &+= Self.zero.replacing(with: one, where: Self.endsLine(lanes))
                offset &+= 16
            }
            census.separators += Int(SIMD16<UInt16>(truncatingIfNeeded: separators).wrappedSum())
            census.lineEnds += Int(SIMD16<UInt16>(truncatingIfNeeded: lineEnds).wrappedSum())
        }
        var highByte = high.max()
        while offset < bytes.count {
            let byte = bytes[offset]
            highByte = max(highByte, byte)
            if byte == field[0] { census.separators += 1 }
            if byte == 0x0D || byte == 0x0A { census.lineEnds += 1 }
            offset += 1
        }
        census.isASCII = highByte < 0x80
        return census
    }
}
