package import HL7
package import HL7Conformance
import Interfaces

/// Which answers the sender of a message asks for (HL7 2.5.1 §2.9.2–2.9.3, table 0155).
package enum AcknowledgmentMode: Hashable, Sendable {
    /// One `AA`, `AE` or `AR` on the connection.
    case original
    /// A commit answer (`CA`, `CE`, `CR`), and an application answer as a message of its own.
    case enhanced(commit: When, application: When)
    /// No answer at all.
    case silent

    package enum When: String, Hashable, Sendable, CaseIterable {
        case always = "AL"
        case never = "NE"
        case onError = "ER"
        case onSuccess = "SU"

        /// What a field asks for: nothing if it is empty; a code outside table 0155 counts as `AL`.
        init(_ code: String) { self = code.isEmpty ? .never : When(rawValue: code) ?? .always }

        func applies(isSuccess: Bool) -> Bool {
            switch self {
            case .always: true
            case .never: false
            case .onError: !isSuccess
            case .onSuccess: isSuccess
            }
        }
    }

    /// What MSH-15 and MSH-16 ask for. Both empty, or `NE` with `AL`, is original mode; one alone makes the other `NE`.
    package init(accept: String, application: String) {
        if accept.isEmpty && application.isEmpty {
            self = .original
            return
        }
        let (commit, application) = (When(accept), When(application))
        self =
            commit == .never && application == .always ? .original : .enhanced(commit: commit, application: application)
    }
}

extension Header {
    /// An acknowledgement is an answer itself: general (`ACK`), delayed (`MCF`, up to 2.4), of observations (`ORA`).
    var isAcknowledgment: Bool { ["ACK", "MCF", "ORA"].contains(messageCode) }
}

extension AcknowledgmentMode {
    /// What a message asks for.
    init(asked header: Header) {
        if header.isAcknowledgment {
            self.init(askedByAnswer: header)
        } else {
            self.init(accept: header.acceptAcknowledgment, application: header.applicationAcknowledgment)
        }
    }

    /// What an answer asks for: at most a commit answer, and only if its MSH-15 says so, or answers would be answered
    /// without end.
    init(askedByAnswer header: Header) {
        let commit = When(header.acceptAcknowledgment)
        self = commit == .never ? .silent : .enhanced(commit: commit, application: .never)
    }

    /// What a message is answered with under a rule of its sender.
    init(_ mode: SenderRule.AckMode, asked header: Header) {
        switch mode {
        case .auto: self.init(asked: header)
        // What answers us is answered only if it says so itself.
        case _ where header.isAcknowledgment: self.init(askedByAnswer: header)
        case .original: self = .original
        case .enhanced: self = .enhanced(commit: .always, application: When(header.applicationAcknowledgment))
        case .none: self = .silent
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
    var isEnhanced: Bool { if case .enhanced = self { true } else { false } }

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
