import Foundation

/// A certificate authority that lives as long as a test, made with `openssl`.
struct ThrowawayAuthority {
    struct Failure: Error {
        var text: String
    }

    static let openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    let folder: URL
    var file: String { folder.appending(path: "ca.pem").path() }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "mllp-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try run(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-keyout",
            "ca.key", "-out", "ca.pem", "-subj", "/CN=Throwaway Authority")
    }

    func remove() {
        // A folder left behind in the temporary directory harms nothing.
        try? FileManager.default.removeItem(at: folder)
    }

    /// Issues a certificate; `alternatives` is the text of the extension, nil for none.
    func issue(_ name: String, commonName: String, alternatives: String?) throws -> (certificate: String, key: String) {
        let extensions = "basicConstraints=CA:FALSE\n" + (alternatives.map { "subjectAltName=\($0)\n" } ?? "")
        try extensions.write(to: folder.appending(path: "\(name).ext"), atomically: true, encoding: .utf8)
        try run(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "\(name).key",
            "-out",
            "\(name).csr", "-subj", "/O=Test/CN=\(commonName)")
        try run(
            "x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "\(name).ext", "-out", "\(name).pem")
        return (folder.appending(path: "\(name).pem").path(), folder.appending(path: "\(name).key").path())
    }

    private func run(_ arguments: String...) throws {
        guard let openssl = Self.openssl else { throw Failure(text: "openssl is not installed") }
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(filePath: openssl)
        process.currentDirectoryURL = folder
        process.arguments = arguments
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(text: text) }
    }
}
