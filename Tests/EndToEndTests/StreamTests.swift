import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// The routing log as server-sent events: who gets what, for how long, and from where on.
struct StreamTests {
    /// What came on a stream so far.
    private final class Received: Sendable {
        private let state = Mutex((text: "", isEnded: false))

        func read(_ console: RunningConsole, _ path: String, _ headers: [(String, String)]) async throws {
            var request = HTTPClientRequest(url: "https://\(console.address)/api/v1/events\(path)")
            for (name, value) in headers { request.headers.add(name: name, value: value) }
            let response = try await console.client.execute(request, timeout: .seconds(60))
            #expect(response.status == .ok)
            for try await buffer in response.body { state.withLock { $0.text += String(buffer: buffer) } }
            state.withLock { $0.isEnded = true }
        }

        var isEnded: Bool { state.withLock { $0.isEnded } }

        /// Groups of `name: value` lines.
        var blocks: [String] {
            state.withLock { $0.text }.components(separatedBy: "\n\n").dropLast()
        }

        var steps: [[String: Any]] {
            get throws {
                try blocks.compactMap { block in
                    try block.split(separator: "\n").first { $0.hasPrefix("data: ") }.map {
                        try TestFolder.object(String($0.dropFirst(6)))
                    }
                }
            }
        }

        func has(_ controlID: String) throws -> Bool {
            try steps.contains { $0["controlId"] as? String == controlID }
        }
    }

    /// Keeps a stream open around a body.
    private func withStream(
        _ console: RunningConsole, _ path: String, _ headers: [(String, String)],
        _ body: (Received) async throws -> Void
    ) async throws {
        let received = Received()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await received.read(console, path, headers) }
            #expect(await eventually { !received.blocks.isEmpty })
            try await body(received)
            group.cancelAll()
            // It was cancelled, if it had not ended.
            _ = await group.nextResult()
        }
    }

    private func bearer(_ token: String) -> (String, String) { ("Authorization", "Bearer \(token)") }

    private func take(_ console: RunningConsole, _ controlID: String) async throws {
        let code = try await console.take(
            "MSH|^~\\&|HIS|GH|WL|EX|20260301120000+0000||ADT^A01^ADT_A01|\(controlID)|P|2.5.1",
            "EVN||20260301120000+0000", "PID|1||P1^^^GH^MR||EVERYWOMAN^EVE||19700101|F", "PV1|1|I")
        #expect(code == "AA")
    }

    @Test(.timeLimit(.minutes(1)))
    func `a stream ends when its token is revoked, and one of a browser when it signs out`() async throws {
        let console = try await RunningConsole.start()
        let token = try await console.token("vera", "viewer")
        let other = try await console.token("otto", "operator")
        let signed = try await console.send(.POST, "/api/v1/session", #"{"token":"\#(other)"}"#)
        let cookie = ("Cookie", try #require(signed.cookie))
        let csrf = ("X-CSRF-Token", try #require(signed.object["csrf"] as? String))
        try await withStream(console, "?last=0", [bearer(token)]) { stream in
            try await withStream(console, "?last=0", [cookie]) { browser in
                try await take(console, "M1")
                #expect(try await eventually { try stream.has("M1") })
                #expect(try await eventually { try browser.has("M1") })
                #expect(try await console.folder.run("accounts", "remove-token", "vera", "test").code == 0)
                #expect(await eventually { stream.isEnded })
                try await take(console, "M2")
                #expect(try await eventually { try browser.has("M2") })
                #expect(try stream.has("M2") == false)
                #expect(try await console.send(.DELETE, "/api/v1/session", headers: [cookie, csrf]).status == 204)
                #expect(await eventually { browser.isEnded })
            }
        }
        try await console.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a viewer sees what became of messages and not who read them, and a browser goes on where it was`()
        async throws
    {
        let console = try await RunningConsole.start()
        let viewer = bearer(try await console.token("vera", "viewer"))
        try await take(console, "M1")
        #expect(try await eventually { try await console.folder.run("trace", "1").output.contains("unrouted") })
        #expect(try await console.folder.run("show", "1").code == 0)
        var last = ""
        try await withStream(console, "?after=0&follow=0", [viewer]) { stream in
            #expect(await eventually { stream.isEnded })
            let steps = try stream.steps
            #expect(Set(steps.compactMap { $0["step"] as? String }) == ["received", "routed"])
            #expect(steps.allSatisfy { $0["patient"] == nil })
            last =
                stream.blocks.compactMap { $0.split(separator: "\n").first { $0.hasPrefix("id: ") } }.last
                .map { String($0.dropFirst(4)) } ?? ""
        }
        #expect(try await console.send(.GET, "/api/v1/events?phi=1", headers: [viewer]).status == 403)
        try await take(console, "M2")
        try await withStream(console, "?after=0&follow=0", [viewer, ("Last-Event-ID", last)]) { stream in
            #expect(await eventually { stream.isEnded })
            let (hasNew, hasOld) = (try stream.has("M2"), try stream.has("M1"))
            #expect(hasNew && !hasOld)
        }
        try await console.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a broker that stops ends its streams, and logs no error about it`() async throws {
        let console = try await RunningConsole.start()
        let viewer = bearer(try await console.token("vera", "viewer"))
        try await withStream(console, "?last=0", [viewer]) { stream in
            let tail = try console.folder.start("tail", ["tail"])
            #expect(await tail.line() != nil)
            #expect(await console.broker.stop() == 0)
            // A stream that is cut off would fail instead of ending.
            #expect(await eventually { stream.isEnded })
            #expect(await tail.exit() == 0)
        }
        try await console.client.shutdown()
        let log = try String(contentsOfFile: "\(console.folder.path)/broker.log", encoding: .utf8)
        #expect(!log.contains(#""level":"error""#), "\(log)")
    }

    @Test(.timeLimit(.minutes(1)))
    func `every answer, refusals included, tells a browser to load nothing from elsewhere`() async throws {
        let console = try await RunningConsole.start()
        let viewer = bearer(try await console.token("vera", "viewer"))
        let requests: [(String, Int, [(String, String)])] = [
            ("/api/v1/status", 401, []), ("/api/v1/status", 401, [bearer("wardline_no")]),
            ("/api/v1/accounts", 403, [viewer]), ("/api/v1/messages/99", 404, [viewer]), ("/nowhere", 404, []),
            ("/api/v1/status", 200, [viewer]), ("/", 200, []), ("/api/v1/find?limit=0", 400, [viewer]),
        ]
        for (path, status, headers) in requests {
            let answer = try await console.send(.GET, path, headers: headers)
            #expect(answer.status == status, "\(path)")
            let policy = answer.headers.first(name: "Content-Security-Policy")
            #expect(policy?.hasPrefix("default-src 'none'") == true, "\(path)")
            #expect(answer.headers.first(name: "X-Content-Type-Options") == "nosniff", "\(path)")
        }
        try await console.end()
    }
}
