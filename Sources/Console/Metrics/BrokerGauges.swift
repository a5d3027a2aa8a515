import Broker
import Foundation
import Interfaces
import Journaling
import MLLP

/// What is read off the broker when somebody asks: depths, ages, connections, certificates.
struct BrokerGauges: Sendable {
    let broker: Broker
    let finder: MessageFinder
    let alerts: AlertCenter
    let registry: MetricsRegistry

    /// What each name means.
    private static let help = [
        "wardline_alerts_open": "Alerts that are open, by kind.",
        "wardline_build_info": "Always 1; the version is a label.",
        "wardline_certificate_remaining_seconds": "Time until a certificate expires, by file.",
        "wardline_commit_backlog_operations": "Operations that wait for the writer of the journal.",
        "wardline_commit_backlog_bytes": "Bytes that wait for the writer of the journal.",
        "wardline_commit_seconds": "Time of one transaction of the journal's writer, all of it.",
        "wardline_connections": "Open connections, by listener.",
        "wardline_controls_total": "What people did, by operation.",
        "wardline_deliveries_total": "Attempts to deliver, by endpoint and outcome.",
        "wardline_endpoint_paused": "1 if nothing is sent to the endpoint.",
        "wardline_fsync_seconds": "The part of a transaction that writes the log and waits for the disk.",
        "wardline_map_leaves_total": "Values of delivered messages that were mapped, by endpoint and type.",
        "wardline_map_lost_total": "Those of them that no element carries, by endpoint and type.",
        "wardline_messages_total": "Messages journaled, by provider, type and outcome.",
        "wardline_queue_depth": "Unsettled deliveries, by endpoint and state.",
        "wardline_queue_oldest_seconds": "Age of the oldest unsettled delivery, by endpoint.",
        "wardline_resident_bytes": "Memory of the process.",
        "wardline_routed_total": "Decisions of the router, by outcome.",
        "wardline_search_lag_messages": "The newest messages that the search index does not have yet.",
        "wardline_stage_seconds":
            "Time by stage: store from frame to disk, settle an outcome to disk, attempt one delivery "
            + "attempt, deliver from received to delivered.",
        "wardline_start_time_seconds": "When the process began, in seconds since 1970.",
    ]

    func text() async throws -> String {
        var families = registry.families()
        families.append(contentsOf: try await queues())
        families.append(contentsOf: process())
        families.append(certificates())
        families.append(await openAlerts())
        if let lag = try await finder.lag() {
            families.append(Self.single("wardline_search_lag_messages", Double(lag)))
        }
        return families.filter { !$0.series.isEmpty }.sorted { $0.name < $1.name }
            .map { $0.text(help: Self.help[$0.name]) }.joined()
    }

    private func queues() async throws -> [MetricFamily] {
        var depth = MetricFamily("wardline_queue_depth", .gauge)
        var oldest = MetricFamily("wardline_queue_oldest_seconds", .gauge)
        var paused = MetricFamily("wardline_endpoint_paused", .gauge)
        let now = broker.clock.now()
        let summaries = Dictionary(
            try await broker.queues.current().map { ($0.endpoint, $0) }, uniquingKeysWith: { first, _ in first })
        let pauses = Set(try await broker.journal.pauses().map(\.endpoint))
        let configured = broker.configurations.current.providers.flatMap(\.endpoints).map(\.name)
        for name in Set(configured).union(summaries.keys) {
            let summary = summaries[name]
            depth.add([("endpoint", name), ("state", "queued")], Double(summary?.queued ?? 0))
            depth.add([("endpoint", name), ("state", "held")], Double(summary?.held ?? 0))
            oldest.add([("endpoint", name)], summary.map { Double(now - $0.oldestReceivedAt) / 1e6 } ?? 0)
            paused.add([("endpoint", name)], pauses.contains(name) ? 1 : 0)
        }
        return [depth, oldest, paused]
    }

    private static func single(_ name: String, _ value: Double, _ labels: [(String, String)] = []) -> MetricFamily {
        var family = MetricFamily(name, .gauge)
        family.add(labels, value)
        return family
    }

    private func process() -> [MetricFamily] {
        var connections = MetricFamily("wardline_connections", .gauge)
        for (name, server) in broker.allServers {
            connections.add([("listener", name)], Double(server.connectionCount))
        }
        let backlog = broker.journal.backlog
        var families = [
            connections, Self.single("wardline_build_info", 1, [("version", wardlineVersion)]),
            Self.single("wardline_start_time_seconds", Double(broker.startedAt) / 1e6),
            Self.single("wardline_commit_backlog_operations", Double(backlog.operations)),
            Self.single("wardline_commit_backlog_bytes", Double(backlog.bytes)),
        ]
        if let resident = Self.residentBytes() { families.append(Self.single("wardline_resident_bytes", resident)) }
        return families
    }

    private func openAlerts() async -> MetricFamily {
        var family = MetricFamily("wardline_alerts_open", .gauge)
        let counts = await alerts.counts
        for kind in AlertKind.allCases { family.add([("kind", kind.rawValue)], Double(counts[kind] ?? 0)) }
        return family
    }

    /// Days left of every certificate that the configuration names.
    private func certificates() -> MetricFamily {
        var family = MetricFamily("wardline_certificate_remaining_seconds", .gauge)
        for file in broker.configurations.current.certificateUses.keys {
            guard let days = CertificateDays.left(in: file, at: broker.clock.now()) else { continue }
            family.add([("file", file)], days * 86_400)
        }
        return family
    }

    /// `VmRSS` of proc(5).
    private static func residentBytes() -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { return nil }
        return kilobytes * 1_024
    }
}
