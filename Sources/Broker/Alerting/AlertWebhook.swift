import AsyncHTTPClient
import Interfaces
import NIOCore
import NIOHTTP1
import NIOSSL

/// Posts alerts as JSON; any 2xx is success.
struct AlertWebhook: Sendable {
    let url: String
    let tls: TLSClientSettings?
    /// A file that holds a token.
    let bearer: String?

    private static let timeout = TimeAmount.seconds(30)

    func send(_ alert: ToldAlert) async throws {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "User-Agent", value: "wardline")
        if let bearer { request.headers.add(name: "Authorization", value: "Bearer \(try Secret.text(of: bearer))") }
        request.body = .bytes(alert.json)
        guard let tls else { return try await execute(request, on: .shared) }
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.tlsConfiguration = try TLSConfiguration.client(tls)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do { try await execute(request, on: client) } catch {
            // The error that counts is the first one.
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    private func execute(_ request: HTTPClientRequest, on client: HTTPClient) async throws {
        let response = try await client.execute(request, timeout: Self.timeout)
        guard (200..<300).contains(response.status.code) else {
            throw TellingError(description: "HTTP \(response.status.code)")
        }
    }
}

extension TLSConfiguration {
    /// Of a client, from the files that an interfaces folder names.
    ///
    /// - Throws: an error naming the file, if a certificate or key cannot be used. Blocks while it reads them.
    static func client(_ tls: TLSClientSettings) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let file = tls.authorities { configuration.trustRoots = .file(file) }
        if let certificate = tls.certificate, let key = tls.key {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        }
        return configuration
    }
}
