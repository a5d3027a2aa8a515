/// The answer to a message: MSH, MSA and ERR (HL7 2.5.1 §2.9, §2.15.5, §2.15.8).
///
/// It uses the delimiters, version and character set of the message that it answers, swaps sender and receiver, and
/// repeats its control id byte for byte in MSA-2. Delimiters that a message left out
/// are filled in.
public struct Acknowledgment: Hashable, Sendable {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// Original mode: accepted, error in content, rejected.
        case aa = "AA"
        case ae = "AE"
        case ar = "AR"
        /// Enhanced mode: commit accept, commit error, commit reject.
        case ca = "CA"
        case ce = "CE"
        case cr = "CR"

        public var isAccept: Bool { self == .aa || self == .ca }
    }

    /// One thing that was wrong with the message: an ERR segment from 2.5 on, an ERR-1 repetition before.
    public struct Problem: Hashable, Sendable {
        public enum Severity: String, Hashable, Sendable {
            case error = "E"
            case warning = "W"
            case information = "I"
        }
        public var severity: Severity
        /// HL7 table 0357.
        public var code: Int
        public var location: Location?
        /// What was found and what was expected, for people (ERR-8). Never a value from the message.
        public var text: String

        public init(severity: Severity = .error, code: Int, location: Location?, text: String) {
            self.severity = severity
            self.code = code
            self.location = location
            self.text = text
        }
    }

    public var code: Code
    public var problems: [Problem]
    /// At most this many problems are sent.
    public static let problemsMax = 100

    public init(_ code: Code, problems: [Problem] = []) {
        self.code = code
        self.problems = problems
    }

    /// The name of an error code in HL7 table 0357.
    public static func name(ofCode code: Int) -> String {
        switch code {
        case 0: "Message accepted"
        case 100: "Segment sequence error"
        case 101: "Required field missing"
        case 102: "Data type error"
        case 103: "Table value not found"
        case 104: "Value too long"
        case 198: "Non-conformant cardinality"
        case 199: "Other HL7 error"
        case 200: "Unsupported message type"
        case 201: "Unsupported event code"
        case 202: "Unsupported processing id"
        case 203: "Unsupported version id"
        case 204: "Unknown key identifier"
        case 205: "Duplicate key identifier"
        case 206: "Application record locked"
        default: "Application error"
        }
    }

    /// The segments after MSH: what is the same each time a message is answered again.
    ///
    /// - Parameter version: stands for an empty MSH-12.
    public func body(answering message: Message, assuming version: String? = nil) -> [UInt8] {
        let version = AcknowledgmentVersion(of: message, assuming: version)
        var writer = AcknowledgmentWriter(
            delimiters: message.delimiters.forAnswers, charset: message.index.charset,
            receivedCharset: message.index.receivedCharset, version: version)
        var problems = problems
        if problems.count > Self.problemsMax {
            // Why it is refused comes before what is only remarked, so that the limit does not hide it.
            problems = problems.filter { $0.severity == .error } + problems.filter { $0.severity != .error }
        }
        writer.msa(code, controlID: message.header.controlID, problems: problems)
        // With an acceptance, an ERR without a severity reads as a failure; MSA-3 has the text.
        if !code.isAccept || version.hasSeverity { writer.errors(problems.prefix(Self.problemsMax)) }
        return message.index.asReceived(writer.bytes)
    }

    /// The MSH of an answer, with its terminator.
    ///
    /// - Parameters:
    ///   - controlID: MSH-10 of the answer, unique for the broker.
    ///   - time: MSH-7 of the answer, as HL7 writes it.
    ///   - isEnhanced: MSH-15 and MSH-16 say `NE`, so that the answer is not answered.
    ///   - assumed: the version that stands for an empty MSH-12.
    public static func header(
        answering message: Message, controlID: String, time: String, isEnhanced: Bool = false,
        assuming assumed: String? = nil
    ) -> [UInt8] {
        let index = message.index
        let delimiters = message.delimiters.forAnswers
        let version = AcknowledgmentVersion(of: message, assuming: assumed)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(192)
        func copy(_ number: Int) {
            if let range = index.fieldRange(0, number) { bytes += index.bytes[range] }
        }
        func next() { bytes.append(delimiters.field) }
        bytes += "MSH".utf8
        next()
        if delimiters == message.delimiters, index.fieldRange(0, 2)?.isEmpty == false {
            copy(2)
        } else {
            bytes += delimiters.encodingCharacters
        }
        for number in [5, 6, 3, 4] {
            next()
            copy(number)
        }
        next()
        bytes += time.utf8
        next()
        next()
        bytes += "ACK".utf8
        if version.namesStructure, let event = message.header.segment.field(9)?.component(2), !event.isEmpty {
            bytes.append(delimiters.component)
            bytes += event.bytes
            bytes.append(delimiters.component)
            bytes += "ACK".utf8
        }
        next()
        bytes += controlID.utf8
        next()
        copy(11)
        next()
        if let stated = version.stated { bytes += stated.utf8 } else { copy(12) }
        let hasCharset = index.fieldRange(0, 18)?.isEmpty == false
        if isEnhanced || hasCharset {
            for number in 13...17 {
                next()
                if isEnhanced, number == 15 || number == 16 { bytes += "NE".utf8 }
            }
        }
        if hasCharset {
            next()
            copy(18)
        }
        bytes.append(0x0D)
        return index.asReceived(bytes)
    }

    /// The whole answer to bytes in which no MSH could be read: it has no control id to repeat.
    public static func unreadable(controlID: String, time: String, text: String) -> [UInt8] {
        var writer = AcknowledgmentWriter(
            delimiters: .standard, charset: .ascii, receivedCharset: .ascii, version: .unknown)
        writer.msa(.ar, controlID: [], problems: [])
        let location = Location(segment: "MSH")
        writer.errors([Problem(code: 100, location: location, text: text)][...])
        return Array("MSH|^~\\&|||||\(time)||ACK|\(controlID)|P|2.5.1\r".utf8) + writer.bytes
    }
}

extension Message {
    /// The whole answer to this message.
    ///
    ///     message.acknowledgment(.aa, controlID: "W1", time: "20240305101500+0000")
    public func acknowledgment(
        _ code: Acknowledgment.Code, problems: [Acknowledgment.Problem] = [], controlID: String, time: String
    ) -> [UInt8] {
        Acknowledgment.header(answering: self, controlID: controlID, time: time)
            + Acknowledgment(code, problems: problems).body(answering: self)
    }
}
