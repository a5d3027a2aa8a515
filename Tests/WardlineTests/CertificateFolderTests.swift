import Foundation
import Testing

@testable import wardline

struct CertificateFolderTests {
    /// A folder that is removed when the test is over.
    private func withFolder(_ body: (CertificateFolder) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "certs-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(CertificateFolder(path: path))
    }

    private func permissions(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test func `an issued certificate bears its names, and its key is its owner's`() throws {
        try withFolder { folder in
            let now = Date()
            let (authority, outcome) = try folder.authority(replacing: false, now: now)
            #expect(outcome == .made)
            #expect(
                try folder.issue(
                    "broker", .local("broker", dnsNames: ["hub.example"]), from: authority, days: 30, replacing: false,
                    now: now) == .made)
            let entries = try folder.entries()
            #expect(entries.map(\.isAuthority) == [false, true])
            #expect(entries.first?.names == ["broker.example", "hub.example", "localhost", "127.0.0.1"])
            #expect(entries.first?.daysLeft(at: now) == 29 || entries.first?.daysLeft(at: now) == 30)
            #expect(entries.first?.daysLeft(at: now.addingTimeInterval(40 * 86_400)) ?? 0 < 0)
            #expect(try permissions("\(folder.path)/broker.key") == 0o600)
            #expect(try permissions("\(folder.path)/ca.key") == 0o600)
            #expect(try permissions("\(folder.path)/broker.pem") == 0o644)
        }
    }

    @Test func `what is there is kept unless it is to be replaced`() throws {
        try withFolder { folder in
            let now = Date()
            func issue(replacing: Bool) throws -> CertificateFolder.Outcome {
                let (authority, _) = try folder.authority(replacing: false, now: now)
                return try folder.issue("a", .local("a"), from: authority, days: 30, replacing: replacing, now: now)
            }
            #expect(try issue(replacing: false) == .made)
            let first = try String(contentsOfFile: "\(folder.path)/a.pem", encoding: .utf8)
            #expect(try issue(replacing: false) == .kept)
            #expect(try String(contentsOfFile: "\(folder.path)/a.pem", encoding: .utf8) == first)
            #expect(try issue(replacing: true) == .replaced)
            #expect(try String(contentsOfFile: "\(folder.path)/a.pem", encoding: .utf8) != first)
            #expect(try folder.authority(replacing: false, now: now).outcome == .kept)
            #expect(try folder.authority(replacing: true, now: now).outcome == .replaced)
        }
    }

    @Test func `an authority without its key is not silently replaced`() throws {
        try withFolder { folder in
            _ = try folder.authority(replacing: false, now: Date())
            try FileManager.default.removeItem(atPath: "\(folder.path)/ca.key")
            #expect(throws: FolderError.halfAuthority("\(folder.path)/ca.key")) {
                try folder.authority(replacing: false, now: Date())
            }
        }
    }
}
