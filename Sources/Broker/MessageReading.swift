package import HL7
import Interfaces
package import Journaling
package import Mapping

/// A stored message as it was read when it came, and what its maps make of it.
package struct MessageReading: Sendable {
    package var message: Message
    /// The name of the zone of times without an offset.
    package var timeZone: String?
    /// With the account of what went where; an error if the type has no map.
    package var mapped: Result<Mapped, MapError>
}

extension Broker {
    /// Reads a stored message again, by the configuration that judged it.
    ///
    /// - Returns: nil if its bytes are no message.
    @concurrent
    package func reading(_ entry: JournalEntry, body: [UInt8]) async throws(JournalError) -> MessageReading? {
        let configuration = try await configurations.configuration(hash: entry.configuration)
        let queued = QueuedEntry(entry, body: body)
        // A frame that was refused because it cannot be parsed is kept too.
        guard let message = try? configuration.stored(queued, body: body) else { return nil }
        let rule = configuration.rule(of: queued, message.header)
        let zone = rule?.timezone?.rule
        let options = MappingOptions(
            broker: configuration.broker.name, timeZone: zone, needsZones: true, senderNamespace: entry.provider,
            identifierPriority: rule?.identifiers ?? MappingOptions.identifierPriority,
            configurationHash: configuration.hash, explains: true)
        do throws(MapError) {
            let mapped = try Mapper(configuration.maps, options: options).map(message, receivedAt: entry.receivedAt)
            return MessageReading(message: message, timeZone: zone?.name, mapped: .success(mapped))
        } catch {
            return MessageReading(message: message, timeZone: zone?.name, mapped: .failure(error))
        }
    }
}
