import AsyncHTTPClient
import FHIR
import Foundation
import NIOCore
import NIOHTTP1

/// The access token of one endpoint (SMART Backend Services): asked for once, used by all its connections until shortly
/// before it ends.
///
///     POST token     grant_type=client_credentials & scope & client_assertion (a signed JWT)
///     ← 200          { "access_token", "token_type": "bearer", "expires_in" }
actor TokenSource {
    private struct Token {
        var value: String
        /// On the monotonic clock, in microseconds.
        var freshUntil: Int64
    }

    private let assertion: ClientAssertion
    private let clock: Clock
    private var token: Token?
    private var isAsking = false
    /// Counts requests; with what the last of them failed.
    private var requests = 0
    private var failure: (request: Int, error: TokenError)?
    private let answered = Signal()

    private static let responseBytesMax = 1 << 20
    private static let tokenBytesMax = 64 << 10
    /// What a server means that does not say how long a token is good for.
    private static let usualSeconds: Int64 = 300
    private static let marginSecondsMax: Int64 = 30

    init(_ assertion: ClientAssertion, clock: Clock = .system) {
        self.assertion = assertion
        self.clock = clock
    }

    /// A token that is good for some time yet. While one is being asked for, everybody waits for that one.
    ///
    /// - Parameter address: where the server is reached, if the client knows it by another name.
    func token(
        using client: HTTPClient, address: String? = nil, timeout: TimeAmount
    ) async throws(TokenError) -> String {
        while !Task.isCancelled {
            if let token, token.freshUntil > Clock.monotonic() { return token.value }
            guard isAsking else { return try await ask(client, address ?? assertion.token, timeout) }
            let (awaited, generation) = (requests, answered.generation)
            await answered.wait(since: generation)
            if let failure, failure.request == awaited { throw failure.error }
        }
        throw TokenError(.unreached, "cancelled")
    }

    /// The server that it is for no longer takes it.
    func discard(_ value: String) {
        if token?.value == value { token = nil }
    }

    private func ask(_ client: HTTPClient, _ address: String, _ timeout: TimeAmount) async throws(TokenError) -> String
    {
        isAsking = true
        requests += 1
        defer {
            isAsking = false
            answered.fire()
        }
        do throws(TokenError) {
            let new = try await request(client, address, timeout)
            token = new
            return new.value
        } catch {
            failure = (requests, error)
            throw error
        }
    }

    private func request(
        _ client: HTTPClient, _ address: String, _ timeout: TimeAmount
    ) async throws(TokenError) -> Token {
        let signed: String
        do { signed = try assertion.signed(at: clock.now(), id: UUID().uuidString) } catch {
            throw TokenError(.refused, error.description)
        }
        var request = HTTPClientRequest(url: address)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.headers.add(name: "Accept", value: "application/json")
        request.body = .bytes(
            Self.form([
                ("grant_type", "client_credentials"), ("scope", assertion.scope),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", signed),
            ]))
        let began = Clock.monotonic()
        let status: Int
        let body: [UInt8]
        do {
            let response = try await client.execute(request, timeout: timeout)
            status = Int(response.status.code)
            body = Array(try await response.body.collect(upTo: Self.responseBytesMax).readableBytesView)
        } catch {
            throw TokenError(.unreached, "the token server does not answer: \(FHIRSender.name(of: error))")
        }
        // What is no JSON has nothing to say.
        let value = try? JSONReader.value(from: body)
        switch status {
        case 200: return try Self.token(in: value, since: began)
        case 408, 425, 429, 500...: throw TokenError(.unreached, "the token server answers HTTP \(status)")
        default:
            throw TokenError(
                .refused,
                "the token server answers HTTP \(status)" + (Self.errorCode(in: value).map { ": \($0)" } ?? ""))
        }
    }

    private static func token(in value: JSONValue?, since began: Int64) throws(TokenError) -> Token {
        guard let text = value?["access_token"]?.string, !text.isEmpty, text.utf8.count <= tokenBytesMax,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw TokenError(.unreached, "the token server's answer has no access_token that can be used") }
        let said = value?["expires_in"]?.number?.int.map { Int64($0) } ?? usualSeconds
        let seconds = min(max(said, 0), 86_400)
        let margin = min(marginSecondsMax, seconds / 4)
        return Token(value: text, freshUntil: began + (seconds - margin) * 1_000_000)
    }

    /// `error` of RFC 6749 §5.2, a code. Its description stays out: it could quote the assertion.
    private static func errorCode(in value: JSONValue?) -> String? {
        guard let code = value?["error"]?.string, code.count <= 64,
            code.utf8.allSatisfy({ (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") })
        else { return nil }
        return code
    }

    private static func form(_ fields: [(String, String)]) -> [UInt8] {
        let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        let pairs = fields.map { name, value in
            // Every text of Unicode scalars can be written so.
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: plain) ?? "")"
        }
        return Array(pairs.joined(separator: "&").utf8)
    }
}

/// Why there is no token. No secret is in it.
struct TokenError: Error, CustomStringConvertible {
    enum Code {
        /// It may be there later.
        case unreached
        /// Only a person can help.
        case refused
    }

    var code: Code
    let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
