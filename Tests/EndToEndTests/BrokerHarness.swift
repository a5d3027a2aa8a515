import Foundation
import MLLP
import Synchronization
import Testing

/// Starts processes one at a time: Foundation's `Process.run` has crashed where tests started many at once.
enum ProcessStart {
    private static let lock = Mutex(())

    static func run(_ process: Process) throws { try lock.withLock { _ in try process.run() } }
}

/// A `wardline` process of a test.
final class Child: Sendable {
    /// Set once, before anybody else can see this object, and only asked and signalled after that.
    nonisolated(unsafe) private let process: Process
    private let output: FileHandle
    let name: String

    /// - Parameter environment: beside that of the tests.
    init(
        _ arguments: [String], in folder: TestFolder, name: String, program: String = TestFolder.program,
        environment: [String: String] = [:]
    ) throws {
        self.name = name
        process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = URL(filePath: folder.path)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        let log = "\(folder.path)/\(name).log"
        if !FileManager.default.fileExists(atPath: log) { FileManager.default.createFile(atPath: log, contents: nil) }
        let errors = try FileHandle(forWritingTo: URL(filePath: log))
        try errors.seekToEnd()
        process.standardError = errors
        output = pipe.fileHandleForReading
        try ProcessStart.run(process)
        try pipe.fileHandleForWriting.close()
    }

    var pid: Int32 { process.processIdentifier }

    /// The next line of standard output; nil at its end. Blocks, so it is called off the cooperative threads.
    func line() async -> String? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var bytes: [UInt8] = []
                while let byte = (try? self.output.read(upToCount: 1))?.first {
                    if byte == 0x0A { return continuation.resume(returning: String(decoding: bytes, as: UTF8.self)) }
                    bytes.append(byte)
                }
                continuation.resume(returning: nil)
            }
        }
    }

    /// Everything that it prints until it ends.
    func rest() async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let data = (try? self.output.readToEnd()) ?? Data()
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            }
        }
    }

    /// The exit code, or minus the signal that ended it.
    func exit() async -> Int32 {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                self.process.waitUntilExit()
                let status = self.process.terminationStatus
                continuation.resume(returning: self.process.terminationReason == .exit ? status : -status)
            }
        }
    }

    func signal(_ number: Int32) { kill(pid, number) }

    @discardableResult
    func stop() async -> Int32 {
        signal(SIGTERM)
        return await exit()
    }
}

/// A folder of a test with certificates and an interfaces folder, and the processes that use it.
final class TestFolder: Sendable {
    let path: String
    private let children = Mutex<[Child]>([])

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "wardline-test-\(UUID().uuidString)").path(
            percentEncoded: false)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// The program that was built with the tests: it lies beside them.
    static let program: String = {
        let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appending(path: "wardline").path(percentEncoded: false)
    }()

    func write(_ name: String, _ text: String) throws {
        let file = URL(filePath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func start(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Child {
        let child = try Child(arguments, in: self, name: name, environment: environment)
        children.withLock { $0.append(child) }
        return child
    }

    /// Runs a command to its end.
    func run(_ arguments: String...) async throws -> (code: Int32, output: String) { try await run(arguments) }

    func run(_ arguments: [String]) async throws -> (code: Int32, output: String) {
        let child = try Child(arguments, in: self, name: "run")
        let output = await child.rest()
        return (await child.exit(), output)
    }

    /// Starts a receiver and returns its address.
    func receiver(_ name: String, _ arguments: String...) async throws -> (child: Child, address: String) {
        let listen = [
            "listen", "--bind", "127.0.0.1:0", "--format", "json", "--quiet", "--log", "\(path)/\(name).jsonl",
        ]
        let child = try start(name, listen + arguments)
        let line = try #require(await child.line(), "\(name) did not start: see \(path)/\(name).log")
        return (child, try #require(try Self.object(line)["address"] as? String))
    }

    /// Starts the broker and returns the addresses of its listeners.
    func broker(
        data: String = "var", environment: [String: String] = [:]
    ) async throws -> (child: Child, listeners: [String: String]) {
        let arguments = ["serve", "--interfaces", "Interfaces", "--data", data]
        let child = try start("broker", arguments, environment: environment)
        let line = await child.line()
        let log = (try? String(contentsOfFile: "\(path)/broker.log", encoding: .utf8)) ?? ""
        let ready = try Self.object(try #require(line, "the broker did not start: \(log.suffix(2_000))"))
        #expect(ready["event"] as? String == "ready")
        return (child, try #require(ready["listeners"] as? [String: String]))
    }

    /// How many lines a receiver has logged.
    func receivedCount(_ name: String) -> Int {
        FileManager.default.contents(atPath: "\(path)/\(name).jsonl")?.count { $0 == 0x0A } ?? 0
    }

    /// What a receiver was sent, in order: control id, and the number that it has there.
    func received(_ name: String) throws -> [(controlID: String, number: Int)] {
        guard let text = try? String(contentsOfFile: "\(path)/\(name).jsonl", encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").map { line in
            let object = try Self.object(String(line))
            return (object["controlId"] as? String ?? "", object["seq"] as? Int ?? 0)
        }
    }

    static func object(_ line: String) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "no JSON object: \(line)")
    }

    /// Ends every process that is left, and removes the folder unless something failed in it.
    func close(keeping: Bool = false) async {
        for child in children.withLock({ $0 }) {
            child.signal(SIGKILL)
            _ = await child.exit()
        }
        if !keeping { try? FileManager.default.removeItem(atPath: path) }
    }
}

/// Asks again until something holds, for what only a file or another process can tell.
///
/// - Returns: whether it held before the time was up.
func eventually(within limit: Duration = .seconds(60), _ condition: () async throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return true }
        // Between two questions to the outside; nothing is concluded from the time that passes.
        try? await Task.sleep(for: .milliseconds(100))
    }
    return try await condition()
}
