/// One name of a target path as written: `participant[+]`, `extension(patient-religion)`, `valueString`.
struct TargetPiece: Hashable {
    var name: String
    /// What stands in parentheses.
    var url: String?
    /// What stands in brackets.
    var index: String?

    /// Splits a target path at its dots. Dots in parentheses and brackets do not count.
    ///
    /// - Returns: nil if parentheses or brackets are not balanced or a name is missing.
    static func pieces(of text: String) -> [TargetPiece]? {
        var pieces: [TargetPiece] = []
        var rest = text[...]
        while true {
            let name = rest.prefix { $0.isLatinLetter || $0.isDigit }
            guard !name.isEmpty else { return nil }
            var piece = TargetPiece(name: String(name))
            rest = rest[name.endIndex...]
            if rest.first == "(" {
                guard let close = rest.firstIndex(of: ")") else { return nil }
                piece.url = String(rest[rest.index(after: rest.startIndex)..<close])
                rest = rest[rest.index(after: close)...]
            }
            if rest.first == "[" {
                guard let close = rest.firstIndex(of: "]") else { return nil }
                piece.index = String(rest[rest.index(after: rest.startIndex)..<close])
                rest = rest[rest.index(after: close)...]
            }
            pieces.append(piece)
            if rest.isEmpty { return pieces }
            guard rest.first == "." else { return nil }
            rest = rest.dropFirst()
        }
    }
}

/// Prepares a condition of a map for the one expression language: `CX.5` and, in a datatype map, its own type's name
/// become paths of a segment that stands for the value at hand.
enum ConditionSyntax {
    static func rewritten(_ text: String, ownType: String?) -> String {
        var result = ""
        var rest = text[...]
        while let first = rest.first {
            if first == "\"" {
                let end = rest.dropFirst().firstIndex(of: "\"") ?? rest.index(before: rest.endIndex)
                result += rest[...end]
                rest = rest[rest.index(after: end)...]
                continue
            }
            guard first.isLatinLetter else {
                result.append(first)
                rest = rest.dropFirst()
                continue
            }
            let word = rest.prefix { $0.isLatinLetter || $0.isDigit }
            rest = rest[word.endIndex...]
            let next = rest.dropFirst().first
            if (2...3).contains(word.count), word.allSatisfy({ $0.isCapital || $0.isDigit }), rest.first == ".",
                next?.isDigit == true
            {
                result += Guard.hand + "-"
                rest = rest.dropFirst()
            } else if word == ownType ?? "", rest.first != "-", rest.first != "[" {
                result += Guard.hand
            } else {
                result += word
            }
        }
        return result
    }
}

extension String {
    /// Whether a prepared condition has paths of segments, and not only those of the value at hand.
    var readsSegments: Bool {
        let own = Guard.hand + "-"
        var isQuoted = false
        var word = ""
        for character in self {
            if character == "\"" { isQuoted.toggle() }
            if !isQuoted, character == "-", word.count == 3, word.allSatisfy({ $0.isCapital || $0.isDigit }),
                word + "-" != own
            {
                return true
            }
            word = character.isLatinLetter || character.isDigit ? word + String(character) : ""
        }
        return false
    }
}

/// Names in paths are ASCII; asking Unicode about each character would cost much of the time of compiling.
extension Character {
    fileprivate var isCapital: Bool { asciiValue.map { (0x41...0x5A).contains($0) } ?? false }
    fileprivate var isLatinLetter: Bool { asciiValue.map { (0x61...0x7A).contains($0 | 0x20) } ?? false }
    fileprivate var isDigit: Bool { asciiValue.map { (0x30...0x39).contains($0) } ?? false }
}
