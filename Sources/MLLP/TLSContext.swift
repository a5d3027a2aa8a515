internal import NIOSSL
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// What a client needs for TLS, loaded once and shared by its connections.
public final class ClientSecrets: Sendable {
    let context: NIOSSLContext
    let serverName: String?

    /// Reads the files. Blocks while it does.
    public init(_ tls: ClientTLS) throws(TLSError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let file = tls.authorityFile {
            configuration.trustRoots = .certificates(try certificates(in: file))
        }
        switch (tls.certificateFile, tls.keyFile) {
        case (let certificate?, let key?):
            configuration.certificateChain = try certificates(in: certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try privateKey(in: key))
        case (let certificate?, nil):
            throw TLSError(.incomplete, file: certificate, "a certificate needs its key: name the key file too")
        case (nil, let key?):
            throw TLSError(.incomplete, file: key, "a key needs its certificate: name the certificate file too")
        case (nil, nil): break
        }
        context = try makeContext(configuration, certificateFile: tls.certificateFile, keyFile: tls.keyFile)
        serverName = tls.serverName
    }
}

/// What a server needs for TLS, loaded once and replaceable while it runs.
final class ServerSecrets: Sendable {
    private let current: Mutex<NIOSSLContext>

    init(_ tls: ServerTLS) throws(TLSError) {
        current = Mutex(try serverContext(tls))
    }

    var context: NIOSSLContext { current.withLock { $0 } }

    func replace(with tls: ServerTLS) throws(TLSError) {
        let next = try serverContext(tls)
        current.withLock { $0 = next }
    }
}

private func serverContext(_ tls: ServerTLS) throws(TLSError) -> NIOSSLContext {
    let chain = try certificates(in: tls.certificateFile)
    let key = try privateKey(in: tls.keyFile)
    var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    if let file = tls.clientAuthorityFile {
        configuration.trustRoots = .certificates(try certificates(in: file))
        // Clients have no host name to check; who they are is read from the certificate.
        configuration.certificateVerification = .noHostnameVerification
        configuration.sendCANameList = true
    }
    return try makeContext(configuration, certificateFile: tls.certificateFile, keyFile: tls.keyFile)
}

private func makeContext(
    _ configuration: TLSConfiguration, certificateFile: String?, keyFile: String?
) throws(TLSError) -> NIOSSLContext {
    do {
        return try NIOSSLContext(configuration: configuration)
    } catch NIOSSLError.failedToLoadPrivateKey {
        // The key has been read already, so what is left is that the certificate has another one.
        let text = "this key does not belong to the certificate in \(certificateFile ?? "the configuration")"
        throw TLSError(.keyMismatch, file: keyFile ?? "TLS", text)
    } catch {
        throw TLSError(.refused, file: certificateFile ?? "TLS", "\(error)")
    }
}

private func certificates(in file: String) throws(TLSError) -> [NIOSSLCertificate] {
    try checkReadable(file)
    do {
        let certificates = try NIOSSLCertificate.fromPEMFile(file)
        if !certificates.isEmpty { return certificates }
    } catch {
        // Said below: BoringSSL's reason is an internal number.
    }
    throw TLSError(.notPEM, file: file, "no certificate in PEM form; it begins with -----BEGIN CERTIFICATE-----")
}

private func privateKey(in file: String) throws(TLSError) -> NIOSSLPrivateKey {
    try checkReadable(file)
    do {
        return try NIOSSLPrivateKey(file: file, format: .pem)
    } catch {
        throw TLSError(.notPEM, file: file, "no unencrypted private key in PEM form")
    }
}

private func checkReadable(_ file: String) throws(TLSError) {
    guard access(file, R_OK) != 0 else { return }
    let reason = errno
    if reason == ENOENT || reason == ENOTDIR {
        throw TLSError(.fileMissing, file: file, "there is no such file")
    }
    throw TLSError(.fileUnreadable, file: file, "the file cannot be read: \(String(cString: strerror(reason)))")
}
