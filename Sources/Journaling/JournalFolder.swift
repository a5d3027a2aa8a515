import Foundation
import Glibc

/// The data folder: its permissions, its lock, and the names of the files in it.
struct JournalFolder: Sendable {
    let path: String

    var database: String { path + "/journal.sqlite" }
    static let headsName = "audit/heads.jsonl"
    static let publicKeyName = "audit/public.pem"

    var heads: String { path + "/" + Self.headsName }
    var publicKey: String { path + "/" + Self.publicKeyName }
    var lock: String { path + "/wardline.lock" }

    /// Whether another process holds the lock.
    var isLocked: Bool {
        let file = open(lock, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return flock(file, LOCK_SH | LOCK_NB) != 0
    }

    /// Makes the folder (0700), the database and the heads file (0600) if they are not there.
    func prepare() throws(JournalError) {
        for folder in [path, path + "/audit"] {
            try Self.make(folder)
            guard chmod(folder, 0o700) == 0 else { throw Self.failure("cannot set the permissions of \(folder)") }
        }
        for name in [database, heads] {
            let file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw Self.failure("cannot open \(name)") }
            close(file)
            guard chmod(name, 0o600) == 0 else { throw Self.failure("cannot set the permissions of \(name)") }
        }
        try Self.syncFolder(path)
        try Self.syncFolder(path + "/audit")
    }

    /// Makes a folder (0700) and those above it if they are not there. A new one is durable under its name.
    static func make(_ path: String) throws(JournalError) {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        let parent = (path as NSString).deletingLastPathComponent.nonEmpty ?? "."
        try make(parent)
        // Another process may have been faster.
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("cannot create \(path)") }
        try syncFolder(parent)
    }

    /// Takes the lock of the folder, which lasts until it is released or the process ends.
    func takeLock() throws(JournalError) -> FolderLock {
        let file = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.failure("cannot open \(lock)") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            let text = FileManager.default.contents(atPath: lock).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let owner = text.split(whereSeparator: \.isWhitespace).first.map { ", pid \($0)" } ?? ""
            throw JournalError(
                .locked, "another broker uses the folder \(path)\(owner): stop it, or use another --data")
        }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(file, 0)
        pwrite(file, text, text.count, 0)
        return FolderLock(descriptor: file)
    }

    static func failure(_ what: String) -> JournalError {
        JournalError(.unreadable, "\(what): \(String(cString: strerror(errno)))")
    }

    /// Makes new names in a folder durable.
    static func syncFolder(_ path: String) throws(JournalError) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("cannot open \(path)") }
        defer { close(folder) }
        // Some file systems keep names by themselves and say that a folder cannot be synced.
        guard fsync(folder) == 0 || errno == EINVAL else { throw failure("cannot sync \(path)") }
    }
}

/// The descriptor that holds the folder's lock.
///
/// `@unchecked Sendable`: the descriptor is touched only inside `condition.locked`.
final class FolderLock: @unchecked Sendable {
    private let condition = MonotonicCondition()
    private var descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { release() }

    func release() {
        condition.locked {
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }
}
