internal import Foundation

/// This program, run again with other arguments.
final class Subprocess {
    private let process = Process()
    private let output = Pipe()
    private let name: String

    /// - Parameters:
    ///   - name: what a person calls it.
    ///   - log: the file for its standard error.
    init(_ name: String, _ arguments: [String], log: String) throws {
        self.name = name
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        guard FileManager.default.createFile(atPath: log, contents: nil) else {
            throw DemoError("\(log) cannot be written")
        }
        process.standardError = try FileHandle(forWritingTo: URL(filePath: log))
        try process.run()
    }

    /// The first line that it prints.
    ///
    /// - Throws: ``DemoError`` if it ends before it prints one.
    func firstLine() throws -> [UInt8] {
        var line: [UInt8] = []
        while true {
            guard let byte = try output.fileHandleForReading.read(upToCount: 1)?.first else {
                throw DemoError("\(name) ended before it was ready")
            }
            if byte == 0x0A { break }
            line.append(byte)
        }
        // What it prints later is not wanted, and must not fill the pipe.
        output.fileHandleForReading.readabilityHandler = { handle in _ = handle.availableData }
        return line
    }

    /// Waits for its end.
    ///
    /// - Throws: ``DemoError`` if it did not exit with 0.
    func wait() throws {
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw DemoError("\(name) exited with \(process.terminationStatus)")
        }
    }

    /// Asks it to end, and waits until it has.
    func stop() {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        output.fileHandleForReading.readabilityHandler = nil
    }
}

/// Why the demonstration could not run.
struct DemoError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
