import Crypto
import Foundation
import Glibc

/// The Ed25519 key that signs tree heads; a PKCS #8 PEM file outside the data folder.
package struct AuditKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    /// DER before the 32 key bytes (RFC 8410, section 7).
    private static let prefix: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]

    /// A new key in memory, for tests and trials.
    package init() { key = Curve25519.Signing.PrivateKey() }

    /// Reads the key at `path`, or makes one there (0600) with its public key beside it (``publicPath(for:)``).
    ///
    /// - Throws: `unreadable` if the file is not an Ed25519 key, `file` if it cannot be read or written,
    ///   or others may read it.
    package init(path: String) throws(AuditError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & 0o077 == 0 else {
                throw AuditError(.file, "\(path) may be read by other users: run `chmod 600 \(path)`")
            }
            let raw = try PEM.read(path, label: "PRIVATE KEY", prefix: Self.prefix)
            do {
                key = try Curve25519.Signing.PrivateKey(rawRepresentation: raw)
            } catch {
                throw AuditError(.unreadable, "\(path) is not an Ed25519 private key")
            }
        } else {
            key = Curve25519.Signing.PrivateKey()
            let text = PEM.text(label: "PRIVATE KEY", prefix: Self.prefix, raw: Array(key.rawRepresentation))
            try PEM.create(path, text: text, mode: 0o600)
            try publicKey.write(to: Self.publicPath(for: path))
        }
    }

    /// `signing.key` → `signing.pub`; any other name gets `.pub` added.
    package static func publicPath(for path: String) -> String {
        for ending in [".key", ".pem"] where path.hasSuffix(ending) { return path.dropLast(4) + ".pub" }
        return path + ".pub"
    }

    package var publicKey: AuditPublicKey { AuditPublicKey(key.publicKey) }

    func signature(of bytes: [UInt8]) throws(AuditError) -> [UInt8] {
        do {
            return Array(try key.signature(for: bytes))
        } catch {
            throw AuditError(.signature, "signing failed: \(error)")
        }
    }
}

/// The public half of an ``AuditKey``; an X.509 SubjectPublicKeyInfo PEM file, as `openssl` reads it.
package struct AuditPublicKey: Sendable, Equatable {
    private let raw: [UInt8]
    /// DER before the 32 key bytes (RFC 8410, section 4).
    private static let prefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]

    init(_ key: Curve25519.Signing.PublicKey) { raw = Array(key.rawRepresentation) }

    /// Reads a public key file.
    package init(path: String) throws(AuditError) {
        raw = try PEM.read(path, label: "PUBLIC KEY", prefix: Self.prefix)
    }

    /// Writes the key, readable by all; leaves a file with the same content alone.
    package func write(to path: String) throws(AuditError) {
        let text = PEM.text(label: "PUBLIC KEY", prefix: Self.prefix, raw: raw)
        if let there = FileManager.default.contents(atPath: path), Array(there) == Array(text.utf8) { return }
        unlink(path)
        try PEM.create(path, text: text, mode: 0o644)
    }

    func isValid(signature: [UInt8], of bytes: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw) else {
            return false  // raw is 32 bytes, checked when read; any 32 bytes are accepted
        }
        return key.isValidSignature(signature, for: bytes)
    }
}

/// The text form of keys (RFC 7468), for the fixed-length keys used here.
private enum PEM {
    static func text(label: String, prefix: [UInt8], raw: [UInt8]) -> String {
        "-----BEGIN \(label)-----\n\(Data(prefix + raw).base64EncodedString())\n-----END \(label)-----\n"
    }

    static func read(_ path: String, label: String, prefix: [UInt8]) throws(AuditError) -> [UInt8] {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw AuditError(.file, "cannot read \(path)")
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard lines.first == "-----BEGIN \(label)-----", lines.last == "-----END \(label)-----",
            let der = Data(base64Encoded: lines.dropFirst().dropLast().joined()),
            der.count == prefix.count + 32, der.starts(with: prefix)
        else {
            throw AuditError(.unreadable, "\(path) is not an Ed25519 key in PEM form (\(label))")
        }
        return Array(der.suffix(32))
    }

    /// Makes a new file, which is there whole or not at all when the power fails; never writes into one that is there.
    static func create(_ path: String, text: String, mode: mode_t) throws(AuditError) {
        let partial = path + ".partial"
        unlink(partial)
        let file = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure("cannot create \(partial)") }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
            throw failure("cannot write \(partial)")
        }
        // Unlike a renaming, a link replaces nothing.
        guard link(partial, path) == 0 else { throw failure("cannot create \(path)") }
        unlink(partial)
        let parent = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
        let folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("cannot open \(parent)") }
        defer { close(folder) }
        // Some file systems keep names by themselves and say that a folder cannot be synced.
        guard fsync(folder) == 0 || errno == EINVAL else { throw failure("cannot sync \(parent)") }
    }

    private static func failure(_ what: String) -> AuditError {
        AuditError(.file, "\(what): \(String(cString: strerror(errno)))")
    }
}
