/// Japanese text whose character sets are switched by escape bytes (ISO 2022; "ISO-2022-JP").
///
///     ESC ( B   ASCII              ESC ( J   JIS X 0201 romaji, read as ASCII       ESC ( I   JIS X 0201 katakana
///     ESC $ B   JIS X 0208 kanji   ESC $ @   the same, of 1978                      ESC $ ( D JIS X 0212 kanji
///
/// Inside kanji, two bytes of 0x21 to 0x7E are one character, and every delimiter is among them. The end of a segment
/// returns to ASCII.
enum ISO2022 {
    /// A set that can be switched to.
    enum Designation: Hashable, Sendable {
        case base, katakana, jisX0208, jisX0212
    }

    private static let escape: UInt8 = 0x1B

    /// What the bytes after ESC switch to, and how many they are.
    private static func designation(_ bytes: ArraySlice<UInt8>) -> (Designation, Int)? {
        let known: [(String, Designation)] = [
            ("(B", .base), ("(J", .base), ("(I", .katakana), ("$B", .jisX0208), ("$@", .jisX0208), ("$(B", .jisX0208),
            ("$(D", .jisX0212),
        ]
        for (text, designation) in known where bytes.starts(with: text.utf8) {
            return (designation, text.utf8.count)
        }
        return nil
    }

    /// Bytes decoded to UTF-8.
    ///
    /// - Parameter base: the set of what stands outside the switched parts.
    static func utf8(_ bytes: ArraySlice<UInt8>, base: Charset) -> Charset.Repaired {
        var result = Charset.Repaired()
        result.bytes.reserveCapacity(bytes.count)
        var active = Designation.base
        var at = bytes.startIndex
        while at < bytes.endIndex {
            let byte = bytes[at]
            if byte == escape {
                guard let (next, length) = designation(bytes[(at + 1)...]) else {
                    result.replace(at)
                    at += 1
                    continue
                }
                active = next
                at += 1 + length
            } else if byte == 0x0D || byte == 0x0A {
                active = .base
                result.bytes.append(byte)
                at += 1
            } else if active == .base {
                let end = bytes[at...].firstIndex { $0 == escape || $0 == 0x0D || $0 == 0x0A } ?? bytes.endIndex
                append(bytes[at..<end], in: base, to: &result)
                at = end
            } else {
                at += append(bytes[at...], in: active, to: &result)
            }
        }
        return result
    }

    /// Bytes of one of the kanji sets decoded to UTF-8.
    static func utf8(_ bytes: ArraySlice<UInt8>, in set: Designation) -> Charset.Repaired {
        var result = Charset.Repaired()
        var at = bytes.startIndex
        while at < bytes.endIndex { at += append(bytes[at...], in: set, to: &result) }
        return result
    }

    private static func append(_ run: ArraySlice<UInt8>, in base: Charset, to result: inout Charset.Repaired) {
        if run.allSatisfy({ $0 < 0x80 }) {
            result.bytes += run
            return
        }
        if let text = base.decoded(run) {
            result.bytes += text.utf8
            return
        }
        var at = run.startIndex
        while at < run.endIndex {
            // The longest character of any base set has four bytes.
            let length = (1...4).first { at + $0 <= run.endIndex && base.decoded(run[at..<at + $0]) != nil }
            if let length, let text = base.decoded(run[at..<at + length]) {
                result.bytes += text.utf8
            } else {
                result.replace(at)
            }
            at += length ?? 1
        }
    }

    /// Appends one character of a switched set.
    ///
    /// - Returns: how many bytes it has.
    private static func append(
        _ bytes: ArraySlice<UInt8>, in set: Designation, to result: inout Charset.Repaired
    ) -> Int {
        let at = bytes.startIndex
        let first = bytes[at]
        // Control characters and the space are the same in all sets.
        if first <= 0x20 || first == 0x7F {
            result.bytes.append(first)
            return 1
        }
        if set == .katakana {
            if let scalar = katakana(first | 0x80) {
                result.bytes += UTF8.encode(scalar) ?? .init()
            } else {
                result.replace(at)
            }
            return 1
        }
        guard first < 0x7F, bytes.count > 1, (0x21...0x7E).contains(bytes[at + 1]),
            let scalar = JISTable.of(set).scalar(first, bytes[at + 1])
        else {
            result.replace(at)
            // A pair without a character is passed over whole, so that what follows stays in step.
            return first < 0x7F && bytes.count > 1 && (0x21...0x7E).contains(bytes[at + 1]) ? 2 : 1
        }
        result.bytes += UTF8.encode(scalar) ?? .init()
        return 2
    }

    /// The half-width katakana of JIS X 0201, 0xA1 to 0xDF.
    static func katakana(_ byte: UInt8) -> Unicode.Scalar? {
        (0xA1...0xDF).contains(byte) ? Unicode.Scalar(0xFF61 + UInt32(byte) - 0xA1) : nil
    }

    /// A text with ASCII outside the switched parts, or nil if none of the sets has one of its characters.
    static func encoded(_ text: String) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = text.unicodeScalars[...]
        while let first = rest.first {
            let isKatakana = isHalfWidthKatakana(first)
            let run = rest.prefix { isHalfWidthKatakana($0) == isKatakana }
            rest = rest[run.endIndex...]
            if isKatakana {
                result += [escape, 0x28, 0x49]
                result += run.map { UInt8($0.value - 0xFF61 + 0x21) }
                result += [escape, 0x28, 0x42]
            } else {
                guard let bytes = CharsetConverter.encoded(String(run), in: "ISO-2022-JP-2") else { return nil }
                result += bytes
            }
        }
        return result
    }

    private static func isHalfWidthKatakana(_ scalar: Unicode.Scalar) -> Bool {
        (0xFF61...0xFF9F).contains(scalar.value)
    }
}

/// The characters of a set of 94 by 94: rows and cells count from 0x21.
struct JISTable: Sendable {
    private let scalars: [Unicode.Scalar?]

    private static let jisX0208 = JISTable(prefix: [])
    private static let jisX0212 = JISTable(prefix: [0x8F])

    static func of(_ set: ISO2022.Designation) -> JISTable { set == .jisX0212 ? jisX0212 : jisX0208 }

    /// EUC-JP holds both sets: the bytes of a character with their high bits set, after 0x8F for JIS X 0212.
    private init(prefix: [UInt8]) {
        // A line feed after each character keeps them apart where there is none.
        var cells: [UInt8] = []
        for row in UInt8(0xA1)...0xFE {
            for cell in UInt8(0xA1)...0xFE { cells += prefix + [row, cell, 0x0A] }
        }
        let text = String(decoding: CharsetConverter.utf8(cells[...], from: "EUC-JP").bytes, as: UTF8.self)
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        scalars = lines.map { line in
            line.count == 1 ? line.first.flatMap { $0 == "\u{FFFD}" ? nil : $0 } : nil
        }
    }

    func scalar(_ row: UInt8, _ cell: UInt8) -> Unicode.Scalar? {
        let index = (Int(row) - 0x21) * 94 + Int(cell) - 0x21
        return scalars.indices.contains(index) ? scalars[index] : nil
    }
}
