/// Text as a terminal shows it: measured in columns, not in characters.
extension String {
    /// How many columns it takes: two for most East Asian characters, none for combining marks.
    var columns: Int { reduce(0) { $0 + $1.columns } }

    /// Filled with spaces to a width.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - columns)) }

    /// With the characters that a terminal would obey, or that hide others, replaced by ones that can be seen: `␀`…`␡`
    /// for control characters, `␣` for spaces at the ends, U+FFFD for what turns the direction of text.
    var visible: String {
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x0A: scalars.append(scalar)  // a line break is laid out, not printed
            case 0..<0x20: scalars.append(Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}")
            case 0x7F: scalars.append("\u{2421}")
            case 0x80...0x9F, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: scalars.append("\u{FFFD}")
            default: scalars.append(scalar)
            }
        }
        let text = String(scalars)
        let leading = text.prefix { $0 == " " }.count
        let trailing = leading == text.count ? 0 : text.reversed().prefix { $0 == " " }.count
        guard leading + trailing > 0 else { return text }
        return String(repeating: "\u{2423}", count: leading) + text.dropFirst(leading).dropLast(trailing)
            + String(repeating: "\u{2423}", count: trailing)
    }

    /// In lines of at most `width` columns: broken where it has line breaks and at spaces, inside a word only if one is
    /// longer than a line.
    func wrapped(to width: Int) -> [String] {
        let width = max(width, 1)
        return split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).flatMap { paragraph in
            var lines: [String] = []
            var rest = paragraph
            while let cut = rest.lineEnd(width) {
                lines.append(String(rest[..<cut]))
                rest = rest[cut...].drop { $0 == " " }
            }
            return lines + [String(rest)]
        }
    }
}

extension Substring {
    /// Where a line of at most `width` columns ends; nil if all of it fits.
    fileprivate func lineEnd(_ width: Int) -> Index? {
        var taken = 0
        var lastSpace: Index?
        for index in indices {
            if self[index] == " " { lastSpace = index }
            taken += self[index].columns
            guard taken > width else { continue }
            if let lastSpace, lastSpace > startIndex { return lastSpace }
            // At least one character a line, however wide it is.
            return index > startIndex ? index : self.index(after: index)
        }
        return nil
    }
}

extension Character {
    fileprivate var columns: Int {
        if isASCII { return 1 }
        return unicodeScalars.reduce(0) { Swift.max($0, $1.columns) }
    }
}

extension Unicode.Scalar {
    fileprivate var columns: Int {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        return switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F9FF,
            0x20000...0x3FFFD:
            2
        default: 1
        }
    }
}
