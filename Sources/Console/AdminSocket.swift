import Foundation

/// The files of the admin socket.
struct AdminSocket: Sendable {
    /// Where people look for it.
    let path: String
    /// Where it is: elsewhere if the path is too long for a socket address, and then `path` is a link.
    let bound: String

    /// `sun_path` holds 108 bytes, the last of them zero.
    private static let pathBytesMax = 100

    init(path: String) {
        self.path = path
        bound =
            path.utf8.count > Self.pathBytesMax
            ? FileManager.default.temporaryDirectory.appending(path: "wardline-\(getpid())/admin.sock").path : path
    }

    /// Removes what an earlier run left behind. The lock of the data folder says that no broker uses it.
    func prepare() throws {
        for stale in Set([path, bound]) where unlink(stale) != 0 && errno != ENOENT && errno != ENOTDIR {
            throw AdminError("cannot replace \(stale): \(String(cString: strerror(errno)))")
        }
        guard bound != path else { return }
        let files = FileManager.default
        try files.createDirectory(
            atPath: URL(filePath: bound).deletingLastPathComponent().path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        try files.createSymbolicLink(atPath: path, withDestinationPath: bound)
    }

    /// Only the broker's user may open it.
    func protect() -> Bool { chmod(bound, 0o600) == 0 }

    func remove() { for created in Set([path, bound]) { unlink(created) } }
}
