import Foundation
import Testing

/// Alerts from the broker's process: mailed, given to a program, and acted upon from the command line.
struct AlertTests {
    @Test(.timeLimit(.minutes(2)))
    func `a paused endpoint's queue is mailed over TLS, run through a program, acknowledged and closed`() async throws {
        let folder = try TestFolder()
        #expect(try await folder.run("certs", "dev", "--directory", "Certs/dev").code == 0)
        try folder.write("mail.secret", "wardline:very secret\n")
        let receiver = try MailReceiver(
            certificate: folder.path + "/Certs/dev/broker.pem", key: folder.path + "/Certs/dev/broker.key")
        try await receiver.run { port in
            let off = ["oldestAge", "silence", "disk", "clockSkew", "certificates"].map { "\($0): off" }
            try folder.write(
                "Interfaces/broker.yaml",
                """
                broker: alerting
                listeners:
                  plain: { bind: "127.0.0.1:0", tls: off }
                alerts:
                  every: 100ms
                  queueDepth: 1
                  \(off.joined(separator: "\n  "))
                  mail:
                    server: smtp://127.0.0.1:\(port)
                    tls: { ca: ../Certs/dev/ca.pem, serverName: localhost }
                    from: wardline@hospital.example
                    to: [on-call@hospital.example, it@hospital.example]
                    auth: ../mail.secret
                  command: [/bin/sh, -c, "cat >> \(folder.path)/told.jsonl; echo >> \(folder.path)/told.jsonl"]
                """)
            try folder.write("Interfaces/providers/ward.yaml", "provider: ward\nsends: [{ as: { facility: WARD } }]\n")
            try folder.write(
                "Interfaces/providers/clinic.yaml", "provider: clinic\nreceives: { inbox: { folder: ../archive } }\n")
            try folder.write("Interfaces/routes/all.yaml", "route: all\nto: [clinic.inbox]\n")
            let (broker, listeners) = try await folder.broker()
            let (code, quiet) = try await folder.run("alerts")
            #expect(code == 0 && quiet == "no alerts\n")

            #expect(try await folder.run("pause", "clinic.inbox", "--reason", "a test").code == 0)
            try folder.write("message.hl7", PeerExchange.text("M1", facility: "WARD"))
            let address = try #require(listeners["plain"])
            #expect(try await folder.run("send", "message.hl7", "--to", "mllp://\(address)").code == 0)

            var mails = receiver.arrivals.makeAsyncIterator()
            let opened = try #require(await mails.next())
            #expect(opened.isSecure)
            #expect(Data(base64Encoded: opened.credentials) == Data("\0wardline\0very secret".utf8))
            #expect(opened.from == "MAIL FROM:<wardline@hospital.example>")
            #expect(opened.to == ["RCPT TO:<on-call@hospital.example>", "RCPT TO:<it@hospital.example>"])
            #expect(opened.text.contains("\r\nSubject: [alerting] warning: queueDepth clinic.inbox opened\r\n"))

            let open = try await folder.run("alerts", "--format", "json")
            #expect(open.code == 1)
            let alert = try TestFolder.object(open.output.trimmingCharacters(in: .newlines))
            let id = try #require(alert["id"] as? String)
            #expect(id == "queueDepth:clinic.inbox")
            #expect(try await folder.run("alerts", "acknowledge", id, "--reason", "mine").code == 0)
            #expect(try await folder.run("alerts").code == 0)
            #expect(try await folder.run("alerts", "acknowledge", "disk:", "--reason", "mine").code == 1)

            #expect(try await folder.run("resume", "clinic.inbox", "--reason", "a test").code == 0)
            let closed = try #require(await mails.next())
            #expect(closed.text.contains("\r\nSubject: [alerting] warning: queueDepth clinic.inbox closed\r\n"))
            func told() -> [String] {
                ((try? String(contentsOfFile: folder.path + "/told.jsonl", encoding: .utf8)) ?? "")
                    .split(separator: "\n").map(String.init)
            }
            #expect(await eventually { told().count == 2 })
            #expect(try told().map { try TestFolder.object($0)["state"] as? String } == ["opened", "closed"])
            // The live log has them too, and nothing of the patient leaves.
            let tail = try await folder.run("tail", "--last", "100", "--once", "--format", "json")
            #expect(tail.output.contains(#""step":"alert""#), "\(tail.output)")
            for text in told() + [opened.text, closed.text] { #expect(!text.contains("EVERYWOMAN")) }
            #expect(await broker.stop() == 0)
        }
        await folder.close()
    }
}
