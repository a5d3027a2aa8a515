import Foundation
import Synchronization

/// Runs a program with the alert as JSON on its standard input; exit code 0 is success.
struct AlertCommand: Sendable {
    /// The absolute path of the program, and its arguments.
    let words: [String]

    private static let timeout = Duration.seconds(30)

    init(_ words: [String]) { self.words = words }

    func send(_ alert: ToldAlert) async throws {
        let process = Process()
        process.executableURL = URL(filePath: words.first ?? "")
        process.arguments = Array(words.dropFirst())
        // A file rather than a pipe: a program that does not read it breaks nothing.
        process.standardInput = try Self.input(alert.json)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let (ends, note) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = {
            note.yield($0.terminationReason == .exit ? $0.terminationStatus : -$0.terminationStatus)
            note.finish()
        }
        try process.run()
        let pid = process.processIdentifier
        let code: Int32? = await withTaskGroup(of: Int32?.self) { group in
            group.addTask { await ends.first { _ in true } }
            group.addTask {
                // Cancelled when the program was faster.
                try? await Task.sleep(for: Self.timeout)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        guard let code else {
            kill(pid, SIGKILL)
            throw TellingError(description: "\(words.first ?? "") did not end within \(Self.timeout)")
        }
        guard code == 0 else { throw TellingError(description: "\(words.first ?? "") ended with \(code)") }
    }

    private static func input(_ bytes: [UInt8]) throws -> FileHandle {
        let path = NSTemporaryDirectory() + "/wardline-alert-\(UUID().uuidString)"
        try Data(bytes).write(to: URL(filePath: path))
        let handle = try FileHandle(forReadingFrom: URL(filePath: path))
        // Open files live on without a name; one that cannot be removed is the system's to clean.
        try? FileManager.default.removeItem(atPath: path)
        return handle
    }
}
