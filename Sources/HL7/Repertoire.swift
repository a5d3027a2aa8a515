/// The character sets in force inside a value: that of the message until an escape sequence changes it (HL7 2.5.1
/// §2.7.2).
///
///     \C2842\ ASCII                  \C284A\ JIS X 0201 romaji, read as ASCII     \C2949\ JIS X 0201 katakana
///     \C2D41\ ISO 8859-1             \C2D42\ -2   \C2D43\ -3   \C2D44\ -4   \C2D4C\ -5   \C2D47\ -6   \C2D46\ -7
///     \C2D48\ ISO 8859-8             \C2D4D\ -9   \C2D62\ -15
///     \M2442\ JIS X 0208 kanji       \M242844\ JIS X 0212 kanji
///
/// The digits are the bytes that follow ESC in ISO 2022. Those of 8859 and the katakana are for bytes over 0x7F, the
/// others for bytes below. The message is split first: kanji of a byte that is a delimiter are written with `\X…\`.
struct Repertoire {
    enum Set: Hashable, Sendable {
        case ascii
        case kanji(ISO2022.Designation)
        case upper(Charset)

        init?(_ sequence: ArraySlice<UInt8>) {
            guard let known = Self.known[Array(sequence)] else { return nil }
            self = known
        }

        private static let known: [[UInt8]: Set] = {
            var sets: [[UInt8]: Set] = [
                Array("C2842".utf8): .ascii, Array("C284A".utf8): .ascii,
                Array("M2442".utf8): .kanji(.jisX0208), Array("M2440".utf8): .kanji(.jisX0208),
                Array("M242842".utf8): .kanji(.jisX0208), Array("M242844".utf8): .kanji(.jisX0212),
            ]
            let upper = [
                ("2D41", "8859/1"), ("2D42", "8859/2"), ("2D43", "8859/3"), ("2D44", "8859/4"), ("2D4C", "8859/5"),
                ("2D47", "8859/6"), ("2D46", "8859/7"), ("2D48", "8859/8"), ("2D4D", "8859/9"), ("2D62", "8859/15"),
                ("2949", "ISO IR14"),
            ]
            for (digits, name) in upper { sets[Array("C\(digits)".utf8)] = Charset(named: name).map { .upper($0) } }
            return sets
        }()
    }

    private let message: Charset
    private var upper: Charset?
    private var kanji: ISO2022.Designation?

    init(_ charset: Charset) { message = charset }

    mutating func change(to set: Set) {
        switch set {
        case .ascii: kanji = nil
        case .kanji(let designation): kanji = designation
        case .upper(let charset): upper = charset
        }
    }

    func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        if let kanji { return String(decoding: ISO2022.utf8(bytes, in: kanji).bytes, as: UTF8.self) }
        guard let upper else { return Escape.plain(bytes, charset: message) }
        // Bytes of a message in UTF-8 that are valid in it are not those of the other set.
        if message.kind == .utf8, let text = Charset.utf8.decoded(bytes) { return text }
        return Escape.plain(bytes, charset: upper)
    }
}
