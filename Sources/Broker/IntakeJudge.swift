package import HL7
import HL7Conformance
package import Interfaces
import Journaling
package import MLLP

/// Decides what becomes of a message: who sent it, whether it is taken, and what is answered.
///
/// Pure: the same bytes, connection and configuration give the same judgement.
package final class IntakeJudge: Sendable {
    package let configuration: Configuration
    /// Its hash as entries keep it, made once.
    let configurationHash: [UInt8]
    private let limits: [String: Limits]
    /// Those that pass queries through.
    private let replyRoutes: [Route]

    package init(configuration: Configuration) {
        self.configuration = configuration
        configurationHash = configuration.hashBytes
        limits = Dictionary(
            configuration.listeners.map { ($0.name, Limits($0.limits)) }, uniquingKeysWith: { first, _ in first })
        replyRoutes = configuration.routes.filter { $0.reply != nil }
    }

    /// - Throws: ``ParseError`` if no message can be read from the bytes.
    package func judge(_ bytes: [UInt8], from connection: ConnectionInfo) throws(ParseError) -> Judgement {
        try judge(bytes, from: connection, senders: SenderCache())
    }

    /// - Parameters:
    ///   - senders: those met before on this connection.
    ///   - batchProblems: why the batch that the message came in is refused; empty: it is not.
    func judge(
        _ bytes: [UInt8], from connection: ConnectionInfo, senders: SenderCache,
        batchProblems: [Acknowledgment.Problem] = []
    ) throws(ParseError) -> Judgement {
        let limits = limits[connection.listener] ?? Limits(configuration.broker.limits)
        var message = try Message(parsing: bytes, limits: limits)
        let sender = senders.sender(of: message, for: self) { self.sender(of: message.header, connection) }
        if let refusal = sender.refusal {
            return self.refusal(of: message, sender, code: 207, field: 3, refusal)
        }
        if let charset = sender.rule.charset, message.charsetOrigin != .declared {
            message = try Message(parsing: bytes, limits: limits, fallback: charset)
        }
        return judge(message, sender, batchProblems)
    }

    private func sender(of header: Header, _ connection: ConnectionInfo) -> IntakeSender {
        let identity = configuration.identify(
            listener: connection.listener, certificateNames: connection.certificateNames,
            application: header.sendingApplication, facility: header.sendingFacility)
        switch identity {
        case .known(let provider, let rule):
            return IntakeSender(
                provider: provider.name, rule: rule, validator: configuration.validator(for: rule))
        case .unknown where configuration.listener(connection.listener)?.accept == .anyone:
            return IntakeSender(
                provider: nil, rule: .anyone, validator: configuration.validator(for: .anyone))
        case .unknown:
            return IntakeSender(
                refusedBecause:
                    "this sender is not known on this listener: MSH-3, MSH-4 and the certificate match no provider")
        case .mismatch(let reason): return IntakeSender(refusedBecause: reason, isMismatch: true)
        }
    }

    private func judge(
        _ message: Message, _ sender: IntakeSender, _ batchProblems: [Acknowledgment.Problem]
    ) -> Judgement {
        let header = message.header
        let rule = sender.rule
        var judgement = Judgement(message: message, sender: sender)
        // No other message may have MSA, and if it has, it answers something: of ours, the journal knows.
        judgement.answersControlID = message.segment("MSA")?.field(2).map { String(decoding: $0.bytes, as: UTF8.self) }
        if header.isAcknowledgment {
            judgement.disposition = .acknowledgement
            return judgement
        }
        if !rule.allows(code: header.messageCode, event: header.triggerEvent) {
            return refusal(
                of: message, sender, code: 200, field: 9,
                "this sender may not send this message type; `messages` of the provider lists what it may")
        }
        if Self.queries.contains(header.messageCode) {
            judgement.reply = reply(to: message, sender.provider)
            if judgement.reply == nil {
                return refusal(
                    of: message, sender, code: 200, field: 9,
                    "queries are not stored and forwarded, and no route answers this one")
            }
        }
        if LaneKeys.identityCount(in: message) > LaneKeys.identitiesMax {
            return refusal(
                of: message, sender, code: 207, segment: "PID", field: 3,
                "more than \(LaneKeys.identitiesMax) patient identifiers in one message; send it in parts")
        }
        judgement.weigh(sender.validator.findings(in: message), batchProblems)
        return judgement
    }

    private func reply(to message: Message, _ provider: String?) -> Judgement.Reply? {
        for route in replyRoutes where route.names(provider) {
            guard route.condition?.evaluate(on: message) ?? true, let endpoint = route.reply else { continue }
            return Judgement.Reply(route: route.name, endpoint: endpoint)
        }
        return nil
    }

    /// Message types that ask for an answer from somebody's records.
    private static let queries: Set<String> = [
        "QBP", "QRY", "VXQ", "QSB", "QSX", "QVR", "QCN", "OSQ", "EQQ", "SPQ", "SQM", "VQQ", "RQQ",
    ]

    private func refusal(
        of message: Message, _ sender: IntakeSender, code: Int, segment: String = "MSH", field: Int, _ text: String
    ) -> Judgement {
        let location = Location(segment: segment, field: field)
        return Judgement(
            message: message, sender: sender,
            refusedBecause: Acknowledgment.Problem(code: code, location: location, text: text))
    }
}

extension Limits {
    init(_ limits: ListenerLimits) {
        self.init(messageBytesMax: limits.frameBytesMax, segmentsMax: limits.segmentsMax)
    }
}

extension SenderRule {
    /// How a sender that no provider claims is judged on a listener that accepts anyone.
    static let anyone: SenderRule = {
        var rule = SenderRule()
        rule.onError = .refuse
        return rule
    }()
}
