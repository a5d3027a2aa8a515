import Foundation
import Testing

@testable import Console

struct AccountBookTests {
    private func book() throws -> AccountBook {
        var book = AccountBook()
        try book.add("ada", role: .admin)
        try book.add("grace", role: .viewer)
        return book
    }

    @Test func `the last admin stays an admin`() throws {
        var book = try book()
        #expect(throws: AccessError.self) { try book.remove("ada") }
        #expect(throws: AccessError.self) { try book.setRole(.privacy, of: "ada") }
        try book.setRole(.admin, of: "grace")
        try book.remove("ada")
        #expect(book.accounts.map(\.name) == ["grace"])
    }

    @Test(arguments: ["", "a b", "ümlaut", "x/y", String(repeating: "a", count: 65)])
    func `what cannot stand in an address is no name`(name: String) throws {
        var book = AccountBook()
        #expect(throws: AccessError.self) { try book.add(name, role: .viewer) }
    }

    @Test func `a name is taken once`() throws {
        var book = try book()
        #expect(throws: AccessError.self) { try book.add("grace", role: .admin) }
    }

    @Test func `a token finds its account until it expires or is removed`() throws {
        var book = try book()
        let token = AccountBook.Token(name: "grafana", sha256: Secret.hash("t"), createdAt: 0, expiresAt: 100)
        try book.addToken(token, to: "grace")
        #expect(book.account(forToken: "t", at: 99)?.name == "grace")
        #expect(book.account(forToken: "t", at: 100) == nil)
        #expect(book.account(forToken: "T", at: 0) == nil)
        try book.removeToken("grafana", of: "grace")
        #expect(book.account(forToken: "t", at: 0) == nil)
    }

    @Test func `a password is kept as a salted hash and matches itself only`() async throws {
        let (first, second) = (
            try await PasswordHash("correct horse battery"), try await PasswordHash("correct horse battery")
        )
        #expect(first.key != second.key)
        #expect(await first.matches("correct horse battery"))
        #expect(await !first.matches("correct horse batterz"))
    }

    @Test func `the file is for its owner alone and reads back`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "accounts-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try AccountStore(folder: folder)
        try store.change { book throws(AccessError) in try book.add("ada", role: .admin) }
        let permissions = try FileManager.default.attributesOfItem(atPath: folder + "/accounts.json")[.posixPermissions]
        #expect(permissions as? Int == 0o600)
        #expect(try AccountStore(folder: folder).current["ada"]?.role == .admin)
    }

    @Test func `a damaged file is no reason to let everybody in`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "accounts-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("{".utf8).write(to: URL(filePath: folder + "/accounts.json"))
        #expect(throws: AdminError.self) { try AccountStore(folder: folder) }
    }

    @Test(arguments: [
        (Role.viewer, [Permission.read]), (.operator, [.read, .patients, .change]),
        (.privacy, [.read, .patients, .audit]),
    ])
    func `a role may do this and no more`(role: Role, permissions: [Permission]) {
        #expect(role.permissions == Set(permissions))
    }
}
