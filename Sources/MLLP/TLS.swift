/// The certificates of a server. TLS 1.2 or 1.3.
public struct ServerTLS: Hashable, Sendable {
    /// PEM file: the server's certificate, then the intermediate ones.
    public var certificateFile: String

    /// PEM file: the private key of the certificate, unencrypted.
    public var keyFile: String

    /// PEM file of the authorities whose client certificates are accepted. If it is given, every client
    /// must present one; if not, none is asked for.
    public var clientAuthorityFile: String?

    public init(certificateFile: String, keyFile: String, clientAuthorityFile: String? = nil) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.clientAuthorityFile = clientAuthorityFile
    }
}

/// How a client recognises a server, and what it shows of itself. TLS 1.2 or 1.3.
public struct ClientTLS: Hashable, Sendable {
    /// PEM file of the authorities that may have issued the server's certificate; nil for the system's.
    public var authorityFile: String?

    /// PEM file: the client's certificate, then the intermediate ones. Needs ``keyFile``.
    public var certificateFile: String?

    /// PEM file: the private key of the certificate, unencrypted.
    public var keyFile: String?

    /// The name that the server's certificate must bear; nil for the host connected to. A certificate
    /// that bears the IP address connected to is accepted as well.
    public var serverName: String?

    public init(
        authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil, serverName: String? = nil
    ) {
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.serverName = serverName
    }
}

/// Certificates or keys that cannot be used.
public struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        case fileMissing
        case fileUnreadable

        /// The file holds no certificate, or no key, in PEM form.
        case notPEM

        /// The key does not belong to the certificate.
        case keyMismatch

        /// A certificate without a key, or a key without a certificate.
        case incomplete

        /// BoringSSL refused the configuration.
        case refused
    }

    public var code: Code
    public var file: String
    public var text: String

    public init(_ code: Code, file: String, _ text: String) {
        self.code = code
        self.file = file
        self.text = text
    }

    public var description: String { "\(file): \(text)" }
}
