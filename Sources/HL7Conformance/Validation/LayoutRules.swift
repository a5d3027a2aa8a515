import HL7

/// How the bytes are laid out and in which character set: what can be wrong before any segment is looked at.
enum LayoutRules {
    static func check(_ message: Message, _ report: inout Report) {
        let layout = message.layout
        let header = Location(segment: "MSH")
        let charset = Location(segment: "MSH", field: 18)
        if layout.terminator != .carriageReturn {
            report.add(
                .terminator, header, "segments end with a line feed; HL7 ends a segment with a carriage return only")
        }
        if layout.blankLines > 0 {
            report.add(.blankLine, nil, "\(layout.blankLines) blank lines between segments")
        }
        if layout.hasByteOrderMark {
            report.add(.byteOrderMark, charset, "a byte order mark stands before MSH; MSH-18 names the character set")
        }
        if message.charset.isRefused {
            report.add(
                .charsetRefused, Location(segment: "MSH", field: 18, repetition: 1),
                "\(message.charset.name) cannot be used in MLLP, whose framing bytes occur in it; send UNICODE UTF-8")
        }
        switch message.charsetOrigin {
        case .declared, .configured: break
        case .unknownName:
            report.add(
                .charsetUnknown, Location(segment: "MSH", field: 18, repetition: 1),
                "the character set is not one of table 0211")
        case .guessedUTF8, .fallback:
            report.add(
                .charsetUndeclared, charset,
                "bytes over 7F without a character set that has them; read as \(message.charset.name)")
        }
        checkFurtherCharsets(message, &report)
    }

    /// The repetitions of MSH-18 after the first: sets that escape sequences inside text switch to (§2.15.9.18).
    private static func checkFurtherCharsets(_ message: Message, _ report: inout Report) {
        guard let names = message[position: 0].field(18), names.repetitionCount > 1 else { return }
        for (index, name) in names.repetitions.enumerated().dropFirst() where !name.isEmpty && !name.isNull {
            let charset = Charset(named: name.text)
            if let charset, !charset.isRefused { continue }
            report.add(
                .charsetUnknown, Location(segment: "MSH", field: 18, repetition: index + 1),
                charset == nil
                    ? "the character set is not one of table 0211"
                    : "UTF-16 and UTF-32 cannot be switched to inside a message")
        }
    }
}
