package import HL7
package import HL7Conformance

/// Which answers the sender of a message asks for (HL7 2.5.1 §2.9.2–2.9.3, table 0155).
package enum AcknowledgmentMode: Hashable, Sendable {
    /// One `AA`, `AE` or `AR` on the connection.
    case original
    /// A commit answer (`CA`, `CE`, `CR`), and an application answer as a message of its own.
    case enhanced(commit: When, application: When)
    /// No answer at all.
    case silent

    package enum When: String, Hashable, Sendable {
        case always = "AL"
        case never = "NE"
        case onError = "ER"
        case onSuccess = "SU"

        func applies(isSuccess: Bool) -> Bool {
            switch self {
            case .always: true
            case .never: false
            case .onError: !isSuccess
            case .onSuccess: isSuccess
            }
        }
    }

    /// What MSH-15 and MSH-16 ask for. Both empty, or `NE` with `AL`, is original mode; one alone makes the other
    /// `NE`; a code outside table 0155 counts as `AL`.
    package init(accept: String, application: String) {
        if accept.isEmpty && application.isEmpty {
            self = .original
            return
        }
        func when(_ code: String) -> When { code.isEmpty ? .never : When(rawValue: code) ?? .always }
        let (commit, application) = (when(accept), when(application))
        self =
            commit == .never && application == .always ? .original : .enhanced(commit: commit, application: application)
    }
}

extension Header {
    /// An acknowledgement is an answer itself.
    var isAcknowledgment: Bool { ["ACK", "MCF"].contains(messageCode) }
}

extension AcknowledgmentMode {
    /// What a message asks for. An acknowledgement that asks for nothing is not answered.
    init(asked header: Header) {
        self.init(accept: header.acceptAcknowledgment, application: header.applicationAcknowledgment)
        if header.isAcknowledgment, header.acceptAcknowledgment.isEmpty, header.applicationAcknowledgment.isEmpty {
            self = .silent
        }
    }
}

extension Verdict {
    package var originalCode: Acknowledgment.Code {
        switch self {
        case .accept: .aa
        case .error: .ae
        case .reject: .ar
        }
    }

    /// `CR` where MSH-9, MSH-11 or MSH-12 are the reason, `CE` for any other.
    package func commitCode(problems: [Acknowledgment.Problem]) -> Acknowledgment.Code {
        switch self {
        case .accept: return .ca
        case .error: return .ce
        case .reject:
            let isProtocol = problems.contains {
                $0.severity == .error && $0.location?.segment == "MSH" && [9, 11, 12].contains($0.location?.field)
            }
            return isProtocol ? .cr : .ce
        }
    }
}

extension AcknowledgmentMode {
    /// The answers to a message, by code: the first on the connection, the second as a message of its own.
    package func answers(
        to verdict: Verdict, problems: [Acknowledgment.Problem]
    ) -> (first: Acknowledgment.Code?, application: Acknowledgment.Code?) {
        let isSuccess = verdict == .accept
        switch self {
        case .silent: return (nil, nil)
        case .original: return (verdict.originalCode, nil)
        case .enhanced(let commit, let application):
            let first = commit.applies(isSuccess: isSuccess) ? verdict.commitCode(problems: problems) : nil
            // A refused message is not processed, so nothing follows the refusal.
            let second = isSuccess && application.applies(isSuccess: true) ? verdict.originalCode : nil
            return (first, second)
        }
    }
}
