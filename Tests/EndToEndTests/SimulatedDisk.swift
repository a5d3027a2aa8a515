import CPowerCut
import Foundation
import Testing

/// A small disk of a test whose power can be cut: ext4 in a file, behind a loop device.
struct SimulatedDisk: Sendable {
    private let image: String
    let mountPoint: String

    /// Why there can be none here; nil if there can.
    static let obstacle: String? = {
        guard geteuid() == 0 else { return "a power cut needs root, to mount a file system of its own" }
        let folder = NSTemporaryDirectory() + "/wardline-disk-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover does no harm
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try SimulatedDisk(in: folder, megabytes: 16).remove()
            return nil
        } catch { return "a power cut needs mkfs.ext4 and a loop device that may be mounted: \(error)" }
    }()

    /// Makes a disk and mounts it at `disk` in a folder.
    init(in folder: String, megabytes: Int = 512) throws {
        image = folder + "/disk.ext4"
        mountPoint = folder + "/disk"
        guard FileManager.default.createFile(atPath: image, contents: nil) else {
            throw Failure("no file for the disk")
        }
        // Only what is written takes room.
        guard truncate(image, off_t(megabytes) << 20) == 0 else { throw Failure("truncate: \(errno)") }
        try FileManager.default.createDirectory(atPath: mountPoint, withIntermediateDirectories: true)
        try Self.run("mkfs.ext4", "-q", "-F", image)
        try mount()
    }

    private func mount() throws { try Self.run("mount", "-o", "loop", image, mountPoint) }

    /// The end of a process and of everything that is not on the disk yet.
    func cutPower(of process: Child) async throws {
        guard power_cut(mountPoint, process.pid) == 0 else {
            throw Failure("the disk cannot be shut down: \(String(cString: strerror(errno)))")
        }
        _ = await process.exit()
        try Self.run("umount", mountPoint)
        try mount()
        guard (try? FileManager.default.contentsOfDirectory(atPath: mountPoint)) != nil else {
            // A mount namespace made meanwhile has a copy of the mount, so that the dead file system lives on.
            throw Failure("the disk is still mounted elsewhere, so that it cannot be used again")
        }
    }

    func remove() {
        // A test that fails may still use it; it is then gone with its last user.
        try? Self.run("umount", "-l", mountPoint)
        try? FileManager.default.removeItem(atPath: image)
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
        init(_ description: String) { self.description = description }
    }

    private static func run(_ command: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        var environment = ProcessInfo.processInfo.environment
        // Where a user's path does not have them.
        environment["PATH"] = (environment["PATH"] ?? "") + ":/usr/sbin:/sbin"
        process.environment = environment
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try ProcessStart.run(process)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure("\(command.joined(separator: " ")) failed") }
    }
}
