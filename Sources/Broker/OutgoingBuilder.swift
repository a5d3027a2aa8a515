import FHIR
import HL7
import Interfaces
import Journaling
import Mapping

/// Makes of a stored entry what one endpoint is to receive: edited and re-encoded HL7 v2, or a FHIR bundle.
///
/// Pure: the same body, receive time and configuration give the same bytes, so a delivery can be repeated.
final class OutgoingBuilder: Sendable {
    let configuration: Configuration
    let endpoint: Endpoint

    init(configuration: Configuration, endpoint: Endpoint) {
        self.configuration = configuration
        self.endpoint = endpoint
    }

    /// - Parameters:
    ///   - route: of the delivery, which may limit what is lost.
    ///   - isReleased: a person has seen what the check and the budget held, and lets it pass.
    /// - Throws: ``OutgoingError``: the delivery is held with its text.
    func build(
        _ entry: QueuedEntry, route: String? = nil, isReleased: Bool = false
    ) throws(OutgoingError) -> OutgoingMessage {
        let message = try edited(entry)
        if endpoint.isFHIR {
            var rendering = rendering(entry, message)
            if !isReleased {
                rendering.lossBudget = configuration.routes.first { $0.name == route }?.lossBudget
                rendering.checks = endpoint.checksBundles
            }
            return try rendering.outgoing(message, entry: entry)
        }
        var outgoing = try requestingAnswers(message)
        if let charset = endpoint.charset { outgoing = try reencoded(outgoing, as: charset) }
        let header = outgoing.header
        return OutgoingMessage(
            seq: entry.seq, bytes: outgoing.bytes, controlID: Array(header.controlID),
            isUnanswered: isUnanswered(header),
            asksForApplicationAnswer: !["", "NE"].contains(header.applicationAcknowledgment))
    }

    /// The bundle of an entry, with the account of which value went where. Only for an endpoint that takes FHIR.
    func mapped(_ entry: QueuedEntry) throws(OutgoingError) -> Mapped {
        let message = try edited(entry)
        return try rendering(entry, message).mapped(message, entry: entry, explains: true)
    }

    private func rendering(_ entry: QueuedEntry, _ message: Message) -> FHIRRendering {
        FHIRRendering(
            configuration: configuration, endpoint: endpoint, rule: configuration.rule(of: entry, message.header))
    }

    private func edited(_ entry: QueuedEntry) throws(OutgoingError) -> Message {
        let message = try self.message(of: entry)
        guard !endpoint.edits.isEmpty else { return message }
        do throws(EditFailure) { return try message.edited(by: endpoint.edits) } catch {
            throw OutgoingError(error.description)
        }
    }

    /// An acknowledgement is answered only if it asks, or answers would be answered without end.
    private func isUnanswered(_ header: Header) -> Bool {
        if header.isAcknowledgment { return ["", "NE"].contains(header.acceptAcknowledgment) }
        return endpoint.ackMode == .none
    }

    private func message(of entry: QueuedEntry) throws(OutgoingError) -> Message {
        switch entry.content {
        case .message(let message): return message
        case .bytes(let body):
            do throws(ParseError) { return try configuration.stored(entry, body: body) } catch {
                throw OutgoingError("the stored message cannot be read: \(error)")
            }
        case nil: throw OutgoingError("the message is no longer kept (retention)")
        }
    }

    // MARK: Acknowledgements and character sets

    private func requestingAnswers(_ message: Message) throws(OutgoingError) -> Message {
        let codes: (accept: String, application: String)
        switch endpoint.ackMode {
        case .asSent: return message
        // There is no original mode for what is an answer itself.
        case .original where message.header.isAcknowledgment: codes = ("NE", "NE")
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
