import Foundation
import NIOHTTP1
import Testing

/// The admin API over HTTPS: who may do what. Over the socket the command line uses the same routes.
struct AdminAPITests {
    @Test(.timeLimit(.minutes(1)))
    func `the first token signs in once shown, and nobody else does`() async throws {
        let console = try await RunningConsole.start()
        let log = try String(contentsOfFile: "\(console.folder.path)/broker.log", encoding: .utf8)
        let first = try #require(log.split(separator: "\n").first { $0.hasPrefix("wardline_") })
        #expect(try await console.send(.GET, "/api/v1/status").status == 401)
        #expect(try await console.send(.GET, "/metrics").status == 401)
        #expect(try await console.send(.POST, "/api/v1/session", #"{"token":"wardline_guess"}"#).status == 401)
        #expect(try await console.send(.GET, "/healthz").status == 200)
        let signed = try await console.send(.POST, "/api/v1/session", #"{"token":"\#(first)"}"#)
        #expect(signed.status == 200)
        #expect(signed.object["role"] as? String == "admin")
        let cookie = try #require(signed.cookie)
        #expect(try await console.send(.GET, "/api/v1/status", headers: [("Cookie", cookie)]).status == 200)
        try await console.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a browser that does not repeat its text changes nothing`() async throws {
        let console = try await RunningConsole.start()
        let token = try await console.token("ada", "operator")
        let signed = try await console.send(.POST, "/api/v1/session", #"{"token":"\#(token)"}"#)
        let cookie = ("Cookie", try #require(signed.cookie))
        let csrf = try #require(signed.object["csrf"] as? String)
        let path = "/api/v1/endpoints/nobody.inbox/pause"
        let body = #"{"reason":"test"}"#
        #expect(try await console.send(.POST, path, body, headers: [cookie]).status == 403)
        #expect(try await console.send(.POST, path, body, headers: [cookie, ("X-CSRF-Token", "x")]).status == 403)
        // It may, but there is no such endpoint.
        #expect(try await console.send(.POST, path, body, headers: [cookie, ("X-CSRF-Token", csrf)]).status == 404)
        #expect(
            try await console.send(.DELETE, "/api/v1/session", headers: [cookie, ("X-CSRF-Token", csrf)]).status == 204)
        #expect(try await console.send(.GET, "/api/v1/status", headers: [cookie]).status == 401)
        try await console.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `each role may do its part and no more`() async throws {
        let console = try await RunningConsole.start()
        let requests: [(HTTPMethod, String, String?)] = [
            (.GET, "/api/v1/status", nil), (.GET, "/api/v1/messages/1/body", nil),
            (.POST, "/api/v1/endpoints/nobody.inbox/pause", #"{"reason":"test"}"#),
            (.GET, "/api/v1/audit/events", nil), (.GET, "/api/v1/accounts", nil),
        ]
        // There is no message 1 and no such endpoint: 404 is what somebody who may gets.
        let expected = [
            "viewer": [200, 403, 403, 403, 403], "operator": [200, 404, 404, 403, 403],
            "privacy": [200, 404, 403, 200, 403], "admin": [200, 404, 404, 200, 200],
        ]
        for (role, statuses) in expected {
            let header = ("Authorization", "Bearer \(try await console.token("of-\(role)", role))")
            for (request, status) in zip(requests, statuses) {
                let answer = try await console.send(request.0, request.1, request.2, headers: [header])
                #expect(answer.status == status, "\(role) \(request.1)")
            }
        }
        try await console.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `guessing passwords is slowed down`() async throws {
        let console = try await RunningConsole.start()
        var statuses: [Int] = []
        for _ in 0..<7 {
            let guess = #"{"account":"admin","password":"not this one"}"#
            statuses.append(try await console.send(.POST, "/api/v1/session", guess).status)
        }
        #expect(statuses.prefix(5) == [401, 401, 401, 401, 401])
        #expect(statuses.contains(429))
        try await console.end()
    }
}
