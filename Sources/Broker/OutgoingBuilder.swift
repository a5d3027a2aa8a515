import FHIR
import HL7
import Interfaces
import Journaling

/// Makes of a stored entry what one endpoint is to receive: edited and re-encoded HL7 v2, or a FHIR bundle.
///
/// Pure: the same body, receive time and configuration give the same bytes, so a delivery can be repeated.
struct OutgoingBuilder: Sendable {
    let configuration: Configuration
    let endpoint: Endpoint

    /// - Throws: ``OutgoingError``: the delivery is held with its text.
    func build(_ entry: JournalEntry, body: [UInt8]) throws(OutgoingError) -> OutgoingMessage {
        var message: Message
        let rule: SenderRule?
        do throws(ParseError) {
            message = try Message(parsing: body)
            rule = self.rule(of: entry, message.header)
            if let charset = rule?.charset, message.charsetOrigin != .declared {
                message = try Message(parsing: body, fallback: charset)
            }
        } catch { throw OutgoingError("the stored message cannot be read: \(error)") }
        do throws(EditFailure) { message = try message.edited(by: endpoint.edits) } catch {
            throw OutgoingError(error.description)
        }
        if endpoint.isFHIR {
            return try FHIRRendering(configuration: configuration, endpoint: endpoint, rule: rule)
                .outgoing(message, entry: entry)
        }
        var outgoing = try requestingAnswers(message)
        if let charset = endpoint.charset { outgoing = try reencoded(outgoing, as: charset) }
        return OutgoingMessage(
            seq: entry.seq, bytes: outgoing.bytes, controlID: Array(outgoing.header.controlID),
            isUnanswered: endpoint.ackMode == .none)
    }

    /// The rule by which the sender was recognised. That it proved its name is known: the entry says who it is.
    private func rule(of entry: JournalEntry, _ header: Header) -> SenderRule? {
        guard let provider = entry.provider.flatMap({ configuration.provider($0) }) else { return nil }
        let identity = configuration.identify(
            listener: entry.listener, certificateNames: provider.senders.flatMap(\.certificates),
            application: header.sendingApplication, facility: header.sendingFacility)
        guard case .known(_, let rule) = identity else { return provider.senders.first }
        return rule
    }

    // MARK: Acknowledgements and character sets

    private func requestingAnswers(_ message: Message) throws(OutgoingError) -> Message {
        let codes: (accept: String, application: String)
        switch endpoint.ackMode {
        case .asSent: return message
        case .original: codes = ("", "")
        case .enhanced: codes = ("AL", "NE")
        case .none: codes = ("NE", "NE")
        }
        let header = message.header
        if header.acceptAcknowledgment == codes.accept, header.applicationAcknowledgment == codes.application {
            return message
        }
        do throws(EditError) {
            return try message.editing { (editor: inout MessageEditor) throws(EditError) in
                try editor.set(codes.accept, at: Path(segment: "MSH", field: 15))
                try editor.set(codes.application, at: Path(segment: "MSH", field: 16))
            }
        } catch { throw OutgoingError("\(error)") }
    }

    private func reencoded(_ message: Message, as charset: Charset) throws(OutgoingError) -> Message {
        do throws(EditError) { return try message.reencoded(as: charset) } catch { throw OutgoingError("\(error)") }
    }
}

/// Why a message could not be made ready for an endpoint. No patient data.
package struct OutgoingError: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
