package import Interfaces

extension Configuration {
    /// The hash as the journal keeps it: 32 bytes.
    package var hashBytes: [UInt8] {
        var bytes: [UInt8] = []
        var digits = hash.utf8.makeIterator()
        while let high = digits.next(), let low = digits.next() {
            guard let a = Character(Unicode.Scalar(high)).hexDigitValue,
                let b = Character(Unicode.Scalar(low)).hexDigitValue
            else { return [] }
            bytes.append(UInt8(a << 4 | b))
        }
        return bytes
    }
}
