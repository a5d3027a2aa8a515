/// Why bytes are not an HL7 v2 message in its delimiter ("ER7") encoding.
public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// The first segment is not `MSH` followed by a field separator.
        case noHeader
        /// The message is longer than ``Limits/messageBytesMax``.
        case tooLong
        /// The message has more segments than ``Limits/segmentsMax``.
        case tooManySegments
    }

    public var code: Code
    /// Bytes from the start of the message.
    public var offset: Int

    public init(_ code: Code, offset: Int) {
        self.code = code
        self.offset = offset
    }

    public var description: String {
        switch code {
        case .noHeader: "byte \(offset): no MSH segment: a message begins with MSH and a field separator"
        case .tooLong: "byte \(offset): the message is longer than the limit"
        case .tooManySegments: "byte \(offset): the message has more segments than the limit"
        }
    }
}
