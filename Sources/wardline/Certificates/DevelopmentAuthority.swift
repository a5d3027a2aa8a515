internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

/// A certificate authority for development and tests: EC P-256, its key beside it on disk.
struct DevelopmentAuthority {
    /// What a certificate is for.
    struct Subject: Hashable, Sendable {
        var commonName: String
        var dnsNames: [String]
        /// Four bytes each.
        var addresses: [[UInt8]]

        /// A participant on this machine: `NAME.example`, `localhost` and 127.0.0.1.
        static func local(_ name: String, dnsNames: [String] = []) -> Subject {
            Subject(
                commonName: "\(name).example", dnsNames: ["\(name).example"] + dnsNames + ["localhost"],
                addresses: [[127, 0, 0, 1]])
        }
    }

    /// A certificate and its private key, both PEM.
    struct Issued: Hashable, Sendable {
        var certificate: String
        var key: String
    }

    private let certificate: Certificate
    private let key: Certificate.PrivateKey
    let pem: Issued

    private static let organization = "Wardline development"
    /// Browsers and macOS refuse longer ones.
    static let leafDaysMax = 825
    private static let authorityDays = 3_650

    /// Makes an authority.
    init(now: Date) throws {
        let key = P256.Signing.PrivateKey()
        let signer = Certificate.PrivateKey(key)
        let name = try DistinguishedName {
            OrganizationName(Self.organization)
            CommonName("Wardline development authority")
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: signer.publicKey,
            notValidBefore: now.addingTimeInterval(-3_600), notValidAfter: now.addingDays(Self.authorityDays),
            issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: signer.publicKey)
            },
            issuerPrivateKey: signer)
        self.certificate = certificate
        self.key = signer
        pem = Issued(certificate: try certificate.pem, key: key.pemRepresentation + "\n")
    }

    /// Takes up the authority of two PEM texts.
    init(_ pem: Issued) throws {
        certificate = try Certificate(pemEncoded: pem.certificate)
        key = try Certificate.PrivateKey(pemEncoded: pem.key)
        self.pem = pem
    }

    /// Issues a certificate for servers and clients alike.
    func issue(_ subject: Subject, days: Int, now: Date) throws -> Issued {
        let own = P256.Signing.PrivateKey()
        let publicKey = Certificate.PrivateKey(own).publicKey
        let names = subject.dnsNames.map { GeneralName.dnsName($0) }
        let addresses = subject.addresses.map { GeneralName.ipAddress(ASN1OctetString(contentBytes: $0[...])) }
        let issued = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: now.addingTimeInterval(-3_600),
            notValidAfter: min(now.addingDays(days), certificate.notValidAfter), issuer: certificate.subject,
            subject: try DistinguishedName {
                OrganizationName(Self.organization)
                CommonName(subject.commonName)
            },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectAlternativeNames(names + addresses)
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: key.publicKey).keyIdentifier)
            },
            issuerPrivateKey: key)
        return Issued(certificate: try issued.pem, key: own.pemRepresentation + "\n")
    }
}

extension Certificate {
    /// PEM text with a line break at its end.
    fileprivate var pem: String { get throws { try serializeAsPEM().pemString + "\n" } }
}

extension Date {
    fileprivate func addingDays(_ days: Int) -> Date { addingTimeInterval(Double(days) * 86_400) }
}
