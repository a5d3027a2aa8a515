import HL7
import Interfaces
package import Journaling

/// What another configuration would do differently with messages that were taken.
package struct ConfigurationPlan: Sendable {
    /// One message that would be routed or made ready otherwise.
    package struct Change: Sendable {
        package var entry: JournalEntry
        /// Endpoints that it would go to with each.
        package var before: [String]
        package var after: [String]
        /// Endpoints that it goes to with both, and that would get something else.
        package var remade: [Remade]
    }

    package struct Remade: Sendable {
        package var endpoint: String
        package var before: Made
        package var after: Made
    }

    /// What an endpoint gets, or why it gets nothing.
    package enum Made: Hashable, Sendable {
        case bytes([UInt8])
        case problem(String)
    }

    package var changes: [Change] = []
    /// Messages that were looked at.
    package var looked = 0
    /// Those of them that would be different, also where ``changes`` does not list them.
    package var different = 0
    /// The newest and the oldest message looked at.
    package var newest: Int64?
    package var oldest: Int64?
    /// There are older ones of the time asked for.
    package var isCut = false
}

/// Compares two configurations on stored messages. Pure.
struct PlanComparison: Sendable {
    let old: Configuration
    let new: Configuration

    /// What differs for a message; nil: nothing.
    func change(_ stored: StoredEntry) -> ConfigurationPlan.Change? {
        guard let body = stored.body else { return nil }
        let entry = QueuedEntry(stored.entry, body: body)
        let (before, after) = (endpoints(old, entry, body), endpoints(new, entry, body))
        var remade: [ConfigurationPlan.Remade] = []
        for endpoint in before where after.contains(endpoint) {
            let (one, other) = (made(old, endpoint, entry), made(new, endpoint, entry))
            if one != other {
                remade.append(ConfigurationPlan.Remade(endpoint: endpoint, before: one, after: other))
            }
        }
        if Set(before) == Set(after), remade.isEmpty { return nil }
        return ConfigurationPlan.Change(entry: stored.entry, before: before, after: after, remade: remade)
    }

    private func endpoints(_ configuration: Configuration, _ entry: QueuedEntry, _ body: [UInt8]) -> [String] {
        // What was readable when it was accepted, and is not with another character set, goes nowhere.
        guard let message = try? configuration.stored(entry, body: body) else { return [] }
        let provider = sender(of: message, entry, configuration)
        return Router(configuration: configuration).decide(message, provider: provider).deliveries.map(\.endpoint)
    }

    /// The name of the sender by a configuration: that of the entry where it still has such a provider.
    private func sender(of message: Message, _ entry: QueuedEntry, _ configuration: Configuration) -> String? {
        if let provider = entry.provider, configuration.provider(provider) != nil { return provider }
        let identity = configuration.identify(
            listener: entry.listener, certificateNames: [], application: message.header.sendingApplication,
            facility: message.header.sendingFacility)
        guard case .known(let provider, _) = identity else { return nil }
        return provider.name
    }

    private func made(
        _ configuration: Configuration, _ name: String, _ entry: QueuedEntry
    ) -> ConfigurationPlan.Made {
        guard let endpoint = configuration.endpoint(name) else { return .problem("there is no endpoint \(name)") }
        do throws(OutgoingError) {
            return .bytes(try OutgoingBuilder(configuration: configuration, endpoint: endpoint).build(entry).bytes)
        } catch { return .problem(error.description) }
    }
}
