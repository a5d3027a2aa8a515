extension Charset {
    /// Chooses the character set of a message.
    ///
    /// MSH-18 decides if it is valued and known. Its first repetition is the set of the message, unless a later one
    /// names a set that is switched to by escape bytes (`~ISO IR87`). If it is empty, all-ASCII bytes need no choice, bytes that are valid
    /// UTF-8 are taken as UTF-8, and the rest as `fallback` (the sender's configuration) or windows-1252.
    static func choose(
        declared field: ArraySlice<UInt8>, repetition: UInt8, bytes: [UInt8], isASCII: Bool, fallback: Charset?
    ) -> (charset: Charset, origin: Origin) {
        var unknown = false
        let names = field.split(separator: repetition, omittingEmptySubsequences: false)
        for name in names.dropFirst() {
            let charset = Charset(named: String(decoding: name, as: UTF8.self))
            if let charset, charset == .iso2022JP { return (charset, .declared) }
        }
        let declared = names.first ?? []
        if !declared.isEmpty {
            if let charset = Charset(named: String(decoding: declared, as: UTF8.self)) {
                // Bytes over 0x7F in a message that says ASCII are judged as if it had said nothing.
                if charset != .ascii || isASCII { return (charset, .declared) }
            } else {
                unknown = true
            }
        }
        if isASCII { return (.ascii, unknown ? .unknownName : .declared) }
        if let fallback, declared.isEmpty { return (fallback, .fallback) }
        if String(validating: bytes, as: UTF8.self) != nil { return (.utf8, unknown ? .unknownName : .guessedUTF8) }
        return (fallback ?? .windows1252, unknown ? .unknownName : .fallback)
    }

    static func normalised(_ name: String) -> String {
        String(name.uppercased().filter { $0.isLetter || $0.isNumber })
    }

    /// Table 0211 and the spellings seen in practice, by normalised name.
    static let byName: [String: Charset] = {
        var sets: [String: Charset] = [:]
        func add(_ charset: Charset, _ names: String...) {
            for name in names + [charset.name] { sets[normalised(name)] = charset }
        }
        add(.ascii, "ISO IR6", "ISO-IR-6", "US-ASCII", "ISO646-US")
        add(.utf8, "UTF-8", "UNICODE", "UTF8")
        add(.latin1, "ISO-8859-1", "ISO8859/1", "ISO IR100", "LATIN1", "8859-1")
        for part in 2...9 {
            add(
                Charset(name: "8859/\(part)", converter: "ISO-8859-\(part)", kind: .converted), "ISO-8859-\(part)",
                "ISO8859/\(part)")
        }
        add(
            Charset(name: "8859/15", converter: "ISO-8859-15", kind: .converted), "ISO-8859-15", "ISO8859/15", "LATIN9")
        add(.windows1252, "CP1252", "WINDOWS-1252", "ANSI")
        add(Charset(name: "windows-1250", converter: "CP1250", kind: .converted), "CP1250")
        add(Charset(name: "windows-1251", converter: "CP1251", kind: .converted), "CP1251")
        // Their second bytes can be 0x5C, 0x5E, 0x7C or 0x7E.
        add(
            Charset(name: "GB 18030-2000", converter: "GB18030", kind: .convertedBeforeSplitting), "GB18030",
            "GB 18030", "GBK", "GB2312")
        add(Charset(name: "BIG-5", converter: "BIG5", kind: .convertedBeforeSplitting), "BIG5")
        add(Charset(name: "KS X 1001", converter: "EUC-KR", kind: .convertedBeforeSplitting), "EUC-KR", "KSX1001")
        add(
            Charset(name: "CNS 11643-1992", converter: "EUC-TW", kind: .convertedBeforeSplitting), "EUC-TW")
        add(
            .iso2022JP, "ISO IR14", "ISO IR159", "JIS X 0202", "JAS2020", "JIS X0202", "ISO-2022-JP", "ISO 2022 IR 87",
            "ISO 2022 IR 159")
        add(Charset(name: "SHIFT_JIS", converter: "CP932", kind: .convertedBeforeSplitting), "SJIS", "CP932")
        for name in ["UNICODE UTF-16", "UNICODE UTF-32"] {
            add(Charset(name: name, converter: nil, kind: .refused), String(name.dropFirst(8)))
        }
        return sets
    }()
}
