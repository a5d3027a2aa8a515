import Foundation
import Testing

/// A program by others that a test talks to through its standard input and output.
final class Peer: Sendable {
    /// How long an answer may take before the test fails.
    private static let patience: Duration = .seconds(30)

    private let process: Process
    private let input: FileHandle
    private let output: FileHandle

    /// - Parameter command: the program, found on the path, and its arguments.
    init(_ command: [String], in folder: TestFolder) throws {
        // A program that has ended must not end the tests.
        signal(SIGPIPE, SIG_IGN)
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = URL(filePath: folder.path)
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        self.input = input.fileHandleForWriting
        self.output = output.fileHandleForReading
        try ProcessStart.run(process)
        try output.fileHandleForWriting.close()
    }

    func write(_ bytes: [UInt8]) throws { try input.write(contentsOf: Data(bytes)) }

    /// What it prints up to and with `end`; what it printed so far if it ends or falls silent before.
    func read(through end: [UInt8]) async -> [UInt8] {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var bytes: [UInt8] = []
                let limit = ContinuousClock.now + Self.patience
                while !bytes.suffix(end.count).elementsEqual(end) || end.isEmpty {
                    guard self.isReadable(until: limit), let byte = (try? self.output.read(upToCount: 1))?.first
                    else { break }
                    bytes.append(byte)
                }
                continuation.resume(returning: bytes)
            }
        }
    }

    /// The next line that it prints.
    func line() async -> String {
        String(decoding: await read(through: [0x0A]).filter { $0 != 0x0A }, as: UTF8.self)
    }

    /// Ends its input and waits for it; it is ended by force if it does not end by itself.
    ///
    /// - Returns: its exit code, and what it still printed.
    @discardableResult
    func finish() async -> (code: Int32, output: String) {
        try? input.close()  // It may have ended already.
        let rest = await read(through: [])
        kill(process.processIdentifier, SIGKILL)
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                self.process.waitUntilExit()
                continuation.resume(
                    returning: (self.process.terminationStatus, String(decoding: rest, as: UTF8.self)))
            }
        }
    }

    /// Ends it by force.
    func end() async {
        kill(process.processIdentifier, SIGKILL)
        await finish()
    }

    private func isReadable(until limit: ContinuousClock.Instant) -> Bool {
        var descriptor = pollfd(fd: output.fileDescriptor, events: Int16(POLLIN), revents: 0)
        let left = max(.zero, limit - ContinuousClock.now) / .milliseconds(1)
        return poll(&descriptor, 1, Int32(left)) > 0
    }

    /// Whether a command can be run here and ends well.
    static func can(_ command: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do { try ProcessStart.run(process) } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
