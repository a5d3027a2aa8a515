import FHIR

/// Texts as FHIR primitives.
enum Primitive {
    /// A text as a primitive of that type; nil if it is none.
    static func value(_ text: String, _ conversion: Conversion) -> JSONValue? {
        guard !text.isEmpty else { return nil }
        switch conversion {
        case .string, .text, .markdown, .instant, .dateTime, .date: return .string(text)
        case .code: return .string(code(text))
        case .boolean: return boolean(text).map { .bool($0) }
        case .integer, .positiveInt, .unsignedInt:
            return integer(text, minimum: conversion == .integer ? nil : conversion == .positiveInt ? 1 : 0)
        case .decimal: return decimal(text)
        case .time: return FHIRTime.time(text).map { .string($0) }
        case .base64Binary: return Base64.checked(text).map { .string($0) }
        case .base64FromHex: return Base64.fromHex(text).map { .string($0) }
        case .uri, .url, .canonical: return text.utf8.allSatisfy { $0 > 0x20 } ? .string(text) : nil
        case .id, .oid, .uuid: return R4.isValid(text, as: conversion.rawValue) ? .string(text) : nil
        case .base64Encode: return .string(Base64.encoded(Array(text.utf8)))
        case .coding, .codeableConcept, .system, .authority: return nil
        }
    }

    /// A code: no blanks around it, single ones inside.
    static func code(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x80 }) { return text }
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// HL7 table 0136.
    static func boolean(_ text: String) -> Bool? {
        switch text {
        case "Y", "y", "true": true
        case "N", "n", "false": false
        default: nil
        }
    }

    static func integer(_ text: String, minimum: Int?) -> JSONValue? {
        guard let number = Int32(text), minimum.map({ number >= $0 }) ?? true else { return nil }
        return .number(JSONNumber(Int(number)))
    }

    /// An NM (HL7 2.5.1 §2.A.47) with the digits it has: a sign, digits and a point; zeros that JSON forbids are taken
    /// off the front.
    static func decimal(_ text: String) -> JSONValue? {
        var digits = text[...]
        var sign = ""
        if let first = digits.first, first == "-" || first == "+" {
            sign = first == "-" ? "-" : ""
            digits = digits.dropFirst()
        }
        guard digits.contains(where: \.isNumber) else { return nil }
        while digits.hasPrefix("0"), digits.dropFirst().first?.isNumber == true { digits = digits.dropFirst() }
        if digits.hasPrefix(".") { digits = "0" + digits }
        if digits.hasSuffix(".") { digits = digits.dropLast() }
        // Anything else, an exponent included, is no NM.
        guard !digits.contains("e"), !digits.contains("E"), let number = try? JSONNumber(sign + digits) else {
            return nil
        }
        return .number(number)
    }
}

/// Base 64 (RFC 4648 section 4).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = 0
            for index in 0..<3 { bits = bits << 8 | (index < group.count ? Int(group[start + index]) : 0) }
            for index in 0..<4 {
                result.append(index <= group.count ? alphabet[bits >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The text without white space if it is base 64.
    static func checked(_ text: String) -> String? {
        var bytes = text.utf8.filter { $0 > 0x20 }
        let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard !bytes.isEmpty, padding <= 2, bytes.dropLast(padding).allSatisfy(alphabet.contains) else { return nil }
        if padding == 0 { bytes += Array(repeating: UInt8(ascii: "="), count: (4 - bytes.count % 4) % 4) }
        return bytes.count % 4 == 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }

    static func fromHex(_ text: String) -> String? {
        let digits = text.filter { !$0.isWhitespace }.map { $0.hexDigitValue }
        guard digits.count.isMultiple(of: 2), !digits.isEmpty else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return encoded(bytes)
    }
}
