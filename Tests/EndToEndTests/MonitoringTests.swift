import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

/// What the broker tells Prometheus, and the files for Prometheus and Grafana in Sources/Console/Monitoring.
@Suite(.serialized) struct MonitoringTests {
    /// A broker whose every metric has a value: it has received, mapped, delivered, failed to deliver, and been paused.
    private struct Monitored {
        let folder: TestFolder
        let admin: String
        let token: String
        let client: HTTPClient

        private static func start() async throws -> Monitored {
            let folder = try TestFolder()
            #expect(try await folder.run("certs", "dev", "--directory", "Certs/dev").code == 0)
            let files = [
                "broker": """
                broker: monitored
                admin: { bind: "127.0.0.1:0", tls: { certificate: ../Certs/dev/broker.pem, key: ../Certs/dev/broker.key } }
                listeners:
                  plain: { bind: "127.0.0.1:0", tls: off }
                """,
                "providers/ward": """
                provider: ward
                sends:
                  - { as: { facility: WARD }, timezone: America/Chicago }
                """,
                "providers/clinic": """
                provider: clinic
                receives:
                  files: { folder: ../archive }
                  bundles: { folder: ../bundles, format: fhir }
                  away:
                    mllp: mllps://127.0.0.1:1
                    tls: { ca: ../Certs/dev/ca.pem, certificate: ../Certs/dev/general-hospital.pem, key: ../Certs/dev/general-hospital.key }
                """,
                "routes/all": "route: all\nto: [clinic.files, clinic.bundles, clinic.away]",
            ]
            for (name, text) in files { try folder.write("Interfaces/\(name).yaml", text + "\n") }
            let broker = try folder.start("broker", ["serve", "--interfaces", "Interfaces", "--data", "var"])
            let ready = try TestFolder.object(try #require(await broker.line()))
            let listeners = try #require(ready["listeners"] as? [String: String])
            #expect(try await folder.run("accounts", "add", "prometheus", "--role", "viewer").code == 0)
            let token = try await folder.run("accounts", "token", "prometheus", "scrape").output
            try folder.write("message.hl7", PeerExchange.text("M1", facility: "WARD"))
            let address = try #require(listeners["plain"])
            #expect(try await folder.run("send", "message.hl7", "--to", "mllp://\(address)").code == 0)
            #expect(try await folder.run("pause", "clinic.files", "--reason", "a test").code == 0)
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.certificateVerification = .none
            return Monitored(
                folder: folder, admin: try #require(ready["admin"] as? String),
                token: token.trimmingCharacters(in: .whitespacesAndNewlines),
                client: HTTPClient(
                    eventLoopGroupProvider: .singleton, configuration: HTTPClient.Configuration(tlsConfiguration: tls)))
        }

        func metrics() async throws -> String {
            var request = HTTPClientRequest(url: "https://\(admin)/metrics")
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
            let response = try await client.execute(request, timeout: .seconds(30))
            return String(buffer: try await response.body.collect(upTo: 1 << 20))
        }

        /// Waits until the text has all of some lines' beginnings.
        func metrics(having beginnings: [String]) async throws -> String {
            var text = ""
            _ = try await eventually {
                text = try await metrics()
                return beginnings.allSatisfy { text.contains("\n" + $0) }
            }
            for beginning in beginnings { #expect(text.contains("\n" + beginning), "\(beginning) is not in\n\(text)") }
            return text
        }

        private func end() async throws {
            try await client.shutdown()
            await folder.close()
        }

        static func with(_ body: (Monitored) async throws -> Void) async throws {
            let monitored = try await start()
            do { try await body(monitored) } catch {
                try await monitored.end()
                throw error
            }
            try await monitored.end()
        }
    }

    private static let monitoring = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/Console/Monitoring").standardizedFileURL.path(percentEncoded: false)
    private static let rules = monitoring + "/prometheus-alerts.yaml"

    /// What only appears once it has happened.
    private static let happened = [
        #"wardline_map_leaves_total{endpoint="clinic.bundles",type="ADT^A08"}"#,
        #"wardline_map_lost_total{endpoint="clinic.bundles",type="ADT^A08"}"#,
        #"wardline_stage_seconds_count{stage="deliver",endpoint="clinic.bundles"} 1"#,
        #"wardline_deliveries_total{endpoint="clinic.away",outcome="retry"}"#,
        #"wardline_endpoint_paused{endpoint="clinic.files"} 1"#,
        "wardline_search_lag_messages 0",
    ]

    private static func value(of series: String, in text: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { Double($0.dropFirst(series.count + 1)) }
    }

    @Test(.timeLimit(.minutes(3)))
    func `what maps lose, how long the disk takes and when certificates expire are metrics`() async throws {
        try await Monitored.with { monitored in
            let text = try await monitored.metrics(having: Self.happened)
            let labels = #"{endpoint="clinic.bundles",type="ADT^A08"}"#
            let leaves = try #require(Self.value(of: "wardline_map_leaves_total" + labels, in: text))
            let lost = try #require(Self.value(of: "wardline_map_lost_total" + labels, in: text))
            #expect(leaves > 10)
            #expect(lost >= 0 && lost < leaves)
            let commits = try #require(Self.value(of: "wardline_commit_seconds_count", in: text))
            #expect(commits > 0)
            // One may be told between the two lines.
            let syncs = try #require(Self.value(of: "wardline_fsync_seconds_count", in: text))
            #expect(abs(syncs - commits) <= 1)
            let whole = try #require(Self.value(of: "wardline_commit_seconds_sum", in: text))
            let disk = try #require(Self.value(of: "wardline_fsync_seconds_sum", in: text))
            #expect(disk > 0 && disk < whole)
            // The certificate that the broker shows to a receiver counts as its own ones do.
            for name in ["broker", "general-hospital"] {
                let line = text.split(separator: "\n").first {
                    $0.hasPrefix("wardline_certificate_remaining_seconds{") && $0.contains("/\(name).pem")
                }
                #expect(line != nil, "\(name)")
            }
        }
    }

    @Test func `the dashboard is JSON of which every panel asks Prometheus for something`() throws {
        let data = try Data(contentsOf: URL(filePath: Self.monitoring + "/grafana-dashboard.json"))
        let dashboard = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let panels = try #require(dashboard["panels"] as? [[String: Any]])
        #expect(panels.count > 10)
        for panel in panels {
            let targets = panel["targets"] as? [[String: Any]] ?? []
            #expect(targets.contains { ($0["expr"] as? String)?.isEmpty == false }, "\(panel["title"] ?? "")")
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func `every metric of the dashboard and the rules is one that a broker exports`() async throws {
        try await Monitored.with { monitored in
            let text = try await monitored.metrics(having: Self.happened)
            let exported = Set(
                text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
                    String($0.prefix { $0 != "{" && $0 != " " })
                })
            for file in ["grafana-dashboard.json", "prometheus-alerts.yaml"] {
                let used = try String(contentsOfFile: Self.monitoring + "/" + file, encoding: .utf8)
                    .matches(of: /wardline_[a-z_]+/).map { String($0.output) }
                #expect(used.count > 5)
                for name in Set(used) { #expect(exported.contains(name), "\(file): \(name)") }
            }
        }
    }

    @Test(
        .enabled(if: Prometheus.isInstalled, "prometheus is not installed: apt-get install prometheus"),
        .timeLimit(.minutes(3)))
    func `promtool finds nothing wrong with the rules and the metrics`() async throws {
        try await Monitored.with { monitored in
            let checkedRules = try Peer(["promtool", "check", "rules", Self.rules], in: monitored.folder)
            let (rulesCode, found) = await checkedRules.finish()
            #expect(rulesCode == 0 && found.contains("SUCCESS"), "\(found)")
            let text = try await monitored.metrics(having: Self.happened)
            let checkedMetrics = try Peer(["sh", "-c", "exec promtool check metrics 2>&1"], in: monitored.folder)
            try checkedMetrics.write(Array(text.utf8))
            let (code, output) = await checkedMetrics.finish()
            #expect(code == 0, "\(output)")
        }
    }

    @Test(
        .enabled(if: Prometheus.isInstalled, "prometheus is not installed: apt-get install prometheus"),
        .timeLimit(.minutes(3)))
    func `a Prometheus scrapes the broker, evaluates every rule and sees the endpoint that is paused`() async throws {
        try await Monitored.with { monitored in
            let prometheus = try await Prometheus.start(
                in: monitored.folder, broker: monitored.admin, token: monitored.token, rules: Self.rules)
            do {
                var rules: [Prometheus.Rule] = []
                let isSeen = try await eventually {
                    rules = try await prometheus.rules()
                    return !rules.isEmpty && rules.allSatisfy { $0.health == "ok" }
                        && rules.contains { $0.name == "WardlineEndpointPaused" && $0.state != "inactive" }
                }
                #expect(isSeen, "\(rules)")
                #expect(rules.first { $0.name == "WardlineGone" }?.state == "inactive")
            } catch {
                await prometheus.end()
                throw error
            }
            await prometheus.end()
        }
    }
}
