import Foundation
import Testing

/// Messages to and from programs that others wrote. A test is skipped where its program is not installed.
@Suite(.serialized)
struct PeerTests {
    private static let hasHL7 = Peer.can("python3", "-c", "import hl7.client")
    private static let hasHL7apy = Peer.can("python3", "-c", "import hl7apy.mllp")
    private static let hasOpenSSL = Peer.can("openssl", "s_server", "-help")
    /// Versions of TLS by the option of OpenSSL that allows only them.
    private static let versions = ["-tls1_2", "-tls1_3"]

    @Test(.enabled(if: hasHL7, "the Python package hl7 is not installed: pip install hl7"))
    func `mllp_send of the hl7 package is answered AA for each of its messages`() async throws {
        let exchange = try await PeerExchange.make()
        let messages = (1...3).map { PeerExchange.message("H\($0)", facility: "WARD") }
        let frames = messages.flatMap(PeerExchange.framed)
        try exchange.folder.write("messages.mllp", String(decoding: frames, as: UTF8.self))
        let program = "from hl7.client import mllp_send; mllp_send()"
        let sender = try Peer(
            ["python3", "-c", program, "-p", exchange.plain.port, "-f", "messages.mllp", exchange.plain.host],
            in: exchange.folder)
        let (code, output) = await sender.finish()
        #expect(code == 0)
        for id in ["H1", "H2", "H3"] { #expect(output.contains("MSA|AA|\(id)"), "\(output)") }
        // It leaves out the end of the last segment.
        #expect(try await exchange.hasArchived(messages.map { $0.dropLast() }))
        await exchange.folder.close()
    }

    @Test(.enabled(if: hasHL7apy, "the Python package hl7apy is not installed: pip install hl7apy"))
    func `the server of hl7apy, which hangs up after each answer, gets every message in order`() async throws {
        let folder = try TestFolder()
        try folder.write("server.py", Self.hl7apyServer)
        let server = try Peer(["python3", "server.py"], in: folder)
        let port = await server.line()
        let exchange = try await PeerExchange.make(
            folder, endpoint: "mllp: mllp://127.0.0.1:\(port)\n    retry: { first: 100ms, max: 1s }")
        let ids = (1...5).map { "A\($0)" }
        try folder.write("messages.hl7", ids.map { PeerExchange.text($0, facility: "WARD") }.joined())
        let sent = try await folder.run(
            "send", "\(folder.path)/messages.hl7", "--to", "mllp://\(exchange.plain.text)")
        #expect(sent.code == 0, "\(sent.output)")
        var received: [String] = []
        for _ in ids { received.append(await server.line()) }
        #expect(received == ids)
        #expect(try await exchange.isAllDelivered(count: ids.count))
        await server.end()
        await folder.close()
    }

    @Test(.enabled(if: hasOpenSSL, "openssl is not installed"), arguments: versions)
    func `openssl s_client with the hospital's certificate exchanges a message`(version: String) async throws {
        let exchange = try await PeerExchange.make()
        let message = PeerExchange.message("S1", facility: "GHH")
        let client = try Peer(
            exchange.client(version) + [
                "-cert", "Certs/dev/general-hospital.pem", "-key", "Certs/dev/general-hospital.key",
            ],
            in: exchange.folder)
        try client.write(PeerExchange.framed(message))
        let answer = String(decoding: await client.read(through: [0x1C, 0x0D]), as: UTF8.self)
        #expect(answer.hasPrefix("\u{0B}MSH|^~\\&|") && answer.contains("\rMSA|AA|S1\r"), "\(answer)")
        #expect(await client.finish().code == 0)
        #expect(try await exchange.hasArchived([message]))
        await exchange.folder.close()
    }

    @Test(.enabled(if: hasOpenSSL, "openssl is not installed"), arguments: versions)
    func `openssl s_client without a certificate is refused and nothing of it is stored`(version: String) async throws {
        let exchange = try await PeerExchange.make()
        let client = try Peer(exchange.client(version), in: exchange.folder)
        // With TLS 1.3 a client learns of the refusal only after it has sent; writing may fail or not.
        try? client.write(PeerExchange.framed(PeerExchange.message("S2", facility: "GHH")))
        let answer = await client.read(through: [0x1C, 0x0D])
        #expect(answer.isEmpty)
        #expect(await client.finish().code == 1)
        #expect(try await exchange.ledger()["received"] as? Int == 0)
        await exchange.folder.close()
    }

    @Test(.enabled(if: hasOpenSSL, "openssl is not installed"), arguments: versions)
    func `openssl s_server sees the broker's certificate and gets the message as sent`(version: String) async throws {
        let folder = try TestFolder()
        #expect(try await folder.run("certs", "dev", "--directory", "Certs/dev").code == 0)
        let server = try Peer(
            [
                "openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", version, "-Verify", "1",
                "-verify_return_error", "-CAfile", "Certs/dev/ca.pem", "-cert", "Certs/dev/lakeside-clinic.pem", "-key",
                "Certs/dev/lakeside-clinic.key",
            ], in: folder)
        // ACCEPT 127.0.0.1:PORT
        _ = await server.read(through: Array("ACCEPT 127.0.0.1:".utf8))
        let port = await server.line()
        let tls =
            "{ ca: ../Certs/dev/ca.pem, certificate: ../Certs/dev/broker.pem, key: ../Certs/dev/broker.key, "
            + "serverName: lakeside-clinic.example }"
        let exchange = try await PeerExchange.make(
            folder, endpoint: "mllp: mllps://127.0.0.1:\(port)\n    tls: \(tls)")
        let message = PeerExchange.message("C1", facility: "WARD")
        try folder.write("message.hl7", String(decoding: message, as: UTF8.self))
        let sent = try await folder.run("send", "\(folder.path)/message.hl7", "--to", "mllp://\(exchange.plain.text)")
        #expect(sent.code == 0, "\(sent.output)")
        // Before the frame, the server prints what it says about the connection.
        let printed = await server.read(through: [0x1C, 0x0D])
        #expect(printed.suffix(message.count + 3).elementsEqual(PeerExchange.framed(message)))
        #expect(try await exchange.isAllDelivered(count: 1, within: .zero) == false)
        let answer = "MSH|^~\\&|CLINIC|LAKESIDE|RIVERSIDE|HIE|20260305101501||ACK|X1|P|2.5.1\rMSA|AA|C1\r"
        try server.write(PeerExchange.framed(Array(answer.utf8)))
        #expect(try await exchange.isAllDelivered(count: 1))
        await server.end()
        await folder.close()
    }

    /// Prints its port, and then the control id of each message.
    private static let hl7apyServer = """
        from hl7apy.mllp import AbstractHandler, MLLPServer

        class Handler(AbstractHandler):
            def reply(self):
                control = self.incoming_message.split("\\r")[0].split("|")[9]
                print(control, flush=True)
                return ("\\x0bMSH|^~\\\\&|CLINIC|LAKESIDE|RIVERSIDE|HIE|20260305101501||ACK|X%s|P|2.5.1\\r"
                        "MSA|AA|%s\\r\\x1c\\r" % (control, control))

        server = MLLPServer("127.0.0.1", 0, {"ADT^A08^ADT_A01": (Handler,)})
        print(server.server_address[1], flush=True)
        server.serve_forever()

        """
}
