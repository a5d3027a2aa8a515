import NIOHTTP1
import Testing

/// `wardline why` and its API: what each route said about a message.
struct WhyTests {
    private static let files = [
        "providers/hospital.yaml": """
        provider: hospital
        sends: [ { as: { application: HIS, facility: GH }, timezone: none } ]
        """,
        "providers/registry.yaml": """
        provider: registry
        receives: { files: { folder: ../registry }, second: { folder: ../second } }
        """,
        "routes/admissions.yaml": """
        route: admissions
        from: [hospital]
        when: MSH-9.1 = "ADT" and PV1-2 in ("I", "E")
        to: [registry.files]
        """,
    ]

    private func start(class patientClass: String) async throws -> RunningConsole {
        let console = try await RunningConsole.start(Self.files)
        let code = try await console.take(
            "MSH|^~\\&|HIS|GH|WL|EX|20260301120000+0000||ADT^A01^ADT_A01|M1|P|2.5.1", "EVN||20260301120000+0000",
            "PID|1||P1^^^GH^MR||EVERYWOMAN^EVE||19700101|F", "PV1|1|\(patientClass)")
        #expect(code == "AA")
        let isRouted = try await eventually {
            try await console.folder.run("trace", "1", "--format", "json").output.contains("\"routed\"")
        }
        #expect(isRouted)
        return console
    }

    @Test(.timeLimit(.minutes(1)))
    func `why says what a route saw, and why a message did not go somewhere`() async throws {
        let console = try await start(class: "O")
        let text = try await console.folder.run("why", "1", "--not-to", "registry.files")
        #expect(text.code == 0)
        #expect(
            text.output.contains("admissions: its condition does not hold: PV1-2 in (\"I\", \"E\") (PV1-2 is \"O\")"))
        #expect(text.output.contains("yes  MSH-9.1 = \"ADT\""))
        #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        let json = try await console.folder.run("why", "1", "--format", "json")
        let object = try TestFolder.object(json.output)
        #expect(object["routing"] as? String == "filtered")
        let route = try #require((object["routes"] as? [[String: Any]])?.first)
        #expect(route["takes"] as? Bool == false)
        let condition = try #require(route["condition"] as? [String: Any])
        #expect(condition["form"] as? String == "all" && condition["holds"] as? Bool == false)
        #expect(
            try await console.folder.run("why", "1", "--not-to", "registry.second").output.contains("no route leads"))
        #expect(try await console.folder.run("why", "99").code == 1)
        try await console.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `why needs the permission to read messages, and leaves an event as reading one does`() async throws {
        let console = try await start(class: "I")
        let path = "/api/v1/messages/1/why?not=registry.files"
        let viewer = ("Authorization", "Bearer \(try await console.token("vera", "viewer"))")
        #expect(try await console.send(.GET, path, headers: [viewer]).status == 403)
        let reader = ("Authorization", "Bearer \(try await console.token("otto", "operator"))")
        let found = try await console.send(.GET, path, headers: [reader])
        #expect(found.status == 200)
        #expect((found.object["not"] as? [String: Any])?["answer"] as? String == "went")
        #expect(try await console.send(.GET, "/api/v1/messages/9/why", headers: [reader]).status == 404)
        let trace = try await console.folder.run("trace", "1", "--format", "json").output
        let reads = trace.split(separator: "\n").filter { $0.contains("\"step\":\"read\"") }
        #expect(reads.count == 1)
        #expect(reads.allSatisfy { $0.contains("\"actor\":\"otto\"") && $0.contains("routing explained") })
        try await console.end()
    }
}
