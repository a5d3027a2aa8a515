import Auditing
import Crypto
import HL7
import Journaling
import Logging

/// Journals application acknowledgements that receivers send on the connections that we opened to them.
///
/// The message is delivered already: its commit answer said so. What its application made of it is kept with it, and
/// an error is logged for a person.
final class AcknowledgmentIntake: Sendable {
    private let journal: any Journal
    private let events: Signal
    private let clock: Clock
    private let log: Logger

    init(journal: any Journal, events: Signal, clock: Clock, log: Logger) {
        self.journal = journal
        self.events = events
        self.clock = clock
        self.log = log
    }

    /// - Parameter endpoint: `provider.endpoint`. Returns at once.
    func received(_ bytes: [UInt8], from endpoint: String) {
        // The sender has read it before.
        guard let message = try? Message(parsing: bytes), let answer = DeliveryAnswer(of: message) else { return }
        let header = message.header
        let provider = String(endpoint.prefix { $0 != "." })
        let now = clock.now()
        let controlID = String(decoding: header.controlID, as: UTF8.self)
        let event = AuditEvent(
            .acknowledgementReceived, at: now, actor: provider, provider: provider, endpoint: endpoint,
            type: header.type, controlId: controlID, text: answer.text)
        let entry = NewEntry(
            receivedAt: now, disposition: .acknowledgement, listener: endpoint, provider: provider, sender: provider,
            controlId: controlID, type: header.type, version: header.version, body: bytes,
            bodySHA256: Array(SHA256.hash(data: bytes)),
            answersControlId: String(decoding: message.answeredControlID, as: UTF8.self), event: event)
        if case .code(let code, _) = answer, !code.isAccept {
            log.warning(
                "the receiver's application refused a message after its commit accept",
                metadata: ["endpoint": "\(endpoint)", "answer": "\(answer.text)"])
        }
        // TRANSACTION 1
        journal.append([entry]) { result in
            if case .failure(let error) = result { self.log.error("not stored", metadata: ["error": "\(error)"]) }
            self.events.fire()
        }
    }
}
