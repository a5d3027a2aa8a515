import Foundation
import Testing

@testable import MLLP

@Suite(
    .timeLimit(.minutes(1)),
    .enabled(if: ThrowawayAuthority.openssl != nil, "skipped: openssl, which makes the certificates, is not installed"))
struct TLSTests {
    private static func withAuthority(_ body: (ThrowawayAuthority) async throws -> Void) async throws {
        let authority = try ThrowawayAuthority()
        defer { authority.remove() }
        try await body(authority)
    }

    private static func server(
        _ authority: ThrowawayAuthority, clients: Bool, alternatives: String = "DNS:broker.example,IP:127.0.0.1"
    ) throws -> ServerTLS {
        let files = try authority.issue("server", commonName: "ignored", alternatives: alternatives)
        return ServerTLS(
            certificateFile: files.certificate, keyFile: files.key, clientAuthorityFile: clients ? authority.file : nil)
    }

    private static func client(
        _ server: MLLPServer, _ authority: ThrowawayAuthority, _ files: (certificate: String, key: String)? = nil,
        serverName: String? = "broker.example"
    ) throws -> MLLPClient {
        let secrets = try ClientSecrets(
            ClientTLS(
                authorityFile: authority.file, certificateFile: files?.certificate, keyFile: files?.key,
                serverName: serverName))
        return MLLPClient(host: "127.0.0.1", port: server.port, tls: secrets)
    }

    private static func failure(of client: MLLPClient) async -> MLLPClientError.Code? {
        await #expect(throws: MLLPClientError.self) { _ = try await client.exchange([0x41], timeout: .seconds(50)) }?
            .code
    }

    @Test(arguments: [
        ("DNS:lab.example,DNS:lab2.example,IP:10.0.0.1", ["lab.example", "lab2.example"]), (nil, ["General Lab"]),
        ("IP:10.0.0.1", []),
    ])
    func `a client is known by the names of its certificate`(alternatives: String?, names: [String]) async throws {
        try await Self.withAuthority { authority in
            let recorder = Recorder.echo()
            try await withServer(recorder, tls: Self.server(authority, clients: true)) { server in
                let files = try authority.issue("lab", commonName: "General Lab", alternatives: alternatives)
                let client = try Self.client(server, authority, files)
                let answer = try await client.exchange([0x41], timeout: .seconds(50))
                #expect(answer == Array("A:A".utf8))
                let info = await recorder.nextOpening()
                #expect(info?.isTLS == true)
                #expect(info?.certificateNames == names)
            }
        }
    }

    @Test func `without client authorities no certificate is asked for`() async throws {
        try await Self.withAuthority { authority in
            let recorder = Recorder.echo()
            try await withServer(recorder, tls: Self.server(authority, clients: false)) { server in
                let client = try Self.client(server, authority, serverName: nil)
                let answer = try await client.exchange([0x41], timeout: .seconds(50))
                #expect(answer == Array("A:A".utf8))
                #expect(await recorder.nextOpening()?.certificateNames == [])
            }
        }
    }

    @Test func `a client without a certificate is refused where one is required`() async throws {
        try await Self.withAuthority { authority in
            let recorder = Recorder.echo()
            try await withServer(recorder, tls: Self.server(authority, clients: true)) { server in
                let refused = try Self.client(server, authority)
                #expect(await Self.failure(of: refused) == .tlsFailed)
                guard case .handshakeFailed = await recorder.nextRefusal() else {
                    Issue.record("no handshake was refused")
                    return
                }
                #expect(server.connectionCount == 0)
            }
        }
    }

    @Test func `a certificate of another authority is refused`() async throws {
        try await Self.withAuthority { authority in
            let other = try ThrowawayAuthority()
            defer { other.remove() }
            let recorder = Recorder.echo()
            try await withServer(recorder, tls: Self.server(authority, clients: true)) { server in
                let files = try other.issue("lab", commonName: "lab", alternatives: "DNS:lab.example")
                let refused = try Self.client(server, authority, files)
                #expect(await Self.failure(of: refused) == .tlsFailed)
                #expect(await recorder.nextRefusal() != nil)
            }
        }
    }

