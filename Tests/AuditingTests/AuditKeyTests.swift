import Foundation
import Testing

@testable import Auditing

@Suite struct AuditKeyTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "audit-key-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover does no harm
        try body(folder)
    }

    @Test func `a key is made once, readable by its owner only, and read again`() throws {
        try withFolder { folder in
            let path = folder + "/signing.key"
            let first = try AuditKey(path: path)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let again = try AuditKey(path: path)
            let head = try SignedHead(
                broker: "b", size: 1, root: [UInt8](repeating: 7, count: 32), at: 2, key: again)
            let publicKey = try AuditPublicKey(path: folder + "/signing.pub")
            #expect(publicKey == first.publicKey)
            #expect(head.isSigned(by: publicKey))
            #expect(try SignedHead(decoding: head.encoded()) == head)
            var other = head
            other.size = 2
            #expect(!other.isSigned(by: publicKey))
        }
    }

    @Test func `a key that others may read is refused with the remedy`() throws {
        try withFolder { folder in
            let path = folder + "/signing.key"
            _ = try AuditKey(path: path)
            chmod(path, 0o644)
            let error = #expect(throws: AuditError.self) { try AuditKey(path: path) }
            #expect(error?.text.contains("chmod 600") == true)
        }
    }

    @Test func `a file that is not a key is refused and left as it is`() throws {
        try withFolder { folder in
            let path = folder + "/signing.key"
            try Data("not a key".utf8).write(to: URL(fileURLWithPath: path))
            chmod(path, 0o600)
            #expect(throws: AuditError.self) { try AuditKey(path: path) }
            #expect(FileManager.default.contents(atPath: path) == Data("not a key".utf8))
        }
    }

    @Test func `openssl reads both files`() throws {
        try withFolder { folder in
            let path = folder + "/signing.key"
            _ = try AuditKey(path: path)
            for arguments in [
                ["pkey", "-in", path, "-noout"], ["pkey", "-pubin", "-in", folder + "/signing.pub", "-noout"],
            ] {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                process.arguments = ["openssl"] + arguments
                process.standardError = FileHandle.nullDevice
                try process.run()
                process.waitUntilExit()
                guard process.terminationStatus != 127 else { return print("skipped: there is no openssl") }
                #expect(process.terminationStatus == 0)
            }
        }
    }
}
