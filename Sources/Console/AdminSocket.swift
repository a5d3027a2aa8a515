import Foundation

/// The files of the admin socket, made so that nobody else can have put something in their place.
struct AdminSocket: Sendable {
    /// Where people look for it.
    let path: String
    /// Where it is: elsewhere if the path is too long for a socket address, and then `path` is a link.
    let bound: String

    /// `sun_path` holds 108 bytes, the last of them zero.
    private static let pathBytesMax = 100
    private static let folderPrefix = "wardline-"

    /// Removes what an earlier run left behind, and makes the folder that a long path needs. The lock of the data folder
    /// says that no broker uses it.
    ///
    /// - Throws: ``AdminError`` if something else than a socket or its link is there.
    init(path: String) throws {
        self.path = path
        try Self.removeStale(path)
        guard path.utf8.count > Self.pathBytesMax else {
            bound = path
            return
        }
        let folder = try Self.privateFolder()
        bound = folder + "/admin.sock"
        guard symlink(bound, path) == 0 else { throw Self.failed("cannot make", path) }
    }

    /// Only the broker's user may open it.
    func protect() -> Bool { chmod(bound, 0o600) == 0 }

    func remove() {
        // What is gone already is as it should be.
        for created in Set([path, bound]) { unlink(created) }
        if bound != path { rmdir((bound as NSString).deletingLastPathComponent) }
    }

    /// A folder that did not exist, for this user alone: a name that another one could guess and make before would be
    /// theirs.
    private static func privateFolder() throws -> String {
        let template = FileManager.default.temporaryDirectory.appending(path: folderPrefix + "XXXXXX").path(
            percentEncoded: false)
        var name = Array(template.utf8CString)
        let isMade = name.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } != nil }
        guard isMade else {
            throw failed("cannot make", template)
        }
        return String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func removeStale(_ path: String) throws {
        // Of a link the link itself.
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return }
        switch attributes[.type] as? FileAttributeType {
        case .typeSocket: break
        case .typeSymbolicLink: removeTarget(of: path)
        default: throw AdminError("\(path) is no socket: move it away, or serve another data folder")
        }
        guard unlink(path) == 0 else { throw failed("cannot replace", path) }
    }

    /// The folder that an earlier run made, if it is one and ours.
    private static func removeTarget(of link: String) {
        let files = FileManager.default
        guard let target = try? files.destinationOfSymbolicLink(atPath: link) else { return }
        let folder = (target as NSString).deletingLastPathComponent
        guard (folder as NSString).lastPathComponent.hasPrefix(folderPrefix),
            let attributes = try? files.attributesOfItem(atPath: folder),
            attributes[.type] as? FileAttributeType == .typeDirectory,
            attributes[.ownerAccountID] as? NSNumber == NSNumber(value: getuid())
        else { return }
        unlink(target)
        rmdir(folder)
    }

    private static func failed(_ what: String, _ path: String) -> AdminError {
        AdminError("\(what) \(path): \(String(cString: strerror(errno)))")
    }
}
