import AsyncHTTPClient
import FHIR
import Foundation
import Interfaces
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Posts FHIR bundles to a server.
///
/// A 2xx is success only if the response bundle has one entry for each of the request, each with a 2xx status.
///
/// | status | outcome |
/// |---|---|
/// | 2xx, every entry 2xx | done |
/// | 408, 409, 423, 425, 429, 5xx, no response | try again, after `Retry-After` |
/// | 401 with OAuth 2 | once more with a new token, then as below |
/// | 401, 403, no credentials to send, no token for them | the endpoint is paused |
/// | a token server that does not answer | try again |
/// | any other | held, with the OperationOutcome |
///
/// An update is two bundles: the second, which changes what is there, is posted once the first, which creates what is
/// missing, has been accepted. Both may be repeated.
final class FHIRSender: Sender {
    private let endpoint: Endpoint
    private let url: String
    private let auth: EndpointAuth
    private let tokens: TokenSource?
    /// Where the token server is reached, by the name in its certificate.
    private let tokenURL: String?
    private let client: HTTPClient
    let batchMax = 1
    private static let responseBytesMax = 16 << 20

    /// - Throws: an error naming the file, if a certificate or key cannot be used. Blocks while it reads them.
    init(
        _ endpoint: Endpoint, url: String, tls: TLSClientSettings?, auth: EndpointAuth, tokens: TokenSource? = nil
    ) throws {
        self.endpoint = endpoint
        self.auth = auth
        self.tokens = tokens
        var configuration = HTTPClient.Configuration()
        var address = url
        var tokenURL: String?
        if case .oauth2(let token, _, _, _, _) = auth { tokenURL = token }
        if let name = tls?.serverName, let parts = URLComponents(string: url), let host = parts.host, host != name {
            // The certificate bears another name than the address: ask for that name, and look it up as the address.
            var named = parts
            named.host = name
            address = named.string ?? url
            configuration.dnsOverride = [name: host]
            if let token = tokenURL, var parts = URLComponents(string: token), parts.host == host {
                parts.host = name
                tokenURL = parts.string
            }
        }
        self.url = address
        self.tokenURL = tokenURL
        configuration.timeout.connect = .nanoseconds(endpoint.connectTimeout.microseconds * 1000)
        // The request's own time-out ends with the response's head; a body that stops coming ends here.
        configuration.timeout.read = .nanoseconds(endpoint.ackTimeout.microseconds * 1000)
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        if let tls { configuration.tlsConfiguration = try TLSConfiguration.client(tls) }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func send(_ messages: [OutgoingMessage]) async -> [SendOutcome] {
        var outcomes: [SendOutcome] = []
        for message in messages { outcomes.append(await send(message)) }
        return outcomes
    }

    func close() async {
        // Closing a client that no request uses any more has nothing left to fail.
        try? await client.shutdown()
    }

    private func send(_ message: OutgoingMessage) async -> SendOutcome {
        guard let tokens else { return await send(message, token: nil) }
        do throws(TokenError) {
            let token = try await self.token(of: tokens)
            let outcome = await send(message, token: token)
            guard outcome.result == "HTTP 401" else { return outcome }
            // It may have been withdrawn before its time.
            await tokens.discard(token)
            return await send(message, token: try await self.token(of: tokens))
        } catch {
            switch error.code {
            case .unreached:
                return SendOutcome(.retry(after: nil), result: "no token", text: error.description, isUnreached: true)
            case .refused: return SendOutcome(.pauseEndpoint, result: "no token", text: error.description)
            }
        }
    }

    private func token(of tokens: TokenSource) async throws(TokenError) -> String {
        try await tokens.token(
            using: client, address: tokenURL, timeout: .nanoseconds(endpoint.ackTimeout.microseconds * 1000))
    }

    private func send(_ message: OutgoingMessage, token: String?) async -> SendOutcome {
        let created = await post(message.bytes, entries: message.bundleEntries, token)
        guard let changes = message.changes, case .done = created.decision else { return created }
        let bytes = Self.addressed(changes, after: message.bytes, answer: created.answer).bytes
        var changed = await post(bytes, entries: changes.entries.count, token)
        changed.sent = message.bytes + [0x0A] + bytes
        return changed
    }

    /// The changes, to the addresses that the server has given; where it did not tell them, the searches stay.
    private static func addressed(_ changes: FHIRBundle, after sent: [UInt8], answer: [UInt8]?) -> FHIRBundle {
        guard let request = try? JSONReader.value(from: sent), let first = try? FHIRBundle(request),
            let value = answer.flatMap({ try? JSONReader.value(from: $0) }), let response = try? BundleResponse(value)
        else { return changes }
        return changes.resolved(by: response, to: first)
    }

    private func post(_ bytes: [UInt8], entries: Int, _ token: String?) async -> SendOutcome {
        do {
            var request = HTTPClientRequest(url: url)
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/fhir+json; charset=utf-8")
            request.headers.add(name: "Accept", value: "application/fhir+json")
            try authorize(&request, token)
            request.body = .bytes(bytes)
            let timeout = TimeAmount.nanoseconds(endpoint.ackTimeout.microseconds * 1000)
            let response = try await client.execute(request, timeout: timeout)
            let body = try await response.body.collect(upTo: Self.responseBytesMax)
            return outcome(
                status: Int(response.status.code), body: Array(body.readableBytesView),
                retryAfter: response.headers.first(name: "Retry-After"), entries: entries)
        } catch let error as SecretError {
            // Without its credentials nothing can be sent to it.
            return SendOutcome(.pauseEndpoint, result: "not sent", text: error.description)
        } catch {
            return SendOutcome(
                .retry(after: nil), result: "no response", text: Self.name(of: error),
                isUnreached: Self.isUnreached(error))
        }
    }

    private static func isUnreached(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError { return error == .connectTimeout }
        return error is NIOConnectionError || error is NIOSSLError || error is NIOSSLExtraError
    }

    /// What an error is called, without what it may quote: an invalid header would be told with its value.
    static func name(of error: any Error) -> String {
        (error as? HTTPClientError)?.shortDescription ?? "\(error)"
    }

    private func outcome(status: Int, body: [UInt8], retryAfter: String?, entries: Int) -> SendOutcome {
        let result = "HTTP \(status)"
        // A body that is no JSON has no outcome to tell; the status decides.
        let value = try? JSONReader.value(from: body)
        switch status {
        case 200..<300:
            guard entries > 0 else { return SendOutcome(.done, result: result, answer: body) }
            guard let value, let response = try? BundleResponse(value) else {
                return SendOutcome(.hold, result: result, text: "the response is not a transaction-response bundle")
            }
            guard response.entries.count == entries else {
                let text = "the response has \(response.entries.count) entries for \(entries)"
                return SendOutcome(.hold, result: result, text: text, answer: body)
            }
            if let failure = response.firstFailure {
                let status = response.entries[failure].status.map(String.init) ?? "none"
                return SendOutcome(
                    .hold, result: result, text: "entry \(failure) of the response has status \(status)", answer: body)
            }
            return SendOutcome(.done, result: result, answer: body)
        case 401, 403:
            return SendOutcome(.pauseEndpoint, result: result, text: "the server does not accept our credentials")
        case 408, 409, 423, 425, 429, 500...:
            let delay = retryAfter.flatMap { Int($0) }.map { Duration.seconds(min(max($0, 0), 86_400)) }
            return SendOutcome(.retry(after: delay), result: result, answer: body)
        default:
            let text = value.flatMap { Self.issueCodes($0) }
            return SendOutcome(.hold, result: result, text: text, answer: body)
        }
    }

    /// The codes of an OperationOutcome's issues. Its texts stay in the answer, since they can quote the patient.
    private static func issueCodes(_ value: JSONValue) -> String? {
        guard value["resourceType"]?.string == "OperationOutcome" else { return nil }
        let codes = (value["issue"]?.array ?? []).compactMap { issue -> String? in
            guard let code = issue["code"]?.string else { return nil }
            let places = (issue["expression"]?.array ?? []).compactMap(\.string).filter(isPlace)
            return ([code] + places).joined(separator: " ")
        }
        return codes.isEmpty ? nil : "OperationOutcome: " + codes.prefix(5).joined(separator: ", ")
    }

    /// Whether a FHIRPath names elements only, as `Patient.name[0].family`: in a filter may stand what the patient is
    /// called.
    private static func isPlace(_ path: String) -> Bool {
        path.utf8.count <= 200
            && path.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "["), UInt8(ascii: "]"):
                    true
                default: false
                }
            }
    }

    private func authorize(_ request: inout HTTPClientRequest, _ token: String?) throws(SecretError) {
        switch auth {
        case .none: break
        case .bearer(let file):
            request.headers.add(name: "Authorization", value: "Bearer " + (try Secret.text(of: file)))
        case .basic(let file):
            let pair = try Secret.text(of: file).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { throw SecretError(description: "\(file) must hold user:password") }
            request.setBasicAuth(username: String(pair[0]), password: String(pair[1]))
        case .oauth2: request.headers.add(name: "Authorization", value: "Bearer " + (token ?? ""))
        }
    }
}
