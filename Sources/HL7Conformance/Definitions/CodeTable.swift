/// A table of codes.
public struct CodeTable: Sendable {
    public enum Kind: UInt8, Sendable {
        /// HL7 defines the codes.
        case hl7
        /// Sites define the codes; the standard only suggests some.
        case user
        /// Bound by coded elements only, so that other codes are allowed.
        case extensible

        init(_ letter: UInt8) {
            self = letter == UInt8(ascii: "H") ? .hl7 : letter == UInt8(ascii: "U") ? .user : .extensible
        }
    }

    let data: DefinitionSet
    let row: Int

    private var table: DefinitionSet.TableRow { data.tables[row] }

    /// Four digits: `0001`.
    public var number: String { Self.text(ofNumber: table.number) ?? "" }
    public var name: String { table.name.string(in: DefinitionTables.tables) }
    public var kind: Kind { table.kind }
    public var count: Int { Int(table.codeCount) }
    /// Some entries stand for codes that are not listed, so that a code that is not listed may still be right.
    public var isOpen: Bool { table.isOpen }

    /// The codes in the order of their bytes.
    public var codes: [String] {
        let first = Int(table.firstCode)
        return data.codes[first..<first + count].map { $0.code.string(in: DefinitionTables.codes) }
    }

    public func contains(_ code: String) -> Bool { data.codeIndex(in: table, Array(code.utf8)) != nil }

    /// What a code means, or nil if the table does not list it; empty where the meaning is not known.
    public func text(for code: String) -> String? {
        data.codeIndex(in: table, Array(code.utf8)).map { data.codes[$0].text.string(in: DefinitionTables.codes) }
    }

    static func text(ofNumber number: UInt16) -> String? {
        guard number > 0 else { return nil }
        let digits = String(number)
        return String(repeating: "0", count: 4 - min(4, digits.count)) + digits
    }
}
