import Interfaces
import MLLP

/// Makes the sender of an endpoint.
enum SenderFactory {
    /// - Parameters:
    ///   - eventLoops: where connections over MLLP are.
    ///   - onAcknowledgment: told about application acknowledgements that come after the commit answer.
    /// - Throws: an error naming the certificate, key or address that cannot be used.
    @concurrent
    static func make(
        _ endpoint: Endpoint, on eventLoops: EventLoops = .shared,
        onAcknowledgment: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) async throws -> any Sender {
        switch endpoint.kind {
        case .mllp(let host, let port, let tls):
            try MLLPSender(
                endpoint, host: host, port: port, tls: tls, eventLoops: eventLoops, onAcknowledgment: onAcknowledgment)
        case .fhir(let url, let tls, let auth): try FHIRSender(endpoint, url: url, tls: tls, auth: auth)
        case .folder(let path, let format):
            FolderSender(folder: path, endpoint: endpoint.name, suffix: format == .fhir ? "json" : "hl7")
        }
    }
}
