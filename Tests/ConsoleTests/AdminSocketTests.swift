import Foundation
import Testing

@testable import Console

struct AdminSocketTests {
    private func folder(_ length: Int) throws -> String {
        let name = "socket-\(UUID())".padding(toLength: max(43, length), withPad: "x", startingAt: 0)
        let folder = FileManager.default.temporaryDirectory.appending(path: name).path(percentEncoded: false)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Of a link the link itself.
    private func exists(_ path: String) -> Bool { (try? FileManager.default.attributesOfItem(atPath: path)) != nil }

    @Test func `a short path is the socket itself, a long one a link into a folder for its owner alone`() throws {
        let short = try folder(0)
        let plain = try AdminSocket(path: short + "/admin.sock")
        #expect(plain.bound == plain.path)
        let long = try folder(150)
        let linked = try AdminSocket(path: long + "/admin.sock")
        #expect(linked.bound.utf8.count < 100)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: linked.path) == linked.bound)
        let parent = (linked.bound as NSString).deletingLastPathComponent
        let attributes = try FileManager.default.attributesOfItem(atPath: parent)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
        linked.remove()
        #expect(!exists(parent) && !exists(linked.path))
        for folder in [short, long] { try FileManager.default.removeItem(atPath: folder) }
    }

    @Test func `what a run that was killed left behind is removed, with its folder`() throws {
        let long = try folder(150)
        let killed = try AdminSocket(path: long + "/admin.sock")
        let next = try AdminSocket(path: long + "/admin.sock")
        #expect(next.bound != killed.bound)
        #expect(!exists((killed.bound as NSString).deletingLastPathComponent))
        next.remove()
        try FileManager.default.removeItem(atPath: long)
    }

    @Test func `a file that is no socket is left alone`() throws {
        let short = try folder(0)
        #expect(FileManager.default.createFile(atPath: short + "/admin.sock", contents: Data("mine".utf8)))
        #expect(throws: AdminError.self) { try AdminSocket(path: short + "/admin.sock") }
        #expect(FileManager.default.contents(atPath: short + "/admin.sock") == Data("mine".utf8))
        try FileManager.default.removeItem(atPath: short)
    }
}
