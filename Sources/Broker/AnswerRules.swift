package import HL7
package import Interfaces

/// What came back for a delivery, reduced to what decides about it.
package enum DeliveryAnswer: Hashable, Sendable {
    /// An acknowledgement to this message, with the codes of table 0357 in its ERR (or ERR-1).
    case code(Acknowledgment.Code, errors: [Int])
    /// Nothing in time, or the connection closed.
    case none
    /// Bytes that are no acknowledgement.
    case garbage
    /// An acknowledgement to another message.
    case otherMessage

    /// Reads the receiver's answer to a message with this control id.
    package init(reading payload: [UInt8], controlID: [UInt8]) {
        // Not parseable is one of the outcomes here, whatever the reason.
        guard let message = try? Message(parsing: payload), let answer = DeliveryAnswer(of: message) else {
            self = .garbage
            return
        }
        self = message.answeredControlID.elementsEqual(controlID) ? answer : .otherMessage
    }

    /// What an acknowledgement says, whichever message it answers; nil if it is none.
    init?(of message: Message) {
        guard let code = message.segment("MSA")?.field(1)?.text, let code = Acknowledgment.Code(rawValue: code) else {
            return nil
        }
        let errors = message.segments("ERR").flatMap { segment -> [Int] in
            let modern = segment.field(3)?.component(1)
            let old = segment.field(1)?.repetitions.compactMap { $0.component(4)?.subcomponent(1) } ?? []
            return ([modern].compactMap { $0 } + old).compactMap { Int($0.text) }
        }
        self = .code(code, errors: errors)
    }

    /// Its short name for people: `AA`, `none`, …
    package var name: String {
        switch self {
        case .code(let code, _): code.rawValue
        case .none: "no answer"
        case .garbage: "no acknowledgement"
        case .otherMessage: "answer to another message"
        }
    }
}

extension Message {
    /// MSA-2, byte for byte; empty if there is none.
    var answeredControlID: ArraySlice<UInt8> { segment("MSA")?.field(2)?.bytes ?? [] }
}

extension DeliveryAnswer {
    /// It and the errors it gives, by code: the receiver's own texts could quote the patient. `AE 101 Required field
    /// missing`.
    var text: String { ([name] + [explanation].compactMap { $0 }).joined(separator: " ") }

    /// The error codes that the receiver gave.
    var explanation: String? {
        guard case .code(_, let errors) = self, !errors.isEmpty else { return nil }
        return errors.map { "\($0) \(Acknowledgment.name(ofCode: $0))" }.joined(separator: ", ")
    }

    /// What it leads to at this endpoint. Without a usable answer the delivery is usually tried again, since it may or may
    /// not have arrived.
    package func action(at endpoint: Endpoint) -> AnswerAction {
        switch self {
        case .code(let code, let errors): endpoint.action(for: code, errorCodes: errors)
        case .none: endpoint.action(for: .none)
        case .garbage: endpoint.action(for: .garbage)
        case .otherMessage: endpoint.action(for: .other)
        }
    }

    /// The results that one budget of tries counts together, ``SendOutcome/result``.
    var alike: Set<String> {
        switch self {
        case .none: [name, "connection closed"]
        case .garbage: [name, "answer too long", "answer broken off"]
        case .code, .otherMessage: [name]
        }
    }

    /// Whether the connection may be used for another message.
    package var leavesConnectionUsable: Bool { if case .code = self { true } else { false } }
}
