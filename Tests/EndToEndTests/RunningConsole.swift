import AsyncHTTPClient
import Foundation
import HL7
import MLLP
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

/// A broker with a console, and a client that does not check its certificate, which the broker made itself.
struct RunningConsole {
    let folder: TestFolder
    let broker: Child
    let address: String
    let listeners: [String: String]
    let client: HTTPClient

    /// - Parameter files: those of the interfaces folder beside `broker.yaml`, by their names in it.
    static func start(_ files: [String: String] = [:]) async throws -> RunningConsole {
        let folder = try TestFolder()
        for (name, text) in files { try folder.write("Interfaces/\(name)", text) }
        try folder.write(
            "Interfaces/broker.yaml",
            """
            broker: console-test
            admin: { bind: 127.0.0.1:0 }
            listeners:
              plain: { bind: 127.0.0.1:0, tls: off, accept: anyone }
            """)
        let broker = try folder.start("broker", ["serve", "--interfaces", "Interfaces", "--data", "var"])
        let ready = try TestFolder.object(try #require(await broker.line()))
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: HTTPClient.Configuration(tlsConfiguration: tls))
        return RunningConsole(
            folder: folder, broker: broker, address: try #require(ready["admin"] as? String),
            listeners: try #require(ready["listeners"] as? [String: String]), client: client)
    }

    func end() async throws {
        try await client.shutdown()
        #expect(await broker.stop() == 0)
    }

    struct Answer {
        var status: Int
        /// nil: the body is no JSON.
        var json: Any?
        var object: [String: Any] { json as? [String: Any] ?? [:] }
        var cookie: String?
        var headers: HTTPHeaders
    }

    func send(
        _ method: HTTPMethod, _ path: String, _ body: String? = nil, headers: [(String, String)] = []
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "https://\(address)\(path)")
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(Array(body.utf8))
        }
        let response = try await client.execute(request, timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        let json = try? JSONSerialization.jsonObject(with: Data(bytes.readableBytesView))
        let cookie = response.headers.first(name: "Set-Cookie")?.split(separator: ";").first.map(String.init)
        return Answer(
            status: Int(response.status.code), json: json, cookie: cookie, headers: response.headers)
    }

    /// A token for a new account.
    func token(_ account: String, _ role: String) async throws -> String {
        #expect(try await folder.run("accounts", "add", account, "--role", role).code == 0)
        let made = try await folder.run("accounts", "token", account, "test")
        #expect(made.code == 0)
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Sends a message over MLLP and returns MSA-1 of its answer.
    @discardableResult
    func take(_ segments: String..., at listener: String = "plain") async throws -> String {
        let port = try #require(listeners[listener].flatMap { $0.split(separator: ":").last }.flatMap { Int($0) })
        let client = MLLPClient(host: "127.0.0.1", port: port)
        defer { client.close() }
        let bytes = Array(segments.map { $0 + "\r" }.joined().utf8)
        return try Message(parsing: try await client.exchange(bytes, timeout: .seconds(30)))["MSA-1"] ?? ""
    }
}
