internal import ArgumentParser
internal import HL7

/// How a test receiver answers.
enum ListenReply: String, CaseIterable, Sendable, ExpressibleByArgument {
    case aa = "AA"
    case ae = "AE"
    case ar = "AR"
    /// Never.
    case none
    /// By closing the connection.
    case close

    var answers: Bool { self != .none && self != .close }

    /// The acknowledgement code for a message: a commit answer if MSH-15 asks for one.
    func code(for message: Message) -> Acknowledgment.Code? {
        let mode = message.header.acceptAcknowledgment
        let isEnhanced = !mode.isEmpty && mode != "NE"
        return switch self {
        case .aa: isEnhanced ? .ca : .aa
        case .ae: isEnhanced ? .ce : .ae
        case .ar: isEnhanced ? .cr : .ar
        case .none, .close: nil
        }
    }

    /// The HTTP status for a valid bundle.
    var status: Int {
        switch self {
        case .aa: 200
        case .ae: 422
        case .ar: 503
        case .none, .close: 0
        }
    }
}
