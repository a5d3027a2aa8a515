import Auditing
package import HL7
package import Interfaces
package import Journaling

/// Decides which endpoints a message goes to. Pure.
package struct Router: Sendable {
    package let configuration: Configuration

    package init(configuration: Configuration) { self.configuration = configuration }

    /// Asks every route. A route that names the sender and could hold for the message's type, but does not hold,
    /// filters; if no route even does that, the message is unrouted.
    package func decide(_ message: Message, provider: String?) -> RoutingDecision {
        var deliveries: [NewDelivery] = []
        var filtered: [String] = []
        for route in configuration.routes {
            guard route.names(provider) else { continue }
            guard route.condition?.evaluate(on: message) ?? true else {
                if route.condition?.isPossible(on: message, knowing: Self.isMessageType) ?? true {
                    filtered.append(route.name)
                }
                continue
            }
            // Two routes to one endpoint make one delivery; the first one named it.
            for endpoint in route.to where !deliveries.contains(where: { $0.endpoint == endpoint }) {
                deliveries.append(
                    NewDelivery(endpoint: endpoint, route: route.name, configuration: configuration.hashBytes))
            }
        }
        if !deliveries.isEmpty { return .routed(deliveries) }
        return filtered.isEmpty ? .unrouted : .filtered(by: filtered)
    }

    static func isMessageType(_ path: Path) -> Bool { path.segment == "MSH" && path.field == 9 }
}

package enum RoutingDecision: Hashable, Sendable {
    case routed([NewDelivery])
    /// The routes whose condition said no.
    case filtered(by: [String])
    /// No route names this sender and type.
    case unrouted

    package var deliveries: [NewDelivery] { if case .routed(let deliveries) = self { deliveries } else { [] } }

    /// The decision as a transaction, with an event for each delivery.
    func routing(of item: PipelineInbox.Item, _ message: Message, at now: Int64) -> Routing {
        let header = message.header
        let seq = item.seq
        func event(_ kind: AuditEvent.Kind) -> AuditEvent {
            AuditEvent(
                kind, at: now, seq: seq, provider: item.provider, type: header.type,
                controlId: String(decoding: header.controlID, as: UTF8.self))
        }
        switch self {
        case .routed(let deliveries):
            let events = deliveries.map { delivery in
                var event = event(.messageRouted)
                event.endpoint = delivery.endpoint
                event.route = delivery.route
                return event
            }
            return Routing(seq: seq, outcome: .routed(deliveries), events: events)
        case .filtered(let routes):
            var event = event(.messageFiltered)
            event.text = "the condition of \(routes.joined(separator: ", ")) does not hold"
            return Routing(seq: seq, outcome: .filtered, events: [event])
        case .unrouted:
            var event = event(.messageUnrouted)
            event.text = "no route names this sender and message type"
            return Routing(seq: seq, outcome: .unrouted, events: [event])
        }
    }
}

extension Routing {
    /// What the message says about identities, which its first event says too.
    mutating func note(_ aliases: [LaneAlias]) {
        self.aliases = aliases
        guard let first = aliases.first, !events.isEmpty else { return }
        let text =
            first.change == .unlinked
            ? "the identities that it names are ordered apart from now on"
            : "later messages of the identities that it names keep one order"
        events[0].text = [events[0].text, text].compactMap { $0 }.joined(separator: "; ")
    }
}
