import CLinux
import NIOPosix

#if canImport(Glibc)
    import Glibc
#endif

/// Writes messages as files: `<seq>-<endpoint>.hl7` or `.json`.
///
///     write .<name>.part …  →  syncfs  →  rename each  →  fsync the folder  →  delivered
///
/// A file with its final name is complete and on disk. A repeated delivery replaces its own file.
final class FolderSender: Sender {
    private let folder: String
    private let endpoint: String
    private let suffix: String
    let batchMax = 64

    init(folder: String, endpoint: String, suffix: String) {
        self.folder = folder
        self.endpoint = endpoint
        self.suffix = suffix
    }

    func send(_ messages: [OutgoingMessage]) async -> [SendOutcome] {
        do {
            try await NIOThreadPool.singleton.runIfActive { try self.write(messages) }
            return messages.map { SendOutcome(.done, result: "written", text: self.name(of: $0)) }
        } catch {
            let outcome = SendOutcome(.retry(after: nil), result: "not written", text: "\(error)", isUnreached: true)
            return messages.map { _ in outcome }
        }
    }

    func close() async {}

    private func name(of message: OutgoingMessage) -> String { "\(message.seq)-\(endpoint).\(suffix)" }

    private func write(_ messages: [OutgoingMessage]) throws {
        try makeFolder(folder)
        let directory = try check(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", folder)
        defer { Glibc.close(directory) }
        for message in messages {
            let part = "\(folder)/.\(name(of: message)).part"
            let file = try check(open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600), "create", part)
            defer { Glibc.close(file) }
            try writeAll(message.bytes, to: file, part)
        }
        _ = try check(clinux_syncfs(directory), "sync", folder)
        for message in messages {
            let name = name(of: message)
            _ = try check(rename("\(folder)/.\(name).part", "\(folder)/\(name)"), "rename", name)
        }
        _ = try check(fsync(directory), "sync", folder)
    }

    private func writeAll(_ bytes: [UInt8], to file: Int32, _ path: String) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FolderError("write", path, errno) }
            written += count
        }
    }

    private func makeFolder(_ path: String) throws {
        var folder = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            folder +=
                (folder.isEmpty && part.isEmpty) ? "/" : (folder.hasSuffix("/") || folder.isEmpty ? "" : "/") + part
            if mkdir(folder, 0o700) != 0, errno != EEXIST, errno != EISDIR { throw FolderError("make", folder, errno) }
        }
    }

    private func check(_ result: Int32, _ action: String, _ path: String) throws -> Int32 {
        if result < 0 { throw FolderError(action, path, errno) }
        return result
    }
}

/// What the file system said to a folder endpoint.
struct FolderError: Error, CustomStringConvertible {
    let description: String

    init(_ action: String, _ path: String, _ code: Int32) {
        description = "cannot \(action) \(path): \(String(cString: strerror(code)))"
    }
}
