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
    public func body(answering message: Message) -> [UInt8] {
        var writer = AcknowledgmentWriter(
            delimiters: message.delimiters.forAnswers, charset: message.index.charset, version: message.header.version)
        writer.msa(code, controlID: message.header.controlID, problems: problems)
        writer.errors(problems.prefix(Self.problemsMax))
        return message.index.asReceived(writer.bytes)
    }

    /// The MSH of an answer, with its terminator.
    ///
    /// - Parameters:
    ///   - controlID: MSH-10 of the answer, unique for the broker.
    ///   - time: MSH-7 of the answer, as HL7 writes it.
    ///   - isEnhanced: MSH-15 and MSH-16 say `NE`, so that the answer is not answered.
    public static func header(
        answering message: Message, controlID: String, time: String, isEnhanced: Bool = false
    ) -> [UInt8] {
        let msh = message.header.segment
        let delimiters = message.delimiters.forAnswers
        let version = message.header.version
        let isKnown = AcknowledgmentWriter.year(of: version) != nil
        func field(_ number: Int) -> ArraySlice<UInt8> { msh.field(number)?.bytes ?? [] }
        let encoding =
            delimiters == message.delimiters && !field(2).isEmpty
            ? Array(field(2)) : delimiters.encodingCharacters
        var bytes: [UInt8] = Array("MSH".utf8) + [delimiters.field] + encoding
        func add(_ value: some Sequence<UInt8>) {
            bytes.append(delimiters.field)
            bytes += value
        }
        add(field(5))
        add(field(6))
        add(field(3))
        add(field(4))
        add(time.utf8)
        add([])
        add(type(version: version, event: msh.field(9)?.component(2)?.bytes ?? [], delimiters))
        add(controlID.utf8)
        add(field(11))
        add(isKnown ? Array(field(12)) : Array("2.5.1".utf8))
        let charset = field(18)
        if isEnhanced || !charset.isEmpty {
            let mode = isEnhanced ? "NE" : ""
            for value in ["", "", mode, mode, ""] { add(value.utf8) }
            if !charset.isEmpty { add(charset) }
        }
        bytes.append(0x0D)
        return message.index.asReceived(bytes)
    }

    /// MSH-9: `ACK` up to 2.3, later `ACK^A01^ACK` with the event that is answered.
    private static func type(version: String, event: ArraySlice<UInt8>, _ delimiters: Delimiters) -> [UInt8] {
        let code = Array("ACK".utf8)
        if ["2.1", "2.2", "2.3"].contains(version) || event.isEmpty { return code }
        return code + [delimiters.component] + event + [delimiters.component] + code
    }

    /// The whole answer to bytes in which no MSH could be read: it has no control id to repeat.
    public static func unreadable(controlID: String, time: String, text: String) -> [UInt8] {
        var writer = AcknowledgmentWriter(delimiters: .standard, charset: .ascii, version: "2.5.1")
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
