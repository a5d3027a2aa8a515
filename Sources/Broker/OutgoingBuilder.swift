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
        let stored: StoredMessage
        do throws(ParseError) { stored = try configuration.stored(entry, body: body) } catch {
            throw OutgoingError("the stored message cannot be read: \(error)")
        }
        let message: Message
        do throws(EditFailure) { message = try stored.message.edited(by: endpoint.edits) } catch {
            throw OutgoingError(error.description)
        }
        if endpoint.isFHIR {
            return try FHIRRendering(configuration: configuration, endpoint: endpoint, rule: stored.rule)
                .outgoing(message, entry: entry)
        }
        var outgoing = try requestingAnswers(message)
        if let charset = endpoint.charset { outgoing = try reencoded(outgoing, as: charset) }
        return OutgoingMessage(
            seq: entry.seq, bytes: outgoing.bytes, controlID: Array(outgoing.header.controlID),
            isUnanswered: endpoint.ackMode == .none)
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
