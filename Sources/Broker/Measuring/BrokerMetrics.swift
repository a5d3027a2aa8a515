import CoreMetrics
import Journaling
import Synchronization

/// The instruments of the message's way, by provider, type, endpoint and outcome. Names and labels are those of
/// Prometheus: `wardline_messages_total{provider="general-hospital",type="ADT^A01",outcome="accepted"}`.
final class BrokerMetrics: Sendable {
    private struct Key: Hashable {
        var name: String
        var first: String
        var second: String
        var third: String
    }

    /// Making an instrument costs more than using it.
    private let counters = Mutex<[Key: CoreMetrics.Counter]>([:])
    private let timers = Mutex<[Key: Timer]>([:])
    /// So that a sender of made-up message types cannot fill the memory.
    private static let instrumentsMax = 10_000

    func message(provider: String?, type: String, outcome: String) {
        count(Key(name: "wardline_messages_total", first: provider ?? "unknown", second: type, third: outcome)) {
            [("provider", provider ?? "unknown"), ("type", type), ("outcome", outcome)]
        }
    }

    func routing(outcome: String) {
        count(Key(name: "wardline_routed_total", first: outcome, second: "", third: "")) { [("outcome", outcome)] }
    }

    func delivery(endpoint: String, outcome: String) {
        count(Key(name: "wardline_deliveries_total", first: endpoint, second: outcome, third: "")) {
            [("endpoint", endpoint), ("outcome", outcome)]
        }
    }

    func control(_ operation: String) {
        count(Key(name: "wardline_controls_total", first: operation, second: "", third: "")) {
            [("operation", operation)]
        }
    }

    /// What a map carried of a message that was delivered.
    func mapping(endpoint: String, type: String, leaves: Int, lost: Int) {
        for (name, amount) in [("wardline_map_leaves_total", leaves), ("wardline_map_lost_total", lost)] {
            count(Key(name: name, first: endpoint, second: type, third: ""), by: amount) {
                [("endpoint", endpoint), ("type", type)]
            }
        }
    }

    /// - Parameter stage: `store` frame to disk, `settle` an outcome to disk, `attempt` one delivery attempt, `deliver`
    ///   received to delivered.
    func time(_ stage: String, endpoint: String = "", nanoseconds: Int64) {
        let key = Key(name: "wardline_stage_seconds", first: stage, second: endpoint, third: "")
        let timer = timers.withLock { timers in
            if let timer = timers[key] { return timer }
            var labels = [("stage", stage)]
            if !endpoint.isEmpty { labels.append(("endpoint", endpoint)) }
            let timer = Timer(label: key.name, dimensions: labels)
            if timers.count < Self.instrumentsMax { timers[key] = timer }
            return timer
        }
        timer.recordNanoseconds(nanoseconds)
    }

    private func count(_ key: Key, by amount: Int = 1, _ labels: () -> [(String, String)]) {
        let counter = counters.withLock { counters in
            if let counter = counters[key] { return counter }
            guard counters.count < Self.instrumentsMax else {
                return CoreMetrics.Counter(label: key.name, dimensions: [("outcome", "other")])
            }
            let counter = CoreMetrics.Counter(label: key.name, dimensions: labels())
            counters[key] = counter
            return counter
        }
        counter.increment(by: Int64(amount))
    }
}
