import Foundation
import Testing

/// The client certificate of an endpoint, as it changes on disk while the broker runs.
struct EndpointCertificateTests {
    /// A broker with one endpoint over mutual TLS, whose certificate is what lies in `Certs/client.pem`.
    private struct Setting {
        let folder: TestFolder

        /// The receiver trusts the authority `first`, and nobody else.
        init() async throws {
            folder = try TestFolder()
            for name in ["receiver", "client"] { try await issue(name, by: "first") }
            try await issue("client", by: "second")
            let files = ["--cert", "receiver.pem", "--key", "receiver.key", "--ca", "ca.pem"].map {
                $0.hasPrefix("--") ? $0 : "\(folder.path)/Certs/first/\($0)"
            }
            let receiver = try await folder.receiver(
                "clinic", files[0], files[1], files[2], files[3], files[4], files[5])
            try folder.write(
                "Interfaces/broker.yaml",
                "broker: b\nlisteners:\n  plain: { bind: 127.0.0.1:0, tls: off, accept: anyone }\n")
            try folder.write(
                "Interfaces/providers/clinic.yaml",
                """
                provider: clinic
                receives:
                  inbox:
                    mllp: mllps://\(receiver.address)
                    tls: { ca: ../Certs/first/ca.pem, certificate: ../Certs/client.pem, key: ../Certs/client.key }
                    retry: { first: 100ms, max: 500ms }
                """)
            try folder.write("Interfaces/routes/all.yaml", "route: all\nto: [clinic.inbox]\n")
            try folder.write("message.hl7", String(decoding: Exchange.message(patient: 1, number: 0), as: UTF8.self))
        }

        func issue(_ name: String, by authority: String) async throws {
            let made = try await folder.run("certs", "issue", name, "--directory", "\(folder.path)/Certs/\(authority)")
            #expect(made.code == 0, "\(made.output)")
        }

        func useClientCertificate(of authority: String) throws {
            for file in ["client.pem", "client.key"] {
                let text = try String(contentsOfFile: "\(folder.path)/Certs/\(authority)/\(file)", encoding: .utf8)
                try folder.write("Certs/\(file)", text)
            }
        }

        /// Starts the broker and gives it a message.
        func start() async throws -> Child {
            let (broker, listeners) = try await folder.broker()
            let address = try #require(listeners["plain"])
            #expect(try await folder.run("send", "message.hl7", "--to", "mllp://\(address)").code == 0)
            return broker
        }

        func brokerLog() throws -> String { try String(contentsOfFile: "\(folder.path)/broker.log", encoding: .utf8) }
    }

    @Test(.timeLimit(.minutes(1)))
    func `an endpoint whose certificate cannot be read delivers as soon as it can`() async throws {
        let setting = try await Setting()
        let folder = setting.folder
        try folder.write("Certs/client.pem", "half a file")
        try folder.write("Certs/client.key", "half a file")
        let broker = try await setting.start()
        #expect(try await eventually { try setting.brokerLog().contains("endpoint cannot be used, trying again") })
        #expect(folder.receivedCount("clinic") == 0)
        try setting.useClientCertificate(of: "first")
        #expect(await eventually { folder.receivedCount("clinic") == 1 })
        #expect(await broker.stop() == 0)
        await folder.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a renewed certificate of an endpoint is used after a reload, for what waited too`() async throws {
        let setting = try await Setting()
        let folder = setting.folder
        try setting.useClientCertificate(of: "second")
        let broker = try await setting.start()
        #expect(try await eventually { try setting.brokerLog().contains("the receiver is away") })
        #expect(folder.receivedCount("clinic") == 0)
        try setting.useClientCertificate(of: "first")
        let reloaded = try await folder.run("reload", "--reason", "renewed")
        #expect(reloaded.code == 0, "\(reloaded.output)")
        #expect(await eventually { folder.receivedCount("clinic") == 1 })
        #expect(await broker.stop() == 0)
        await folder.close()
    }
}
