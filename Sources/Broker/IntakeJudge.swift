package import HL7
package import HL7Conformance
package import Interfaces
package import Journaling
package import MLLP

/// Decides what becomes of a message: who sent it, whether it is taken, and what is answered.
///
/// Pure: the same bytes, connection and configuration give the same judgement.
package struct IntakeJudge: Sendable {
    package let configuration: Configuration

    package init(configuration: Configuration) { self.configuration = configuration }

    /// - Throws: ``ParseError`` if no message can be read from the bytes.
    package func judge(_ bytes: [UInt8], from connection: ConnectionInfo) throws(ParseError) -> Judgement {
        let limits = limits(of: connection.listener)
        var message = try Message(parsing: bytes, limits: limits)
        let header = message.header
        let identity = configuration.identify(
            listener: connection.listener, certificateNames: connection.certificateNames,
            application: header.sendingApplication, facility: header.sendingFacility)
        let provider: Provider?
        let rule: SenderRule
        switch identity {
        case .known(let known, let knownRule):
            provider = known
            rule = knownRule
        case .unknown where acceptsAnyone(connection.listener):
            provider = nil
            rule = .anyone
        case .unknown:
            return refusal(
                of: message, sender: nil, code: 207, Location(segment: "MSH", field: 3),
                "this sender is not known on this listener: MSH-3, MSH-4 and the certificate match no provider")
        case .mismatch(let reason):
            return refusal(
                of: message, sender: nil, code: 207, Location(segment: "MSH", field: 3), reason, isMismatch: true)
        }
        if let charset = rule.charset, message.charsetOrigin != .declared {
            message = try Message(parsing: bytes, limits: limits, fallback: charset)
        }
        return judge(message, provider: provider, rule: rule)
    }

    private func limits(of listener: String) -> Limits {
        let limits = configuration.listener(listener)?.limits ?? configuration.broker.limits
        return Limits(messageBytesMax: limits.frameBytesMax, segmentsMax: limits.segmentsMax)
    }

    private func acceptsAnyone(_ listener: String) -> Bool {
        configuration.listener(listener)?.accept == .anyone
    }

    private func judge(_ message: Message, provider: Provider?, rule: SenderRule) -> Judgement {
        let header = message.header
        let mode = mode(of: header, rule)
        if header.isAcknowledgment {
            return Judgement(
                message: message, provider: provider?.name, disposition: .acknowledgement, verdict: .accept,
                problems: [],
                mode: mode, reuse: .accept)
        }
        let typeLocation = Location(segment: "MSH", field: 9)
        if !rule.allows(code: header.messageCode, event: header.triggerEvent) {
            return refusal(
                of: message, sender: provider?.name, code: 200, typeLocation,
                "this sender may not send this message type; `messages` of the provider lists what it may", mode)
        }
        if Self.queries.contains(header.messageCode) {
            return refusal(
                of: message, sender: provider?.name, code: 200, typeLocation,
                "queries are not stored and forwarded, and no route answers this one", mode)
        }
        if LaneKeys.identityCount(in: message) > LaneKeys.identitiesMax {
            return refusal(
                of: message, sender: provider?.name, code: 207, Location(segment: "PID", field: 3),
                "more than \(LaneKeys.identitiesMax) patient identifiers in one message; send it in parts", mode)
        }
        let findings = validator(rule).findings(in: message)
        let problems = findings.map {
            Acknowledgment.Problem(
                severity: Acknowledgment.Problem.Severity($0.severity), code: $0.code, location: $0.location,
                text: $0.text)
        }
        var verdict = Verdict(findings)
        var disposition = verdict == .accept ? Disposition.accepted : .refused
        if verdict == .error, !findings.contains(where: \.isAlwaysRefused) {
            switch rule.onError {
            case .refuse: break
            case .forward:
                verdict = .accept
                disposition = .accepted
            case .hold:
                verdict = .accept
                disposition = .heldAtIntake
            }
        }
        return Judgement(
            message: message, provider: provider?.name, disposition: disposition, verdict: verdict, problems: problems,
            mode: mode, reuse: rule.reusePolicy)
    }

    private func validator(_ rule: SenderRule) -> Validator {
        Validator(
            strictness: rule.strictness, processingIDs: Set(rule.processing ?? configuration.broker.processing),
            assumedVersion: rule.assume.version.flatMap { Version(rawValue: $0) },
            assumedProcessingID: rule.assume.processingID)
    }

    /// Message types that ask for an answer from somebody's records.
    private static let queries: Set<String> = [
        "QBP", "QRY", "VXQ", "QSB", "QVR", "QCN", "OSQ", "EQQ", "SPQ", "VQQ", "RQQ",
    ]

    private func mode(of header: Header, _ rule: SenderRule) -> AcknowledgmentMode {
        switch rule.ackMode {
        case .auto: AcknowledgmentMode(asked: header)
        // What answers us is answered only if it says so itself.
        case _ where header.isAcknowledgment: AcknowledgmentMode(asked: header)
        case .original: .original
        case .enhanced: .enhanced(commit: .always, application: .never)
        case .none: .silent
        }
    }

    private func refusal(
        of message: Message, sender: String?, code: Int, _ location: Location, _ text: String,
        _ mode: AcknowledgmentMode? = nil, isMismatch: Bool = false
    ) -> Judgement {
        let header = message.header
        return Judgement(
            message: message, provider: sender, disposition: .refused, verdict: .reject,
            problems: [Acknowledgment.Problem(code: code, location: location, text: text)],
            mode: mode ?? AcknowledgmentMode(asked: header), reuse: .accept, isSenderMismatch: isMismatch)
    }
}

/// What was decided about one message.
package struct Judgement: Sendable {
    package var message: Message
    /// The sender, if recognised.
    package var provider: String?
    package var disposition: Disposition
    package var verdict: Verdict
    package var problems: [Acknowledgment.Problem]
    package var mode: AcknowledgmentMode
    package var reuse: ReusePolicy
    /// The sender claims to be a provider that it did not prove to be.
    package var isSenderMismatch = false

    /// The answers by code: the first on the connection, the second as a message of its own.
    package var answers: (first: Acknowledgment.Code?, application: Acknowledgment.Code?) {
        mode.answers(to: verdict, problems: problems)
    }

    /// What is sent with an answer: everything with a refusal, nothing with an acceptance, since many senders take
    /// any ERR for a failure.
    package func sentProblems(with code: Acknowledgment.Code) -> [Acknowledgment.Problem] {
        code.isAccept ? [] : problems
    }
}

extension SenderRule {
    /// How a sender that no provider claims is judged on a listener that accepts anyone.
    static let anyone: SenderRule = {
        var rule = SenderRule()
        rule.onError = .refuse
        return rule
    }()

    var reusePolicy: ReusePolicy {
        switch duplicateID {
        case .accept: .accept
        case .hold: .hold
        case .refuse: .refuse
        }
    }
}

extension Acknowledgment.Problem.Severity {
    init(_ severity: HL7Conformance.Severity) {
        switch severity {
        case .error: self = .error
        case .warning: self = .warning
        case .information: self = .information
        }
    }
}
