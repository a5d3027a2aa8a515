extension Charset {
    /// A character set that messages are seen in.
    struct Known: Sendable {
        var name: String
        /// Its name for `iconv`; empty for the sets decoded here.
        var converter: String
        var kind: Kind
        /// Other names, beside those that differ only in case and punctuation.
        var spellings: [String]

        func charset(_ number: Int) -> Charset {
            Charset(kind: kind, number: UInt8(number))
        }
    }

    /// Table 0211, and what is seen beside it. The first four are ``ascii``, ``utf8``, ``latin1``, ``windows1252``.
    static let known: [Known] = {
        func own(_ name: String, _ kind: Kind, _ spellings: String...) -> Known {
            Known(name: name, converter: "", kind: kind, spellings: spellings)
        }
        func table(_ name: String, _ converter: String, _ spellings: String...) -> Known {
            Known(name: name, converter: converter, kind: .singleByte, spellings: spellings)
        }
        func wide(_ name: String, _ converter: String, _ spellings: String...) -> Known {
            Known(name: name, converter: converter, kind: .multiByte, spellings: spellings)
        }
        func part(_ number: Int, _ registration: Int, _ spellings: String...) -> Known {
            let registered = ["ISO IR\(registration)", "ISO 2022 IR \(registration)"]
            return Known(
                name: "8859/\(number)", converter: "ISO-8859-\(number)", kind: .singleByte,
                spellings: ["ISO-8859-\(number)"] + registered + spellings)
        }
        return [
            own("ASCII", .ascii, "ISO IR6", "ISO 2022 IR 6", "US-ASCII", "ISO646-US", "ANSI X3.4", "7BIT"),
            own("UNICODE UTF-8", .utf8, "UTF-8", "UNICODE", "UTF-8 UNICODE", "ISO IR192", "ISO 10646", "UTF-8 BOM"),
            own(
                "8859/1", .latin1, "ISO-8859-1", "ISO IR100", "ISO 2022 IR 100", "LATIN1", "ISO LATIN 1", "8859-1:1987",
                "L1"),
            table("windows-1252", "CP1252", "CP1252", "WIN1252", "MS1252", "MS-ANSI", "ANSI", "1252"),
            part(2, 101, "LATIN2"), part(3, 109, "LATIN3"), part(4, 110, "LATIN4"), part(5, 144, "CYRILLIC"),
            part(6, 127, "ARABIC"), part(7, 126, "GREEK"), part(8, 138, "HEBREW"), part(9, 148, "LATIN5"),
            part(15, 203, "LATIN9"),
            table("windows-1250", "CP1250", "CP1250", "WIN1250"), table("windows-1251", "CP1251", "CP1251", "WIN1251"),
            table("windows-1253", "CP1253", "CP1253"), table("windows-1254", "CP1254", "CP1254"),
            table("windows-1255", "CP1255", "CP1255"), table("windows-1256", "CP1256", "CP1256"),
            table("windows-1257", "CP1257", "CP1257"), table("windows-1258", "CP1258", "CP1258"),
            table("IBM437", "CP437", "CP437"), table("IBM850", "CP850", "CP850"),
            // Its two characters that differ from ASCII are the escape and the repetition character of HL7.
            table("ISO IR14", "", "ISO IR13", "ISO 2022 IR 13", "JIS X 0201"),
            // Their second bytes can be 0x5C, 0x5E, 0x7C or 0x7E.
            wide("GB 18030-2000", "GB18030", "GB18030", "GB18030-2005", "GBK", "GB2312", "CP936", "ISO IR58"),
            wide("BIG-5", "BIG5", "BIG5", "CP950"), wide("BIG5-HKSCS", "BIG5-HKSCS"),
            wide("KS X 1001", "EUC-KR", "KS X1001", "KSC5601", "KS C 5601-1987", "EUC-KR", "ISO IR149"),
            wide("windows-949", "UHC", "CP949", "UHC"),
            wide("CNS 11643-1992", "EUC-TW", "CNS 11643", "EUC-TW"),
            wide("SHIFT_JIS", "CP932", "SJIS", "CP932", "MS932", "WINDOWS-31J"),
            wide("EUC-JP", "EUC-JP", "EUCJP"),
            own("ISO IR87", .iso2022, "ISO 2022 IR 87", "JIS X 0208", "JIS X 0202", "JAS2020", "ISO-2022-JP", "JIS"),
            own("ISO IR159", .iso2022, "ISO 2022 IR 159", "JIS X 0212"),
            own("UNICODE UTF-16", .refused, "UTF-16", "UTF-16LE", "UTF-16BE", "UNICODE UTF-16LE", "UCS-2"),
            own("UNICODE UTF-32", .refused, "UTF-32", "UTF-32LE", "UTF-32BE", "UNICODE UTF-32LE", "UCS-4"),
        ]
    }()

    private static let byName: [[UInt8]: Charset] = {
        var sets: [[UInt8]: Charset] = [:]
        for (number, entry) in known.enumerated() {
            for name in [entry.name] + entry.spellings { sets[normalised(name.utf8)] = entry.charset(number) }
        }
        return sets
    }()

    init?(named name: some Collection<UInt8>) {
        // The names that most messages have need no search.
        if name.elementsEqual("UNICODE UTF-8".utf8) {
            self = .utf8
        } else if name.elementsEqual("8859/1".utf8) {
            self = .latin1
        } else if name.elementsEqual("ASCII".utf8) {
            self = .ascii
        } else if name.count <= Self.nameBytesMax, let found = Self.byName[Self.normalised(name)] {
            self = found
        } else {
            return nil
        }
    }

    private static let nameBytesMax = 64

    /// Letters in upper case and digits; nothing else tells one set from another.
    private static func normalised(_ name: some Collection<UInt8>) -> [UInt8] {
        var bytes = name.filter(\.isLetterOrDigit).map { $0 >= 0x61 ? $0 - 0x20 : $0 }
        // ISO_8859-1 and ISO8859/1 are 8859/1.
        if bytes.starts(with: "ISO8859".utf8) { bytes.removeFirst(3) }
        if bytes.starts(with: "WINDOWS".utf8), bytes.count == 11 { bytes.replaceSubrange(0..<7, with: "CP".utf8) }
        return bytes
    }
}
