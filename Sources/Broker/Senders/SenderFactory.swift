import Interfaces
import MLLP

/// Makes the sender of an endpoint.
enum SenderFactory {
    /// - Parameters:
    ///   - shared: what the connections of the endpoint have in common; nil: this one stands alone.
    ///   - eventLoops: where connections over MLLP are.
    ///   - onAcknowledgment: told about application acknowledgements that come after the commit answer.
    /// - Throws: an error naming the certificate, key or address that cannot be used.
    @concurrent
    static func make(
        _ endpoint: Endpoint, sharing shared: SharedSending? = nil, on eventLoops: EventLoops = .shared,
        onAcknowledgment: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) async throws -> any Sender {
        let shared = shared ?? SharedSending(endpoint)
        return switch endpoint.kind {
        case .mllp(_, _, let tls):
            try MLLPSender(
                endpoint, shared, tls: tls, eventLoops: eventLoops, onAcknowledgment: onAcknowledgment)
        case .fhir(let url, let tls, let auth):
            try FHIRSender(endpoint, url: url, tls: tls, auth: auth, tokens: shared.tokens)
        case .folder(let path, let format):
            FolderSender(folder: path, endpoint: endpoint.name, suffix: format == .fhir ? "json" : "hl7")
        }
    }
}
