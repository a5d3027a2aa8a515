import Foundation
import NIOHTTP1
import Testing

/// `wardline reload`, its API and SIGHUP.
struct ReloadTests {
    private static let hospital = """
        provider: hospital
        sends: [ { as: { application: HIS, facility: GH }, timezone: none } ]
        """
    private static let broker = """
        broker: console-test
        admin: { bind: 127.0.0.1:0 }
        listeners:
          plain: { bind: 127.0.0.1:0, tls: off, accept: anyone }
        """

    private func listeners(_ console: RunningConsole) async throws -> [String] {
        let status = try TestFolder.object(try await console.folder.run("status", "--format", "json").output)
        return try #require(status["listeners"] as? [[String: Any]]).compactMap { $0["name"] as? String }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a folder with mistakes is refused, and one without is used, ports and all`() async throws {
        let console = try await RunningConsole.start(["providers/hospital.yaml": Self.hospital])
        let folder = console.folder
        try folder.write("Interfaces/routes/all.yaml", "route: all\nto: [nobody.inbox]\n")
        #expect(try await folder.run("reload", "--reason", "test").code == 1)
        let operatorToken = ("Authorization", "Bearer \(try await console.token("otto", "operator"))")
        let path = "/api/v1/configuration/reload"
        let refused = try await console.send(.POST, path, #"{"reason":"test"}"#, headers: [operatorToken])
        #expect(refused.status == 409)
        #expect((refused.object["error"] as? String)?.contains("routes/all.yaml:2") == true)
        #expect(try await listeners(console) == ["plain"])

        try FileManager.default.removeItem(atPath: "\(folder.path)/Interfaces/routes/all.yaml")
        try folder.write("Interfaces/broker.yaml", Self.broker + "\n  second: { bind: 127.0.0.1:0, tls: off }\n")
        let done = try await folder.run("reload", "--reason", "test")
        #expect(done.code == 0 && done.output.contains("listeners opened: second"))
        #expect(try await listeners(console) == ["plain", "second"])

        // By signal: only the outcome tells when it is done.
        try folder.write("Interfaces/broker.yaml", Self.broker)
        console.broker.signal(SIGHUP)
        #expect(try await eventually { try await listeners(console) == ["plain"] })
        #expect(try await console.send(.GET, "/readyz").status == 200)
        try await console.end()
    }
}
