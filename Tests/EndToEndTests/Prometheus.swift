import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// A Prometheus server of a test, in a folder of its own, which scrapes one broker.
struct Prometheus {
    private let process: Peer
    let address: String

    static let isInstalled = Peer.can("promtool", "--version") && Peer.can("prometheus", "--version")

    /// - Parameters:
    ///   - folder: holds the broker's certificates, and gets the server's files.
    ///   - rules: a file of alert rules.
    static func start(in folder: TestFolder, broker: String, token: String, rules: String) async throws -> Prometheus {
        try folder.write(
            "prometheus.yml",
            """
            global: { scrape_interval: 500ms, evaluation_interval: 500ms }
            rule_files: ["\(rules)"]
            scrape_configs:
              - job_name: wardline
                scheme: https
                authorization: { credentials: "\(token)" }
                tls_config: { ca_file: Certs/dev/ca.pem, server_name: localhost }
                static_configs: [{ targets: ["\(broker)"] }]
            """)
        // It writes its log to standard error; the shell turns into it, so that the process is Prometheus itself.
        let process = try Peer(
            [
                "sh", "-c",
                """
                exec prometheus --config.file=prometheus.yml --storage.tsdb.path=prometheus \
                  --web.listen-address=127.0.0.1:0 --log.format=json 2>&1
                """,
            ], in: folder)
        while true {
            let line = await process.line()
            try #require(!line.isEmpty, "prometheus ended before it listened")
            let said = try TestFolder.object(line)
            if said["msg"] as? String == "Listening on", let address = said["address"] as? String {
                return Prometheus(process: process, address: address)
            }
        }
    }

    func end() async { await process.end() }

    /// The `data` of an answer of its API; nothing while it is still starting.
    func get(_ path: String) async throws -> [String: Any] {
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "http://\(address)/api/v1/\(path)"), timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        guard response.status.code == 200 else { return [:] }
        let object = try TestFolder.object(String(buffer: bytes))
        return object["data"] as? [String: Any] ?? [:]
    }

    struct Rule {
        var name: String
        /// `inactive`, `pending` or `firing`
        var state: String
        /// `ok`, once it was evaluated without an error.
        var health: String
    }

    func rules() async throws -> [Rule] {
        let groups = try await get("rules")["groups"] as? [[String: Any]] ?? []
        return groups.flatMap { $0["rules"] as? [[String: Any]] ?? [] }.map {
            Rule(
                name: $0["name"] as? String ?? "", state: $0["state"] as? String ?? "",
                health: $0["health"] as? String ?? "")
        }
    }
}
