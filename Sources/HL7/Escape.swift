/// Escape sequences of text (HL7 2.5.1 §2.7).
///
///     \F\ \S\ \T\ \R\ \E\ \P\   field, component, sub-component, repetition, escape, truncation character
///     \Xhh…\                    bytes in hexadecimal, in the message's character set
///     \.br\ \.sp\ \.spN\        line breaks       \H\ \N\ \.in…\ \.ti…\ …   highlighting and layout: no text
///     \Cxxyy\ \Mxxyyzz\         change of character set to the end of the value, see ``Repertoire``
///
/// A sequence that is not known, or not closed, is kept as it stands; so are local sequences `\Z…\`.
enum Escape {
    /// Decodes bytes that contain no escape sequence.
    static func plain(_ bytes: ArraySlice<UInt8>, charset: Charset) -> String {
        if charset.kind == .utf8 || charset.kind == .ascii || bytes.allSatisfy({ $0 < 0x80 }) {
            return String(decoding: bytes, as: UTF8.self)
        }
        return charset.decodedLossily(bytes)
    }

    /// - Parameters:
    ///   - charset: of the bytes.
    ///   - received: of the message as it came, in which `\X…\` is written; another one if it was decoded before.
    static func decoded(
        _ bytes: ArraySlice<UInt8>, delimiters: Delimiters, charset: Charset, received: Charset
    ) -> String {
        var text = ""
        var pending: [UInt8] = []  // bytes up to the next change of meaning, decoded together
        var repertoire = Repertoire(charset)
        func flush() {
            text += repertoire.decoded(pending[...])
            pending.removeAll(keepingCapacity: true)
        }
        var position = bytes.startIndex
        while position < bytes.endIndex {
            guard bytes[position] == delimiters.escape,
                let close = bytes[(position + 1)...].firstIndex(of: delimiters.escape),
                let meaning = meaning(of: bytes[(position + 1)..<close], delimiters: delimiters)
            else {
                pending.append(bytes[position])
                position += 1
                continue
            }
            switch meaning {
            case .bytes(let value): pending += value
            case .hexadecimal(let value):
                // Bytes of several sequences may be one character, as long as they are of one set.
                if charset == received {
                    pending += value
                } else {
                    flush()
                    text += received.decodedLossily(value[...])
                }
            case .text(let value):
                flush()
                text += value
            case .repertoire(let set):
                flush()
                repertoire.change(to: set)
            }
            position = close + 1
        }
        flush()
        return text
    }

    private enum Meaning {
        case bytes([UInt8])
        case hexadecimal([UInt8])
        case text(String)
        case repertoire(Repertoire.Set)
    }

    private static func meaning(of sequence: ArraySlice<UInt8>, delimiters: Delimiters) -> Meaning? {
        guard let first = sequence.first else { return nil }
        if sequence.count == 1 {
            switch first {
            case UInt8(ascii: "F"): return .bytes([delimiters.field])
            case UInt8(ascii: "S"): return .bytes([delimiters.component])
            case UInt8(ascii: "T"): return .bytes([delimiters.subcomponent])
            case UInt8(ascii: "R"): return .bytes([delimiters.repetition])
            case UInt8(ascii: "E"): return .bytes([delimiters.escape])
            case UInt8(ascii: "P"): return .bytes([delimiters.truncation ?? UInt8(ascii: "#")])
            case UInt8(ascii: "H"), UInt8(ascii: "N"): return .text("")
            default: return nil
            }
        }
        if first == UInt8(ascii: "X") { return hexadecimal(sequence.dropFirst()).map { .hexadecimal($0) } }
        if first == UInt8(ascii: ".") { return layout(sequence.dropFirst()) }
        let isLocal = [UInt8(ascii: "C"), UInt8(ascii: "M"), UInt8(ascii: "Z")].contains(first)
        guard isLocal, sequence.allSatisfy(\.isLetterOrDigit) else { return nil }
        if let set = Repertoire.Set(sequence) { return .repertoire(set) }
        return .bytes([delimiters.escape] + sequence + [delimiters.escape])
    }

    private static func layout(_ command: ArraySlice<UInt8>) -> Meaning? {
        let name = String(decoding: command.prefix(2), as: UTF8.self).lowercased()
        let argument = String(decoding: command.dropFirst(2), as: UTF8.self)
        guard argument.allSatisfy({ $0.isNumber || $0 == "+" || $0 == "-" || $0 == " " }) else { return nil }
        switch name {
        case "br", "ce": return .text("\n")
        case "sp":
            let lines = Int(argument.filter(\.isNumber)) ?? 1
            return .text(String(repeating: "\n", count: max(1, min(lines, 99))))
        case "sk":
            let spaces = Int(argument.filter(\.isNumber)) ?? 1
            return .text(String(repeating: " ", count: max(1, min(spaces, 99))))
        case "in", "ti", "fi", "nf": return .text("")
        default: return nil
        }
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2), !digits.isEmpty else { return nil }
        var bytes: [UInt8] = []
        var high: Int?
        for digit in digits {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            if let pair = high {
                bytes.append(UInt8(pair << 4 | value))
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }

    /// Text with the delimiters in it replaced by their escape sequences, and line breaks by `\.br\`.
    ///
    /// - Returns: nil if the message has no escape character and the text needs one.
    static func encoded(_ text: String, delimiters: Delimiters) -> String? {
        let hasEscape = delimiters.escape != Delimiters.absent
        let mark = Character(Unicode.Scalar(delimiters.escape))
        var result = ""
        var afterReturn = false
        for scalar in text.unicodeScalars {
            defer { afterReturn = scalar.value == 0x0D }
            if afterReturn, scalar.value == 0x0A { continue }
            guard let letter = letter(for: scalar, delimiters) else {
                result.unicodeScalars.append(scalar)
                continue
            }
            guard hasEscape else { return nil }
            result.append(mark)
            result += letter
            result.append(mark)
        }
        return result
    }

    /// What stands between the escape characters for a character that cannot stand for itself.
    private static func letter(for scalar: Unicode.Scalar, _ delimiters: Delimiters) -> String? {
        guard scalar.isASCII, scalar.value != UInt32(Delimiters.absent) else { return nil }
        return switch UInt8(scalar.value) {
        case delimiters.field: "F"
        case delimiters.component: "S"
        case delimiters.subcomponent: "T"
        case delimiters.repetition: "R"
        case delimiters.escape: "E"
        case 0x0A, 0x0D: ".br"
        case delimiters.truncation: "P"
        default: nil
        }
    }
}
