import Interfaces
package import Journaling

extension Broker {
    /// Why an entry went where it went, by the configuration that routed it. Reading it is reading the message: an audit
    /// event says who did.
    ///
    /// - Parameter endpoint: why it did not go there is explained too.
    /// - Returns: nil if there is no such entry, or its bytes are no longer kept or no message.
    @concurrent
    package func why(
        _ seq: Int64, not endpoint: String? = nil, actor: String
    ) async throws(JournalError) -> RoutingExplanation? {
        guard let entry = try await journal.entry(seq),
            let body = try await read(seq, actor: actor, purpose: "routing explained")
        else { return nil }
        let judging = try await configurations.configuration(hash: entry.configuration)
        guard let message = try? judging.stored(QueuedEntry(entry, body: body), body: body) else { return nil }
        let deliveries = try await journal.deliveries(of: seq)
        // What was held at intake is routed later, perhaps by another configuration: its deliveries know by which.
        let hash = deliveries.first?.configuration ?? entry.configuration
        let configuration = try await configurations.configuration(hash: hash)
        var explanation = RoutingExplanation(
            entry: entry, deliveries: deliveries, configuration: configuration.hash,
            isThatOfTheTime: configuration.hashBytes == hash,
            routes: Router(configuration: configuration).explain(message, provider: entry.provider))
        if let endpoint {
            explanation.endpoint = explanation.explanation(
                for: endpoint, isKnown: configuration.endpoint(endpoint) != nil)
        }
        return explanation
    }
}
