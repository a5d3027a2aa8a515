internal import FHIR
internal import Foundation
internal import Synchronization

/// A running `wardline`: the binary that was built beside this one.
final class Program: Sendable {
    private struct Output {
        var lines = 0
        var lastLineAt = ContinuousClock.now
    }

    let pid: Int32
    /// The first line that it printed.
    let firstLine: JSONValue
    private let stop: @Sendable () -> Void
    private let output = Mutex(Output())

    /// Starts it, and waits for its first line, a JSON object.
    init(_ arguments: [String]) throws {
        let (process, pipe) = try Self.launch(arguments)
        pid = process.processIdentifier
        var line: [UInt8] = []
        while let byte = try pipe.read(upToCount: 1)?.first, byte != 0x0A { line.append(byte) }
        guard let value = try? JSONReader.value(from: line) else {
            process.terminate()
            throw BenchmarkError("wardline \(arguments[0]) ended before it was ready")
        }
        firstLine = value
        let number = process.processIdentifier
        stop = { kill(number, SIGTERM) }
        let descriptor = pipe.fileDescriptor
        Thread.detachNewThread { [self] in
            count(descriptor)
            // Keeps the pipe open until here.
            _ = pipe
            process.waitUntilExit()
        }
    }

    /// Counts what it prints later, so that the pipe never fills.
    private func count(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count <= 0 { return }
            let lines = buffer[..<count].count { $0 == 0x0A }
            output.withLock { output in
                output.lines += lines
                output.lastLineAt = .now
            }
        }
    }

    /// Lines printed after the first, and when the last one came.
    var lines: (count: Int, lastAt: ContinuousClock.Instant) { output.withLock { ($0.lines, $0.lastLineAt) } }

    /// The most memory it ever had, in MB.
    var residentMegabytesMax: Double? {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Double($0) })
        else { return nil }
        return kilobytes / 1_024
    }

    /// Seconds of processor time so far.
    var processorSeconds: Double? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 12,
            let user = Double(fields[11]), let system = Double(fields[12])
        else { return nil }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Asks it to end, and waits until it has.
    func end() {
        stop()
        while kill(pid, 0) == 0 { usleep(5_000) }
    }

    /// Runs a command to its end.
    ///
    /// - Returns: the one line of JSON that it prints, if `isJSON`.
    @discardableResult
    static func run(_ arguments: [String], isJSON: Bool = false) throws -> JSONValue {
        let (process, pipe) = try launch(arguments)
        let printed = try pipe.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchmarkError(
                "wardline \(arguments.joined(separator: " ")) exited with \(process.terminationStatus): "
                    + String(decoding: printed.prefix(1_000), as: UTF8.self))
        }
        return isJSON ? try JSONReader.value(from: Array(printed)) : .null
    }

    private static func launch(_ arguments: [String]) throws -> (Process, FileHandle) {
        guard let folder = Bundle.main.executableURL?.deletingLastPathComponent() else {
            throw BenchmarkError("this program does not know where it is")
        }
        let binary = folder.appending(path: "wardline")
        guard FileManager.default.isExecutableFile(atPath: binary.path(percentEncoded: false)) else {
            throw BenchmarkError("there is no wardline beside this program in \(folder.path(percentEncoded: false))")
        }
        let process = Process()
        let pipe = Pipe()
        process.executableURL = binary
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        return (process, pipe.fileHandleForReading)
    }
}
