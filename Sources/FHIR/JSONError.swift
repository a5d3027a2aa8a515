/// Why bytes are not the JSON that was asked for. Holds nothing of their content.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The text ends inside a value.
        case truncated
        /// Another character was expected here.
        case unexpectedCharacter
        /// Something follows the value.
        case trailingCharacters
        case invalidNumber
        /// A backslash is followed by none of `"\/bfnrtu`, or `\u` not by four hexadecimal digits.
        case invalidEscape
        /// A `\u` escape is half of a surrogate pair.
        case loneSurrogate
        /// A character below U+0020 stands unescaped in a string.
        case controlCharacter
        case invalidUTF8
        /// The object already has a member of this name.
        case duplicateKey
        /// The value is nested deeper than ``JSONLimits/depthMax``.
        case tooDeep
        /// The text is longer than ``JSONLimits/bytesMax``.
        case tooLarge
    }

    public var code: Code
    /// Bytes from the start of the text.
    public var offset: Int

    public init(code: Code, offset: Int) {
        self.code = code
        self.offset = offset
    }

    public var description: String {
        let what =
            switch code {
            case .truncated: "the text ends inside a value"
            case .unexpectedCharacter: "unexpected character"
            case .trailingCharacters: "characters after the end of the value"
            case .invalidNumber: "not a number as JSON writes it"
            case .invalidEscape: "unknown escape sequence"
            case .loneSurrogate: "half of a surrogate pair"
            case .controlCharacter: "unescaped control character"
            case .invalidUTF8: "not UTF-8"
            case .duplicateKey: "the object has this key twice"
            case .tooDeep: "nested too deeply"
            case .tooLarge: "the text is too long"
            }
        return "JSON, byte \(offset): \(what)"
    }
}

/// How much JSON a reader accepts.
public struct JSONLimits: Hashable, Sendable {
    /// Arrays and objects open at the same time.
    public var depthMax: Int
    public var bytesMax: Int

    public init(depthMax: Int = 128, bytesMax: Int = 64 << 20) {
        self.depthMax = depthMax
        self.bytesMax = bytesMax
    }
}
