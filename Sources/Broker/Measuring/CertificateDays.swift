import Foundation
package import Interfaces
import SwiftASN1
import X509

/// How long certificates are still valid.
package enum CertificateDays {
    /// Until the first certificate of a PEM file expires; negative after that, nil if it cannot be read.
    package static func left(in file: String, at now: Int64) -> Double? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8),
            let certificate = try? Certificate(pemEncoded: text)
        else { return nil }
        return certificate.notValidAfter.timeIntervalSince1970 / 86_400 - Double(now) / 86_400e6
    }
}

extension Configuration {
    /// The files of the broker's own certificates, with what shows each: `listener hospitals`, `console`,
    /// `lakeside-clinic.inbox`.
    package var certificateUses: [String: Set<String>] {
        var uses: [String: Set<String>] = [:]
        for listener in listeners {
            if let tls = listener.tls { uses[tls.certificate, default: []].insert("listener \(listener.name)") }
        }
        if let tls = admin?.tls { uses[tls.certificate, default: []].insert("console") }
        for endpoint in providers.flatMap(\.endpoints) {
            if let file = endpoint.clientCertificate { uses[file, default: []].insert(endpoint.name) }
        }
        return uses
    }
}

extension Endpoint {
    /// The file of the certificate that the broker shows there.
    fileprivate var clientCertificate: String? {
        switch kind {
        case .mllp(_, _, let tls), .fhir(_, let tls, _): tls?.certificate
        case .folder: nil
        }
    }
}
