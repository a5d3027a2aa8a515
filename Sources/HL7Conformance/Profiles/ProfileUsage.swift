public import HL7

/// Whether a profile asks for an element (HL7 2.8.2 §2.B.7.5).
///
///     R   must be valued          RE  may be empty            O   nothing is said
///     X   must not be valued      B   kept for old receivers, as O
///     C(a/b)   a where the condition holds, b where it does not;  C is C(R/X), CE is C(RE/X)
public struct ProfileUsage: Hashable, Sendable, CustomStringConvertible {
    /// A usage without a condition.
    public enum Plain: String, CaseIterable, Hashable, Sendable {
        case required = "R"
        case requiredOrEmpty = "RE"
        case optional = "O"
        case backward = "B"
        case notAllowed = "X"
    }

    /// Where the condition holds, or always if there is none.
    public var usage: Plain
    /// Where the condition does not hold; nil: the usage has no condition.
    public var otherwise: Plain?

    public init(_ usage: Plain, otherwise: Plain? = nil) {
        self.usage = usage
        self.otherwise = otherwise
    }

    /// Reads `R`, `RE`, `C(R/X)` and the other forms; nil for any other text. `W`, withdrawn, is `X`.
    public init?(_ text: String) {
        switch text {
        case "C": self.init(.required, otherwise: .notAllowed)
        case "CE": self.init(.requiredOrEmpty, otherwise: .notAllowed)
        default:
            if let plain = Self.plain(text[...]) {
                self.init(plain)
                return
            }
            guard text.hasPrefix("C("), text.hasSuffix(")") else { return nil }
            let parts = text.dropFirst(2).dropLast().split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let usage = Self.plain(parts[0]), let otherwise = Self.plain(parts[1]) else {
                return nil
            }
            self.init(usage, otherwise: otherwise)
        }
    }

    private static func plain(_ text: Substring) -> Plain? { text == "W" ? .notAllowed : Plain(rawValue: String(text)) }

    public var isConditional: Bool { otherwise != nil }

    /// It may come out as a usage.
    func canBe(_ plain: Plain) -> Bool { usage == plain || otherwise == plain }

    public var description: String {
        otherwise.map { "C(\(usage.rawValue)/\($0.rawValue))" } ?? usage.rawValue
    }
}

/// How often something must and may occur.
public struct Cardinality: Hashable, Sendable, CustomStringConvertible {
    public var minimum: Int
    /// nil: any number of times.
    public var maximum: Int?

    public init(_ minimum: Int, _ maximum: Int?) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// Reads `1..3`, `0..*` and, for exactly so many, `2`; nil for any other text.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 1, let number = Self.number(parts[0]) {
            self.init(number, number)
            return
        }
        guard parts.count == 3, parts[1].isEmpty, let minimum = Self.number(parts[0]) else { return nil }
        if parts[2] == "*" {
            self.init(minimum, nil)
        } else if let maximum = Self.number(parts[2]) {
            self.init(minimum, maximum)
        } else {
            return nil
        }
    }

    /// Of at most six digits: larger numbers are slips.
    private static func number(_ text: String) -> Int? {
        text.utf8.count <= 6 && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    public var description: String { "\(minimum)..\(maximum.map(String.init) ?? "*")" }
}
