/// The upper half of a character set of one byte a character; the lower half is ASCII.
struct SingleByteTable: Sendable {
    /// The characters of 0x80 to 0xFF; nil where the set has none.
    private let upper: [Unicode.Scalar?]

    /// By number of the set; empty for sets that need no table.
    private static let all: [SingleByteTable] = Charset.known.map { entry in
        SingleByteTable(converter: entry.kind == .singleByte ? entry.converter : nil)
    }

    static func of(_ charset: Charset) -> SingleByteTable { all[Int(charset.number)] }

    /// - Parameter converter: empty for JIS X 0201.
    private init(converter: String?) {
        guard let converter else {
            upper = []
            return
        }
        if converter.isEmpty {
            upper = (UInt8(0x80)...0xFF).map(ISO2022.katakana)
            return
        }
        // A line feed after each character keeps them apart where there is none.
        let bytes = (UInt8(0x80)...0xFF).flatMap { [$0, 0x0A] as [UInt8] }
        let text = String(decoding: CharsetConverter.utf8(bytes[...], from: converter).bytes, as: UTF8.self)
        upper = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).prefix(128).map { line in
            line.count == 1 ? line.first.flatMap { $0 == "\u{FFFD}" ? nil : $0 } : nil
        }
    }

    private func scalar(_ byte: UInt8) -> Unicode.Scalar? {
        byte < 0x80 ? Unicode.Scalar(byte) : upper[Int(byte) - 0x80]
    }

    func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
        firstInvalidOffset(in: bytes) == nil ? decodedLossily(bytes) : nil
    }

    func decodedLossily(_ bytes: ArraySlice<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes { text.append(scalar(byte) ?? "\u{FFFD}") }
        return String(text)
    }

    func firstInvalidOffset(in bytes: ArraySlice<UInt8>) -> Int? { bytes.firstIndex { scalar($0) == nil } }

    func encoded(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            if scalar.value < 0x80 {
                bytes.append(UInt8(scalar.value))
            } else if let index = upper.firstIndex(of: scalar) {
                bytes.append(UInt8(0x80 + index))
            } else {
                return nil
            }
        }
        return bytes
    }
}
