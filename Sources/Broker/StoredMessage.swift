import HL7
import Interfaces

extension Configuration {
    /// Reads a stored message again, as intake read it: with the character set of its sender where MSH-18 is silent, and
    /// without limits, since those of the listener let it in.
    func stored(_ entry: QueuedEntry, body: [UInt8]) throws(ParseError) -> Message {
        let limits = Limits(messageBytesMax: .max, segmentsMax: .max)
        let message = try Message(parsing: body, limits: limits)
        guard message.charsetOrigin != .declared, let charset = rule(of: entry, message.header)?.charset else {
            return message
        }
        return try Message(parsing: body, limits: limits, fallback: charset)
    }

    /// The rule by which the sender was recognised; nil: no provider claims it. That it proved its name is known: the
    /// entry says who it is.
    func rule(of entry: QueuedEntry, _ header: Header) -> SenderRule? {
        guard let provider = entry.provider.flatMap({ provider($0) }) else { return nil }
        let identity = identify(
            listener: entry.listener, certificateNames: provider.senders.flatMap(\.certificates),
            application: header.sendingApplication, facility: header.sendingFacility)
        guard case .known(_, let rule) = identity else { return provider.senders.first }
        return rule
    }
}
