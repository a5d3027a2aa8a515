import Crypto
import Foundation
import Interfaces

/// What the certificate and key files of an endpoint hold, to see whether they were renewed.
struct CertificateFiles: Hashable, Sendable {
    private let digest: [UInt8]

    /// Reads the files; one that is missing counts as empty.
    init(of endpoint: Endpoint) {
        let tls: TLSClientSettings? =
            switch endpoint.kind {
            case .mllp(_, _, let tls), .fhir(_, let tls, _): tls
            case .folder: nil
            }
        var hash = SHA256()
        for path in [tls?.authorities, tls?.certificate, tls?.key] {
            let bytes = path.flatMap { FileManager.default.contents(atPath: $0) } ?? Data()
            hash.update(data: SHA256.hash(data: bytes).withUnsafeBytes { Array($0) })
        }
        digest = Array(hash.finalize())
    }
}
