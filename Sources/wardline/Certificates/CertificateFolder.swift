internal import Foundation
internal import SwiftASN1
internal import X509

/// A folder of PEM files: `ca.pem`, `ca.key`, and `NAME.pem` with `NAME.key` for each participant.
///
/// Nothing that is there is replaced unless the caller says so. Keys are readable by their owner only.
struct CertificateFolder {
    /// What became of a file.
    enum Outcome: String { case made, kept, replaced }

    /// A certificate of the folder.
    struct Entry: Hashable, Sendable {
        var file: String
        var subject: String
        var names: [String]
        var notAfter: Date
        var isAuthority: Bool

        /// Whole days left; negative once it has expired.
        func daysLeft(at now: Date) -> Int { Int((notAfter.timeIntervalSince(now) / 86_400).rounded(.down)) }
    }

    let path: String

    private func file(_ name: String, _ suffix: String) -> String { "\(path)/\(name).\(suffix)" }

    private func has(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: file(name, "pem"))
            && FileManager.default.fileExists(atPath: file(name, "key"))
    }

    /// The authority of the folder, made if there is none.
    func authority(replacing: Bool, now: Date) throws -> (authority: DevelopmentAuthority, outcome: Outcome) {
        if has("ca"), !replacing {
            return (try DevelopmentAuthority(read("ca")), .kept)
        }
        let existed = FileManager.default.fileExists(atPath: file("ca", "pem"))
        if existed, !replacing { throw FolderError.halfAuthority(file("ca", "key")) }
        let authority = try DevelopmentAuthority(now: now)
        try write(authority.pem, as: "ca")
        return (authority, existed ? .replaced : .made)
    }

    /// Issues a certificate unless there is one.
    func issue(
        _ name: String, _ subject: DevelopmentAuthority.Subject, from authority: DevelopmentAuthority, days: Int,
        replacing: Bool, now: Date
    ) throws -> Outcome {
        let existed = FileManager.default.fileExists(atPath: file(name, "pem"))
        if existed, !replacing { return .kept }
        try write(try authority.issue(subject, days: days, now: now), as: name)
        return existed ? .replaced : .made
    }

    /// The certificates of the folder, by file name.
    func entries() throws -> [Entry] {
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".pem") }.sorted()
        return try names.map { name in
            let certificate: Certificate
            do {
                certificate = try Certificate(pemEncoded: String(contentsOfFile: "\(path)/\(name)", encoding: .utf8))
            } catch { throw FolderError.noCertificate("\(path)/\(name)") }
            let alternatives = try certificate.extensions.subjectAlternativeNames
            let usage = try certificate.extensions.basicConstraints
            return Entry(
                file: "\(path)/\(name)", subject: "\(certificate.subject)",
                names: (alternatives.map(Array.init) ?? []).compactMap(\.readable), notAfter: certificate.notValidAfter,
                isAuthority: usage.map { if case .isCertificateAuthority = $0 { true } else { false } } ?? false)
        }
    }

    private func read(_ name: String) throws -> DevelopmentAuthority.Issued {
        DevelopmentAuthority.Issued(
            certificate: try String(contentsOfFile: file(name, "pem"), encoding: .utf8),
            key: try String(contentsOfFile: file(name, "key"), encoding: .utf8))
    }

    private func write(_ pem: DevelopmentAuthority.Issued, as name: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try write(pem.key, to: file(name, "key"), permissions: 0o600)
        try write(pem.certificate, to: file(name, "pem"), permissions: 0o644)
    }

    /// Written under another name first, with its permissions, so that nobody sees a half of it or reads a key.
    private func write(_ text: String, to file: String, permissions: Int) throws {
        let temporary = file + ".new"
        // What an interrupted run left behind.
        try? FileManager.default.removeItem(atPath: temporary)
        let isMade = FileManager.default.createFile(
            atPath: temporary, contents: Data(text.utf8), attributes: [.posixPermissions: permissions])
        guard isMade else { throw FolderError.unwritable(file) }
        if FileManager.default.fileExists(atPath: file) { try FileManager.default.removeItem(atPath: file) }
        try FileManager.default.moveItem(atPath: temporary, toPath: file)
    }
}

/// Why a folder of certificates cannot be used.
enum FolderError: Error, Hashable, CustomStringConvertible {
    case halfAuthority(String)
    case noCertificate(String)
    case unwritable(String)

    var description: String {
        switch self {
        case .halfAuthority(let key):
            "\(key) is missing: without it nothing can be issued; --force makes a new authority"
        case .noCertificate(let file): "\(file) holds no certificate in PEM form"
        case .unwritable(let file): "\(file) cannot be written"
        }
    }
}

extension GeneralName {
    /// A name as people write it.
    fileprivate var readable: String? {
        switch self {
        case .dnsName(let name): name
        case .ipAddress(let address):
            address.bytes.count == 4 ? address.bytes.map(String.init).joined(separator: ".") : nil
        default: nil
        }
    }
}
