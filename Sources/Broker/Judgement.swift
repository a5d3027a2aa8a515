package import HL7
package import HL7Conformance
import Interfaces
package import Journaling

/// What was decided about one message.
package struct Judgement: Sendable {
    /// Who answers a query.
    package struct Reply: Hashable, Sendable {
        package var route: String
        /// `provider.endpoint`.
        package var endpoint: String
    }

    package var message: Message
    /// The sender, if recognised.
    package var provider: String?
    package var disposition = Disposition.accepted
    package var verdict = Verdict.accept
    package var problems: [Acknowledgment.Problem] = []
    package var mode: AcknowledgmentMode
    package var reuse = ReusePolicy.accept
    /// The sender claims to be a provider that it did not prove to be.
    package var isSenderMismatch = false
    /// Set for a query that is passed through.
    package var reply: Reply?
    /// MSA-2: if it is the control id of a message that we sent, this one is its acknowledgement.
    package var answersControlID: String?
    /// The endpoint of application acknowledgements; nil: the connection.
    package var ackTo: String?
    /// Stands for an empty MSH-12.
    package var assumedVersion: String?
    private var onError = SenderRule.OnError.forward

    /// An accepted message of a sender.
    init(message: Message, sender: IntakeSender) {
        self.message = message
        provider = sender.provider
        mode = AcknowledgmentMode(sender.rule.ackMode, asked: message.header)
        reuse = ReusePolicy(sender.rule.duplicateID)
        ackTo = sender.rule.ackTo
        assumedVersion = sender.rule.assume.version
        onError = sender.rule.onError
    }

    init(message: Message, sender: IntakeSender, refusedBecause problem: Acknowledgment.Problem) {
        self.init(message: message, sender: sender)
        isSenderMismatch = sender.isMismatch
        refuse(problem)
    }

    /// A message that is refused before it is known whose it is.
    init(message: Message, refusedBecause problem: Acknowledgment.Problem) {
        self.message = message
        mode = AcknowledgmentMode(asked: message.header)
        refuse(problem)
    }

    private mutating func refuse(_ problem: Acknowledgment.Problem) {
        disposition = .refused
        verdict = .reject
        problems = [problem]
        reuse = .accept
    }

    /// Decides by what is wrong with it, and with the batch that it came in: one of which something is missing is
    /// refused as a whole.
    mutating func weigh(_ findings: [Finding], _ batchProblems: [Acknowledgment.Problem]) {
        problems = batchProblems + findings.map(Acknowledgment.Problem.init)
        verdict = batchProblems.isEmpty ? Verdict(findings) : .reject
        disposition = verdict == .accept ? .accepted : .refused
        if verdict == .error, !findings.contains(where: \.isAlwaysRefused) {
            switch onError {
            case .refuse: break
            case .forward:
                verdict = .accept
                disposition = .accepted
            case .hold:
                verdict = .accept
                disposition = .heldAtIntake
            }
        }
        // Nobody waits for the answer to a question once a person has looked at it.
        if reply != nil, verdict == .accept { disposition = .query }
    }

    /// A query cannot be answered where it stands, as in a batch.
    mutating func refuseQuery() {
        guard reply != nil else { return }
        reply = nil
        refuse(
            Acknowledgment.Problem(
                code: 200, location: Location(segment: "MSH", field: 9),
                text: "a query in a batch is not passed on; send it as a message of its own"))
    }

    /// The answers by code: the first on the connection, the second as a message of its own.
    package var answers: (first: Acknowledgment.Code?, application: Acknowledgment.Code?) {
        mode.answers(to: verdict, problems: problems)
    }

    /// What is sent with an answer: everything with a refusal, nothing with an acceptance, since many senders take
    /// any ERR for a failure. A reused control id alone is told with an acceptance too (``reused``): only the
    /// sender can put that right.
    package func sentProblems(with code: Acknowledgment.Code) -> [Acknowledgment.Problem] {
        code.isAccept ? [] : problems
    }
}

extension ReusePolicy {
    init(_ policy: SenderRule.DuplicateID) {
        switch policy {
        case .accept: self = .accept
        case .hold: self = .hold
        case .refuse: self = .refuse
        }
    }
}

extension Acknowledgment.Problem {
    init(_ finding: Finding) {
        let severity: Severity =
            switch finding.severity {
            case .error: .error
            case .warning: .warning
            case .information: .information
            }
        self.init(severity: severity, code: finding.code, location: finding.location, text: finding.text)
    }
}
