import Crypto
package import HL7
import Interfaces
package import Journaling
package import Mapping

/// The copy of a message that an endpoint was sent, or is to be sent.
package struct SentCopy: Sendable {
    package enum Origin: String, Sendable {
        /// The bytes were stored when they were sent.
        case kept
        /// Made again, by the configuration that made them first.
        case rebuilt
        /// Not sent yet: what would be sent.
        case planned
    }

    package enum Content: Sendable {
        case message(Message)
        case bundle(Mapped)
        /// It cannot be made, or not be read.
        case problem(String)
    }

    package var delivery: Delivery
    /// As it was received.
    package var received: Message
    package var origin: Origin
    package var content: Content
    /// Whether the bytes are those that were sent, by their SHA-256; nil: nothing was sent yet.
    package var isAsSent: Bool?
    /// The bytes are those that were received.
    package var isUnchanged: Bool
}

extension Broker {
    /// The copy of a message for one endpoint, beside the message. Reading it is reading the message: an audit event says
    /// who did.
    ///
    /// - Returns: nil if there is no such delivery, or the message is no longer kept or no message.
    @concurrent
    package func sentCopy(_ seq: Int64, endpoint name: String, actor: String)
        async throws(JournalError) -> SentCopy?
    {
        guard let entry = try await journal.entry(seq),
            let delivery = try await journal.delivery(seq, endpoint: name),
            let body = try await read(seq, actor: actor, purpose: "compared with what \(name) was sent")
        else { return nil }
        let judging = try await configurations.configuration(hash: entry.configuration)
        let queued = QueuedEntry(entry, body: body)
        guard let received = try? judging.stored(queued, body: body) else { return nil }
        let configuration = try await configurations.configuration(hash: delivery.configuration)
        var copy = SentCopy(
            delivery: delivery, received: received,
            origin: delivery.sentSHA256 == nil ? .planned : .rebuilt,
            content: .problem("the endpoint \(name) is not in the configuration of that time"),
            isUnchanged: false)
        guard let endpoint = configuration.endpoint(name) else { return copy }
        let builder = OutgoingBuilder(configuration: configuration, endpoint: endpoint)
        do throws(OutgoingError) {
            var bytes: [UInt8]
            if endpoint.isFHIR {
                let mapped = try builder.mapped(queued)
                bytes = mapped.bytes
                copy.content = .bundle(mapped)
            } else {
                bytes = try builder.build(queued).bytes
                if let kept = delivery.sentBytes {
                    bytes = kept
                    copy.origin = .kept
                }
                copy.content = Self.content(bytes)
            }
            copy.isUnchanged = bytes == body
            copy.isAsSent = delivery.sentSHA256.map { $0 == Array(SHA256.hash(data: bytes)) }
        } catch { copy.content = .problem(error.description) }
        return copy
    }

    private static func content(_ bytes: [UInt8]) -> SentCopy.Content {
        do throws(ParseError) {
            return .message(
                try Message(parsing: bytes, limits: Limits(messageBytesMax: .max, segmentsMax: .max)))
        } catch { return .problem("the copy cannot be read: \(error)") }
    }
}
