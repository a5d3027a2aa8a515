import HL7
import Interfaces
import Journaling

/// A journaled message as intake read it, with the rule of its sender.
struct StoredMessage: Sendable {
    var message: Message
    /// nil: no provider claims the sender.
    var rule: SenderRule?
}

extension Configuration {
    /// Reads a stored message again: with the character set of its sender where MSH-18 is silent, and without limits,
    /// since those of the listener let it in.
    func stored(_ entry: JournalEntry, body: [UInt8]) throws(ParseError) -> StoredMessage {
        let limits = Limits(messageBytesMax: .max, segmentsMax: .max)
        let message = try Message(parsing: body, limits: limits)
        let rule = rule(of: entry, message.header)
        guard let charset = rule?.charset, message.charsetOrigin != .declared else {
            return StoredMessage(message: message, rule: rule)
        }
        return StoredMessage(message: try Message(parsing: body, limits: limits, fallback: charset), rule: rule)
    }

    /// The rule by which the sender was recognised. That it proved its name is known: the entry says who it is.
    private func rule(of entry: JournalEntry, _ header: Header) -> SenderRule? {
        guard let provider = entry.provider.flatMap({ provider($0) }) else { return nil }
        let identity = identify(
            listener: entry.listener, certificateNames: provider.senders.flatMap(\.certificates),
            application: header.sendingApplication, facility: header.sendingFacility)
        guard case .known(_, let rule) = identity else { return provider.senders.first }
        return rule
    }
}
