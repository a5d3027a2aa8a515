/// The separators of a message, taken from MSH-1 and MSH-2 (HL7 2.5.1 §2.5.4).
///
///     M S H | ^ ~ \ & #
///           1 2 3 4 5 6      1 field, 2 component, 3 repetition, 4 escape, 5 sub-component, 6 truncation (2.7+)
///
/// A separator that a short MSH-2 leaves out, or that is no ASCII character, is ``absent``: nothing is split by it.
public struct Delimiters: Hashable, Sendable {
    public var field: UInt8
    public var component: UInt8
    public var repetition: UInt8
    public var escape: UInt8
    public var subcomponent: UInt8
    /// The truncation character of HL7 2.7 and later, if MSH-2 has a fifth character.
    public var truncation: UInt8?

    /// The value of a separator that the message does not define.
    public static let absent: UInt8 = 0

    /// The separators that HL7 recommends: `|^~\&`.
    public static let standard = Delimiters(
        field: UInt8(ascii: "|"), component: UInt8(ascii: "^"), repetition: UInt8(ascii: "~"),
        escape: UInt8(ascii: "\\"), subcomponent: UInt8(ascii: "&"))

    public init(
        field: UInt8, component: UInt8, repetition: UInt8, escape: UInt8, subcomponent: UInt8, truncation: UInt8? = nil
    ) {
        self.field = field
        self.component = component
        self.repetition = repetition
        self.escape = escape
        self.subcomponent = subcomponent
        self.truncation = truncation
    }

    /// Reads the separators from the fourth byte of a header segment and the bytes of its second field.
    ///
    /// An empty second field gives the standard separators, so that the rest of the header can still be read;
    /// that it was empty is for the validator to say.
    package init(field: UInt8, encoding: some Collection<UInt8>) {
        self = Delimiters.standard
        self.field = field
        if encoding.isEmpty { return }
        var characters = encoding.makeIterator()
        func next() -> UInt8 {
            let character = characters.next() ?? Self.absent
            return character < 0x80 ? character : Self.absent
        }
        component = next()
        repetition = next()
        escape = next()
        subcomponent = next()
        let fifth = next()
        truncation = fifth == Self.absent ? nil : fifth
    }

    /// Whether a byte can follow `MSH`: a letter, digit or space there makes it another word, and a byte over 0x7F would
    /// split characters.
    static func canSeparateFields(_ byte: UInt8) -> Bool {
        byte < 0x80 && byte != 0x0A && byte != 0x0D && byte != 0x20 && !byte.isLetterOrDigit
    }

    /// The separators that an answer is written with: those of the message, but others for what is absent, a letter or
    /// digit, or the same as one before it.
    var forAnswers: Delimiters {
        if self == .standard { return self }
        var used = [field]
        func usable(_ byte: UInt8) -> UInt8 {
            let isUsable = (0x21...0x7E).contains(byte) && !byte.isLetterOrDigit && !used.contains(byte)
            let chosen = isUsable ? byte : "^~\\&@%$".utf8.first { !used.contains($0) } ?? Self.absent
            used.append(chosen)
            return chosen
        }
        return Delimiters(
            field: field, component: usable(component), repetition: usable(repetition), escape: usable(escape),
            subcomponent: usable(subcomponent), truncation: truncation)
    }

    /// MSH-2 as it is written with these separators.
    public var encodingCharacters: [UInt8] {
        var characters = [component, repetition, escape, subcomponent].filter { $0 != Self.absent }
        if let truncation { characters.append(truncation) }
        return characters
    }
}
