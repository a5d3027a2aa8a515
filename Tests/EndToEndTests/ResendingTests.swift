import Foundation
import NIOHTTP1
import Testing

/// `wardline resend --matching` and `--edited`, and `wardline purge`.
struct ResendingTests {
    private static let files = [
        "providers/hospital.yaml": """
        provider: hospital
        sends: [ { as: { application: HIS, facility: GH }, timezone: none } ]
        """,
        "providers/clinic.yaml":
            "provider: clinic\nreceives: { inbox: { folder: ../clinic }, down: { mllp: \"mllp://127.0.0.1:1\" } }\n",
        "routes/all.yaml": "route: all\nfrom: [hospital]\nto: [clinic.inbox, clinic.down]\n",
    ]

    private func message(_ controlID: String, _ sex: String = "F") -> [String] {
        [
            "MSH|^~\\&|HIS|GH|WL|EX|20260301120000+0000||ADT^A01^ADT_A01|\(controlID)|P|2.5.1",
            "EVN||20260301120000+0000", "PID|1||P1^^^GH^MR||EVERYWOMAN^EVE||19700101|\(sex)", "PV1|1|I",
        ]
    }

    private func start() async throws -> RunningConsole {
        let console = try await RunningConsole.start(Self.files)
        for number in 1...3 {
            let lines = message("M\(number)")
            #expect(try await console.take(lines[0], lines[1], lines[2], lines[3]) == "AA")
        }
        let isRouted = try await eventually {
            try await console.folder.run("trace", "3", "--format", "json").output.contains("\"routed\"")
        }
        #expect(isRouted)
        return console
    }

    @Test(.timeLimit(.minutes(1)))
    func `a search says what it would send, and then sends it`() async throws {
        let console = try await start()
        let folder = console.folder
        let search = ["--matching", "provider=hospital", "--matching", "type=ADT^A01", "--to", "clinic.inbox"]
        let dry = try await folder.run(["resend", "--dry-run", "--reason", "test"] + search)
        #expect(dry.code == 0 && dry.output.contains("3 messages (#1 to #3)"))
        #expect(try await folder.run("resends").output == "")
        let run = try await folder.run(["resend", "--rate", "1000", "--reason", "clinic lost them"] + search)
        #expect(run.code == 0)
        let isDone = try await eventually {
            try await folder.run("resends").output.contains("finished: 3 of 3 messages")
        }
        #expect(isDone)
        var parents: [Int] = []
        for line in try await folder.run("find", "--format", "json", "--state", "resent").output.split(separator: "\n")
        {
            parents.append(try #require(try TestFolder.object(String(line))["parent"] as? Int))
        }
        // Newest first.
        #expect(parents == [3, 2, 1])
        #expect(try await folder.run("resend", "--matching", "ward=4", "--reason", "test").code == 2)
        try await console.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a changed copy shows what differs before it is sent, and after`() async throws {
        let console = try await start()
        let folder = console.folder
        try folder.write("copy.hl7", message("M1", "M").joined(separator: "\r") + "\r")
        let arguments = ["resend", "1", "--edited", "copy.hl7", "--to", "clinic.inbox", "--reason", "wrong sex"]
        let dry = try await folder.run(arguments + ["--dry-run"])
        #expect(dry.code == 0 && dry.output.contains("would be sent") && dry.output.contains("PID-8"))
        let sent = try await folder.run(arguments)
        #expect(sent.output.hasPrefix("#4: a changed copy of #1 was sent"))
        #expect(try await folder.run("show", "4", "--path", "PID-8", "--raw").output == "M\n")
        #expect(try await folder.run("show", "1", "--path", "PID-8", "--raw").output == "F\n")
        try await console.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a queue is purged of what is in the file, and of nothing without one`() async throws {
        let console = try await start()
        let folder = console.folder
        let admin = ("Authorization", "Bearer \(try await console.token("root", "admin"))")
        let body = #"{"reason":"test","export":"00"}"#
        let path = "/api/v1/endpoints/clinic.down/purge"
        #expect(try await console.send(.POST, path, body, headers: [admin]).status == 409)
        let purged = try await folder.run("purge", "clinic.down", "--export", "queue.jsonl", "--reason", "closed")
        #expect(purged.code == 0 && purged.output.contains("skipped 3 deliveries"))
        let lines = try String(contentsOfFile: "\(folder.path)/queue.jsonl", encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 3)
        let first = try TestFolder.object(String(try #require(lines.first)))
        let bytes = try #require((first["body"] as? String).flatMap { Data(base64Encoded: $0) })
        #expect(String(decoding: bytes, as: UTF8.self).contains("|M1|P|"))
        let trace = try await folder.run("trace", "1", "--format", "json").output
        #expect(trace.contains("\"skipped\"") && trace.contains("closed"))
        #expect(try await folder.run("ledger").code == 0)
        // The file is not written over.
        #expect(try await folder.run("purge", "clinic.down", "--export", "queue.jsonl", "--reason", "x").code == 1)
        try await console.end()
    }
}