    @Test(arguments: ["other.example", nil])
    func `a server whose certificate bears another name is not spoken to`(serverName: String?) async throws {
        try await Self.withAuthority { authority in
            let tls = try Self.server(authority, clients: false, alternatives: "DNS:broker.example,IP:127.0.0.2")
            try await withServer(Recorder.echo(), tls: tls) { server in
                let client = try Self.client(server, authority, serverName: serverName)
                #expect(await Self.failure(of: client) == .tlsFailed)
            }
        }
    }

    @Test func `a server of an unknown authority is not spoken to`() async throws {
        try await Self.withAuthority { authority in
            let other = try ThrowawayAuthority()
            defer { other.remove() }
            try await withServer(Recorder.echo(), tls: Self.server(authority, clients: false)) { server in
                let refused = try Self.client(server, other)
                #expect(await Self.failure(of: refused) == .tlsFailed)
            }
        }
    }

    @Test func `a client that never begins its handshake is refused`() async throws {
        try await Self.withAuthority { authority in
            let recorder = Recorder.echo()
            let tls = try Self.server(authority, clients: false)
            try await withServer(recorder, tls: tls, limits: .with(\.handshakeTime, .milliseconds(20))) { server in
                let silent = try await RawPeer.connect(to: server.port)
                #expect(await silent.untilEnd() == [])
                #expect(await recorder.nextRefusal() == .handshakeTimedOut)
            }
        }
    }

    @Test func `a plaintext client on a TLS port is refused`() async throws {
        try await Self.withAuthority { authority in
            let recorder = Recorder.echo()
            try await withServer(recorder, tls: Self.server(authority, clients: false)) { server in
                let plain = try await RawPeer.connect(to: server.port)
                try await plain.send("<MSH|1>/")
                guard case .handshakeFailed = await recorder.nextRefusal() else {
                    Issue.record("no handshake was refused")
                    return
                }
                _ = await plain.untilEnd()
            }
        }
    }

    @Test func `replaced certificates serve new connections`() async throws {
        try await Self.withAuthority { authority in
            let other = try ThrowawayAuthority()
            defer { other.remove() }
            try await withServer(Recorder.echo(), tls: Self.server(authority, clients: false)) { server in
                try server.replaceTLS(Self.server(other, clients: false))
                let client = try Self.client(server, other)
                let answer = try await client.exchange([0x41], timeout: .seconds(50))
                #expect(answer == Array("A:A".utf8))
                let refused = try Self.client(server, authority)
                #expect(await Self.failure(of: refused) == .tlsFailed)
            }
        }
    }

    @Test func `a key of another certificate is an error that names both files`() async throws {
        try await Self.withAuthority { authority in
            let one = try authority.issue("one", commonName: "one", alternatives: nil)
            let two = try authority.issue("two", commonName: "two", alternatives: nil)
            let error = #expect(throws: TLSError.self) {
                _ = try ClientSecrets(ClientTLS(certificateFile: one.certificate, keyFile: two.key))
            }
            #expect(error?.code == .keyMismatch)
            #expect(error?.file == two.key)
            #expect(error?.text.contains(one.certificate) == true)
        }
    }

    @Test func `files that do not hold what they should are named`() async throws {
        try await Self.withAuthority { authority in
            let files = try authority.issue("one", commonName: "one", alternatives: nil)
            let cases: [(ClientTLS, TLSError.Code, String)] = [
                (ClientTLS(authorityFile: "/nowhere/ca.pem"), .fileMissing, "/nowhere/ca.pem"),
                (ClientTLS(authorityFile: files.key), .notPEM, files.key),
                (ClientTLS(certificateFile: files.certificate, keyFile: authority.file), .notPEM, authority.file),
                (ClientTLS(certificateFile: files.certificate), .incomplete, files.certificate),
                (ClientTLS(keyFile: files.key), .incomplete, files.key),
            ]
            for (tls, code, file) in cases {
                let error = #expect(throws: TLSError.self) { _ = try ClientSecrets(tls) }
                #expect(error?.code == code)
                #expect(error?.file == file)
            }
        }
    }
}
