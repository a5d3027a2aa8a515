extension Charset {
    /// Chooses the character set of a message.
    ///
    /// MSH-18 decides if it is valued and known. Its first repetition is the set of the message; a later one names a
    /// set that is switched to by escape bytes (`~ISO IR87`), and counts if there are any. If it is empty, all-ASCII
    /// bytes need no choice; the others are of `fallback`, the sender's configuration, unless a byte order mark says UTF-8.
    /// Without it, bytes that are valid UTF-8 are taken as UTF-8, and the rest as windows-1252.
    static func choose(
        declared field: Range<Int>, repetition: UInt8, bytes: [UInt8], isASCII: Bool, fallback: Charset?
    ) -> (charset: Charset, origin: Origin) {
        if field.isEmpty {
            if isASCII { return (.ascii, .declared) }
            return undeclared(bytes, fallback)
        }
        let names = bytes[field].split(separator: repetition, omittingEmptySubsequences: false)
        let declared = names.first ?? []
        let first = Charset(named: declared)
        if let switched = switched(names.dropFirst(), first, bytes) { return (switched, .declared) }
        // Bytes over 0x7F in a message that says ASCII are judged as if it had said nothing.
        if let first, first != .ascii || isASCII { return (first, .declared) }
        let isUnknown = !declared.isEmpty && first == nil
        if isASCII { return (.ascii, isUnknown ? .unknownName : .declared) }
        if declared.isEmpty || first == .ascii, let later = later(names.dropFirst(), bytes) {
            return (later, .declared)
        }
        if declared.isEmpty { return undeclared(bytes, fallback) }
        return guessed(bytes, fallback: fallback, isUnknown: isUnknown)
    }

    /// The set of a message that says nothing: its sender's, unless a byte order mark says that it is UTF-8.
    private static func undeclared(_ bytes: [UInt8], _ fallback: Charset?) -> (charset: Charset, origin: Origin) {
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        guard let fallback, !hasMark else { return guessed(bytes, fallback: fallback, isUnknown: false) }
        return (fallback, .configured)
    }

    /// Later repetitions of MSH-18 that are tried.
    private static let laterMax = 4

    /// A message that names a set only in a later repetition, and is whole in it.
    private static func later(_ names: ArraySlice<ArraySlice<UInt8>>, _ bytes: [UInt8]) -> Charset? {
        // Each look is one at the whole message.
        names.prefix(laterMax).lazy.compactMap { Charset(named: $0) }.first {
            $0 != .ascii && $0.kind != .refused && $0.firstInvalidOffset(in: bytes[...]) == nil
        }
    }

    private static func guessed(
        _ bytes: [UInt8], fallback: Charset?, isUnknown: Bool
    ) -> (charset: Charset, origin: Origin) {
        if String(validating: bytes, as: UTF8.self) != nil { return (.utf8, isUnknown ? .unknownName : .guessedUTF8) }
        return (fallback ?? .windows1252, isUnknown ? .unknownName : .fallback)
    }

    /// The set of a message that switches to others, if it does.
    private static func switched(
        _ names: ArraySlice<ArraySlice<UInt8>>, _ first: Charset?, _ bytes: [UInt8]
    ) -> Charset? {
        let isJapanese = first?.name == Self.jisX0201
        guard !names.isEmpty || isJapanese, bytes.contains(0x1B) else { return nil }
        let named = names.lazy.compactMap { Charset(named: $0) }.first { $0.kind == .iso2022 }
        guard let other = named ?? (isJapanese ? Charset(named: "ISO IR87") : nil) else { return nil }
        // A set of two bytes a character cannot be told from what it is switched to.
        let base = first.map { $0.kind == .multiByte || $0.kind == .iso2022 || $0.kind == .refused ? .ascii : $0 }
        return Charset(kind: .iso2022, number: other.number, base: (base ?? .ascii).number)
    }

    private static let jisX0201 = "ISO IR14"
}
