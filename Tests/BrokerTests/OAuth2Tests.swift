import Crypto
import CryptoExtras
import FHIR
import Foundation
import Journaling
import Testing

@testable import Broker

/// A FHIR server behind a token server that checks who asks (SMART Backend Services).
@Suite(.timeLimit(.minutes(2))) struct OAuth2Tests {
    enum Key: Sendable {
        case rsa(_RSA.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)

        static func make(_ algorithm: String) throws -> Key {
            algorithm == "RS384" ? .rsa(try _RSA.Signing.PrivateKey(keySize: .bits2048)) : .p384(.init())
        }

        var pem: String {
            switch self {
            case .rsa(let key): key.pemRepresentation
            case .p384(let key): key.pemRepresentation
            }
        }

        func isValid(_ signature: Data, of text: String) -> Bool {
            let digest = SHA384.hash(data: Data(text.utf8))
            switch self {
            case .rsa(let key):
                let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
                return key.publicKey.isValidSignature(signature, for: digest, padding: .insecurePKCS1v1_5)
            case .p384(let key):
                // A signature of another length is none.
                guard let signature = try? P384.Signing.ECDSASignature(rawRepresentation: signature) else {
                    return false
                }
                return key.publicKey.isValidSignature(signature, for: digest)
            }
        }
    }

    /// What a token server sees of a request for a token.
    struct TokenRequest {
        var form: [String: String] = [:]
        var header: JSONValue?
        var claims: JSONValue?
        var isSigned = false

        init(_ request: TestFHIRServer.Request, _ key: Key) {
            for pair in String(decoding: request.body, as: UTF8.self).split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                if parts.count == 2 { form[String(parts[0])] = String(parts[1]).removingPercentEncoding }
            }
            let parts = (form["client_assertion"] ?? "").split(separator: ".").map(String.init)
            guard parts.count == 3, let signature = Self.decoded(parts[2]) else { return }
            header = Self.decoded(parts[0]).flatMap { try? JSONReader.value(from: Array($0)) }
            claims = Self.decoded(parts[1]).flatMap { try? JSONReader.value(from: Array($0)) }
            isSigned = key.isValid(signature, of: parts[0] + "." + parts[1])
        }

        private static func decoded(_ text: String) -> Data? {
            let plain = text.replacing("-", with: "+").replacing("_", with: "/")
            return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
        }
    }

    private static func token(_ value: String, seconds: Int = 300) -> TestFHIRServer.Response {
        TestFHIRServer.Response(
            status: 200, body: "{\"access_token\":\"\(value)\",\"token_type\":\"bearer\",\"expires_in\":\(seconds)}")
    }

    private static func created(_ request: TestFHIRServer.Request) -> TestFHIRServer.Response {
        // A request that is no bundle has no entries.
        let count = (try? JSONReader.value(from: request.body))?["entry"]?.array?.count ?? 0
        return .bundle(Array(repeating: "201 Created", count: count))
    }

    private func withRegistry(
        _ server: TestFHIRServer, key: String, _ body: (TestBroker) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "oauth2-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover does no harm
        try key.write(toFile: folder + "/client.pem", atomically: true, encoding: .utf8)
        try await server.run { port in
            let files = [
                "providers/hospital.yaml": """
                provider: hospital
                sends:
                  - { as: { application: HIS, facility: GH }, timezone: America/Chicago }
                """,
                "providers/clinic.yaml": """
                provider: clinic
                receives:
                  inbox:
                    fhir: http://127.0.0.1:\(port)/fhir
                    retry: { first: 1ms, max: 20ms }
                    auth:
                      oauth2:
                        token: http://127.0.0.1:\(port)/token
                        client: "wardline&co"
                        key: \(folder)/client.pem
                        scope: system/*.cruds
                """,
            ]
            try await withBroker(try TestFolder.configuration(files, withMaps: true)) { try await body($0) }
        }
    }

    private func messages(_ count: Int) -> [[UInt8]] {
        (1...count).map { Sample.admission("M\($0)", patient: "P\($0)") }
    }

    @Test(arguments: ["RS384", "ES384"])
    func `one token, asked for by a signed assertion, serves all connections`(algorithm: String) async throws {
        let key = try Key.make(algorithm)
        let server = TestFHIRServer { request, _ in
            guard request.path == "/token" else {
                return request.headers["authorization"] == "Bearer T1"
                    ? Self.created(request) : TestFHIRServer.Response(status: 401)
            }
            return TokenRequest(request, key).isSigned
                ? Self.token("T1") : TestFHIRServer.Response(status: 401, body: "{\"error\":\"invalid_client\"}")
        }
        let before = Int(Clock.system.now() / 1_000_000)
        try await withRegistry(server, key: key.pem) { test in
            try await test.send(messages(12))
            try await test.waitUntilAllSettled(12)
            let requests = server.requests.filter { $0.path == "/token" }
            #expect(requests.count == 1)
            let seen = TokenRequest(try #require(requests.first), key)
            #expect(seen.form["grant_type"] == "client_credentials")
            #expect(seen.form["scope"] == "system/*.cruds")
            #expect(
                seen.form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            #expect(seen.header?["alg"]?.string == algorithm)
            #expect(seen.header?["typ"]?.string == "JWT")
            #expect(seen.header?["kid"]?.string?.count == 43)
            #expect(seen.claims?["iss"]?.string == "wardline&co" && seen.claims?["sub"]?.string == "wardline&co")
            #expect(seen.claims?["aud"]?.string?.hasSuffix("/token") == true)
            let end = try #require(seen.claims?["exp"]?.number?.int)
            #expect(end > before && end <= Int(Clock.system.now() / 1_000_000) + 300)
        }
    }

    @Test func `a token that is about to end is not used, and no assertion is used twice`() async throws {
        let key = try Key.make("ES384")
        let server = TestFHIRServer { request, number in
            request.path == "/token" ? Self.token("T\(number)", seconds: 0) : Self.created(request)
        }
        try await withRegistry(server, key: key.pem) { test in
            for number in 1...3 {
                try await test.send([Sample.admission("M\(number)")])
                try await test.wait(Int64(number), is: .delivered)
            }
            let requests = server.requests.filter { $0.path == "/token" }.map { TokenRequest($0, key) }
            #expect(requests.count == 3 && requests.allSatisfy(\.isSigned))
            #expect(Set(requests.map { $0.claims?["jti"]?.string }).count == 3)
            let tokens = server.requests.filter { $0.path != "/token" }.compactMap { $0.headers["authorization"] }
            #expect(Set(tokens).count == 3)
        }
    }

    @Test func `after a 401 a new token is asked for once, and the delivery is made`() async throws {
        let key = try Key.make("ES384")
        let server = TestFHIRServer { request, number in
            if request.path == "/token" { return Self.token("T\(number)") }
            return request.headers["authorization"] == "Bearer T1"
                ? TestFHIRServer.Response(status: 401) : Self.created(request)
        }
        try await withRegistry(server, key: key.pem) { test in
            try await test.send([Sample.admission("M1")])
            try await test.wait(1, is: .delivered)
            #expect(server.requests.map(\.path) == ["/token", "/fhir", "/token", "/fhir"])
            #expect(try await test.journal.attempts(of: 1).count == 1)
            #expect(try await test.journal.pauses().isEmpty)
        }
    }

    @Test func `a server that takes no token pauses the endpoint`() async throws {
        let key = try Key.make("ES384")
        let server = TestFHIRServer { request, number in
            request.path == "/token" ? Self.token("secret\(number)") : TestFHIRServer.Response(status: 401)
        }
        try await withRegistry(server, key: key.pem) { test in
            try await test.send([Sample.admission("M1")])
            try await test.eventually("a pause") { try await !test.journal.pauses().isEmpty }
            #expect(server.requests.map(\.path) == ["/token", "/fhir", "/token", "/fhir"])
            #expect(try await test.journal.delivery(1, endpoint: "clinic.inbox")?.state == .queued)
        }
    }

    @Test func `a token server that refuses pauses the endpoint, and no secret is told`() async throws {
        let key = try Key.make("ES384")
        let server = TestFHIRServer { request, _ in
            let assertion = TokenRequest(request, key).form["client_assertion"] ?? ""
            return TestFHIRServer.Response(
                status: 400, body: "{\"error\":\"invalid_client\",\"error_description\":\"not \(assertion)\"}")
        }
        try await withRegistry(server, key: key.pem) { test in
            try await test.send([Sample.admission("M1")])
            try await test.eventually("a pause") { try await !test.journal.pauses().isEmpty }
            let reason = try #require(try await test.journal.pauses().first).reason
            #expect(reason == "no token: the token server answers HTTP 400: invalid_client")
            #expect(!server.requests.contains { $0.path == "/fhir" })
        }
    }

    @Test func `a token server that is away for a while is waited for`() async throws {
        let key = try Key.make("ES384")
        let server = TestFHIRServer { request, number in
            guard request.path == "/token" else { return Self.created(request) }
            return number < 4 ? TestFHIRServer.Response(status: 503) : Self.token("T1")
        }
        try await withRegistry(server, key: key.pem) { test in
            try await test.send([Sample.admission("M1")])
            try await test.wait(1, is: .delivered)
            #expect(
                try await test.journal.attempts(of: 1).map(\.result) == [
                    "no token", "no token", "no token", "HTTP 200",
                ])
        }
    }

    @Test(arguments: ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "hello"])
    func `a key that cannot be used pauses the endpoint and names the file only`(pem: String) async throws {
        let server = TestFHIRServer { request, _ in Self.created(request) }
        try await withRegistry(server, key: pem) { test in
            try await test.send([Sample.admission("M1")])
            try await test.eventually("a pause") { try await !test.journal.pauses().isEmpty }
            #expect(try await test.journal.pauses().first?.reason.contains("client.pem") == true)
            #expect(server.requests.isEmpty)
        }
    }
}
