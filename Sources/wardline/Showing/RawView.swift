internal import HL7

/// A message's bytes as they were received, made visible.
enum RawView {
    /// One segment a line, with its terminator: control characters as `␍`, `␊`, `␀`, bytes that are not valid in the
    /// character set as `<E9>`.
    static func lines(_ bytes: [UInt8], charset: Charset) -> [String] {
        segments(bytes).map { text(bytes[$0], charset) }
    }

    /// Where each segment lies with its terminator: CR, LF, or both.
    static func segments(_ bytes: [UInt8]) -> [Range<Int>] {
        var segments: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            var end = bytes[start...].firstIndex { $0 == 0x0D || $0 == 0x0A }.map { $0 + 1 } ?? bytes.count
            if end < bytes.count, bytes[end - 1] == 0x0D, bytes[end] == 0x0A { end += 1 }
            segments.append(start..<end)
            start = end
        }
        return segments
    }

    /// Bytes as text on one line.
    static func text(_ bytes: ArraySlice<UInt8>, _ charset: Charset) -> String {
        let text =
            charset.decoded(bytes)
            ?? String(bytes.map { $0 < 0x80 ? "\(Character(Unicode.Scalar($0)))" : hexadecimal($0) }.joined())
        return text.unicodeScalars.reduce(into: "") { line, scalar in
            // Line breaks are control characters here like the others.
            line += scalar == "\n" ? "\u{240A}" : scalar == " " ? " " : String(scalar).visible
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String { "<\(digits(Int(byte), 2).uppercased())>" }

    /// Offset, sixteen bytes in hexadecimal, and their ASCII characters; each segment begins a line and is named.
    ///
    ///     MSH  byte 0, 61 bytes
    ///     00000000  4d 53 48 7c 5e 7e 5c 26  7c 4c 41 42 37 7c 4e 4f  |MSH|^~\&|LAB7|NO|
    static func hexLines(_ bytes: [UInt8], isColoured: Bool) -> [String] {
        segments(bytes).flatMap { range in
            let name = String(decoding: bytes[range].prefix(3), as: UTF8.self).visible
            let heading = "\(name)  byte \(range.lowerBound), \(range.count) byte\(range.count == 1 ? "" : "s")"
            return [TextStyle.bold.paint(heading, isColoured)] + hexLines(bytes[range])
        }
    }

    static func hexLines(_ bytes: ArraySlice<UInt8>) -> [String] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: 16).map { start in
            let row = bytes[start..<min(start + 16, bytes.endIndex)]
            let pairs = row.enumerated().map { ($0 == 8 ? " " : "") + digits(Int($1), 2) + " " }.joined()
            let text = row.map { (0x20..<0x7F).contains($0) ? "\(Character(Unicode.Scalar($0)))" : "." }.joined()
            return "\(digits(start, 8))  \(pairs.padded(to: 50))|\(text)|"
        }
    }

    private static func digits(_ number: Int, _ width: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
