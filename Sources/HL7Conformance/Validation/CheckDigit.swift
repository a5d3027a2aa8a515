/// Check digits of identifiers (CK, CX; table 0061, HL7 2.5.1 §2.A.14).
enum CheckDigit {
    /// The check digit of an identifier, or nil if the scheme is not known or the identifier is not a number.
    static func expected(of identifier: ArraySlice<UInt8>, scheme: String) -> UInt8? {
        guard !identifier.isEmpty, identifier.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        let digits = identifier.map { Int($0 - 0x30) }
        switch scheme {
        case "M10", "BCV": return mod10(digits)
        case "NPI": return mod10([8, 0, 8, 4, 0] + digits)
        case "M11": return mod11(digits)
        default: return nil
        }
    }

    /// Every other digit from the right is doubled and its digits added up.
    private static func mod10(_ digits: [Int]) -> UInt8 {
        let sum = digits.reversed().enumerated().reduce(0) { sum, item in
            let value = item.offset.isMultiple(of: 2) ? item.element * 2 : item.element
            return sum + value / 10 + value % 10
        }
        return UInt8((10 - sum % 10) % 10) + 0x30
    }

    /// Weights 2 to 7 from the right, again and again. An identifier whose digit would be 10 is not judged.
    private static func mod11(_ digits: [Int]) -> UInt8? {
        let sum = digits.reversed().enumerated().reduce(0) { $0 + $1.element * ($1.offset % 6 + 2) }
        let digit = (11 - sum % 11) % 11
        return digit < 10 ? UInt8(digit) + 0x30 : nil
    }
}
