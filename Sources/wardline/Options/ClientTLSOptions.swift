internal import ArgumentParser
internal import MLLP

/// The options that say how a client shows itself and whom it trusts.
struct ClientTLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("PEM file of the authorities that the server's certificate may be from.", valueName: "file"))
    var ca: String?

    @Option(help: ArgumentHelp("PEM file of the client certificate; needs --key.", valueName: "file"))
    var cert: String?

    @Option(help: ArgumentHelp("PEM file of its private key.", valueName: "file"))
    var key: String?

    @Option(
        help: ArgumentHelp("The name that the server's certificate must bear; default is the host.", valueName: "name"))
    var serverName: String?

    /// - Throws: `ValidationError` for files that cannot be used, and if there are files but no TLS.
    func secrets(isTLS: Bool) throws -> ClientSecrets? {
        guard isTLS else {
            if ca != nil || cert != nil || key != nil {
                throw ValidationError("certificates need TLS: write the address as mllps://HOST:PORT.")
            }
            return nil
        }
        do throws(TLSError) {
            return try ClientSecrets(
                ClientTLS(authorityFile: ca, certificateFile: cert, keyFile: key, serverName: serverName))
        } catch { throw ValidationError("\(error)") }
    }
}
