import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// The command line's side of the admin socket.
package struct AdminClient: Sendable {
    private let socket: String
    private static let responseBytesMax = 64 << 20

    /// - Parameter data: the data folder of the running broker.
    package init(data: String) {
        let path = data + "/admin.sock"
        // A long path is a link to the socket itself.
        socket = (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) ?? path
    }

    package func get<Value: Decodable>(_ path: String, _ query: [String: String] = [:]) async throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(try await bytes(path, query)))
    }

    package func bytes(_ path: String, _ query: [String: String] = [:]) async throws -> [UInt8] {
        let response = try await execute(.GET, path, query, body: nil, timeout: .seconds(60))
        return Array(try await response.body.collect(upTo: Self.responseBytesMax).readableBytesView)
    }

    package func post(_ path: String, _ change: AdminAPI.Change) async throws -> AdminAPI.Done {
        try await send(.post, path, change)
    }

    /// How a request changes something.
    package enum Method: Sendable { case post, put, delete }

    /// - Parameter body: nothing for `delete`.
    package func send<Value: Decodable>(
        _ method: Method, _ path: String, _ body: (any Encodable & Sendable)? = nil, timeout: Duration = .seconds(60)
    ) async throws -> Value {
        let answer = try await answer(method, path, body, timeout)
        return try JSONDecoder().decode(
            Value.self, from: Data(try await answer.body.collect(upTo: Self.responseBytesMax).readableBytesView))
    }

    /// Asks for something long, and gives it on as it comes.
    package func stream(
        _ method: Method, _ path: String, _ body: any Encodable & Sendable, _ take: ([UInt8]) throws -> Void
    ) async throws {
        let answer = try await answer(method, path, body, .seconds(3_600))
        for try await buffer in answer.body { try take(Array(buffer.readableBytesView)) }
    }

    private func answer(
        _ method: Method, _ path: String, _ body: (any Encodable & Sendable)?, _ timeout: Duration
    ) async throws -> HTTPClientResponse {
        let method: HTTPMethod =
            switch method {
            case .post: .POST
            case .put: .PUT
            case .delete: .DELETE
            }
        return try await execute(
            method, path, [:], body: try body.map { try JSONEncoder().encode($0) }, timeout: TimeAmount(timeout))
    }

    /// The routing log, line by line, until the broker ends it or the task is cancelled.
    package func events(
        _ query: [String: String], _ body: (AdminAPI.Step) async throws -> Void
    ) async throws {
        let response = try await execute(.GET, "events", query, body: nil, timeout: .hours(24 * 365))
        var line: [UInt8] = []
        for try await buffer in response.body {
            for byte in buffer.readableBytesView {
                guard byte == 0x0A else {
                    line.append(byte)
                    continue
                }
                if line.starts(with: "data: ".utf8) {
                    try await body(try JSONDecoder().decode(AdminAPI.Step.self, from: Data(line.dropFirst(6))))
                }
                line.removeAll(keepingCapacity: true)
            }
        }
    }

    private func execute(
        _ method: HTTPMethod, _ path: String, _ query: [String: String], body: Data?, timeout: TimeAmount
    ) async throws -> HTTPClientResponse {
        guard FileManager.default.fileExists(atPath: socket) else {
            throw AdminError("no broker runs on this data folder: \(socket) is not there; name another with --data")
        }
        var uri = "/api/v1/" + path
        if !query.isEmpty {
            var components = URLComponents()
            components.queryItems = query.sorted { $0.key < $1.key }.map { URLQueryItem(name: $0.key, value: $0.value) }
            uri += "?" + (components.percentEncodedQuery ?? "")
        }
        guard let url = URL(httpURLWithSocketPath: socket, uri: uri) else { throw AdminError("not a path: \(socket)") }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = method
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(body)
        }
        let response: HTTPClientResponse
        do {
            response = try await HTTPClient.shared.execute(request, timeout: timeout)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw AdminError("the broker does not answer on \(socket): \(error)")
        }
        guard (200..<300).contains(response.status.code) else {
            let body = try await response.body.collect(upTo: Self.responseBytesMax)
            let problem = try? JSONDecoder().decode(AdminAPI.Problem.self, from: Data(body.readableBytesView))
            throw AdminError(problem?.error ?? "the broker answered \(response.status.code)")
        }
        return response
    }
}
