import Auditing
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Journaling

/// What is left after the process, the disk or the power is gone.
@Suite(.serialized) struct DurabilityTests {
    @Test func `nothing acknowledged is lost when the process is killed`() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.path
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                let journal = try SQLiteJournal(
                    SQLiteJournal.Configuration(folder: path, broker: "riverside", key: AuditKey()))
                let acknowledged = open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for sender in 0..<8 {
                        group.addTask {
                            for number in 0... {
                                let id = "S\(sender)-\(number)"
                                let seq = try await journal.store(.sample(id))
                                // One short write each, so the file never lies.
                                let line = Array("\(seq) \(id)\n".utf8)
                                write(acknowledged, line, line.count)
                                if number.isMultiple(of: 3) { try await journal.commit([.sample(seq, to: ["a.in"])]) }
                                if number.isMultiple(of: 6) { try await journal.settle(.sample(seq, "a.in")) }
                                if sender == 3, number == 60 { kill(getpid(), SIGKILL) }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let text = try String(contentsOfFile: path + "/acknowledged", encoding: .utf8)
            let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
            #expect(lines.count > 60)
            #expect(try JournalAudit.verify(folder: path).report.damage == nil)
            let journal = try SQLiteJournal(folder.configuration())
            for line in lines {
                let entry = try await journal.entry(try #require(Int64(line[0])))
                #expect(entry?.controlId == String(line[1]))
            }
            let ledger = try await journal.ledger(from: nil, to: nil)
            #expect(ledger.isBalanced)
            #expect(ledger.accepted >= lines.count)
            let pending = try await journal.unrouted(after: 0, limit: 10_000).map(\.seq)
            #expect(pending.count == ledger.pending)
            #expect(pending == pending.sorted())
            await journal.close()
        }
    }

    @Test func `every group is one fdatasync of the log, and no group is without`() async throws {
        try await TemporaryFolder.with { folder in
            // In a process of its own, so that strace sees nothing of the other tests.
            await #expect(processExitsWith: .success) { [path = folder.path as String] in
                let journal = try SQLiteJournal(
                    SQLiteJournal.Configuration(folder: path, broker: "riverside", key: AuditKey()))
                try await journal.store(.sample("first"))
                let trace = try SyncTrace(output: path + "/trace")
                guard trace.isAttached else { return }
                for number in 0..<20 { try await journal.store(.sample("M\(number)")) }
                let single = try trace.count(of: "journal.sqlite-wal")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 { group.addTask { try await journal.store(.sample("G\(number)")) } }
                    try await group.waitForAll()
                }
                let grouped = try trace.count(of: "journal.sqlite-wal") - single
                await journal.close()
                try "\(single) \(grouped)".write(toFile: path + "/counts", atomically: false, encoding: .utf8)
            }
            guard let text = try? String(contentsOfFile: folder.path + "/counts", encoding: .utf8) else {
                return print("skipped: strace is missing or may not attach to a process here")
            }
            let counts = text.split(separator: " ").compactMap { Int($0) }
            #expect(counts.count == 2)
            #expect(counts.first == 20, "20 appends one after the other")
            let grouped = try #require(counts.last)
            #expect(grouped > 0)
            #expect(grouped < 100, "200 appends at once share their fsyncs")
        }
    }

    @Test func `a full disk ends writing for good and loses nothing acknowledged`() async throws {
        try await withSmallDisk("3m") { mount in
            let folder = TemporaryFolder(path: mount + "/data")
            let journal = try SQLiteJournal(folder.configuration { $0.reserveBytes = 0 })
            let (stored, failure) = await fill(journal)
            try #require(failure?.code == .storageLost)
            try #require(journal.failure?.code == .storageLost)
            #expect(await journal.waitForFailure()?.code == .storageLost)
            let small = await #expect(throws: JournalError.self) { try await journal.append([.sample("small")]) }
            #expect(small?.code == .storageLost)
            await journal.close()
            #expect(run("mount", ["-o", "remount,size=64m", mount]))
            let again = try SQLiteJournal(folder.configuration())
            #expect(try await again.entries(after: 0, limit: 1_000).map(\.seq).starts(with: stored))
            #expect(stored.count > 10)
            try await again.store(.sample("small"))
            await again.close()
            #expect(try JournalAudit.verify(folder: folder.path).report.isGood)
        }
    }

    @Test func `at the reserve nothing more is accepted while deliveries are settled, until there is room`()
        async throws
    {
        try await withSmallDisk("20m") { mount in
            let folder = TemporaryFolder(path: mount + "/data")
            let journal = try SQLiteJournal(folder.configuration())
            let (stored, failure) = await fill(journal)
            #expect(failure?.code == .full)
            #expect(journal.failure == nil)
            #expect(journal.backlog.isDiskLow)
            for seq in stored {
                try await journal.commit([.sample(seq, to: ["a.in"])])
                try await journal.settle(.sample(seq, "a.in"))
            }
            #expect(try await journal.queues().isEmpty)
            #expect(run("mount", ["-o", "remount,size=128m", mount]))
            try await until {
                !journal.backlog.isDiskLow
            } doing: {
                _ = try? await journal.store(.sample("again"))
            }
            #expect(try await journal.store(.sample("more")) > stored.count)
            await journal.close()
        }
    }

    /// An fsync that fails once may succeed the next time although the data is gone, so one failure must be the end.
    @Test func `one failing fdatasync ends writing for good`() async throws {
        try await TemporaryFolder.with { folder in
            await #expect(processExitsWith: .success) { [path = folder.path as String] in
                let journal = try SQLiteJournal(
                    SQLiteJournal.Configuration(folder: path, broker: "riverside", key: AuditKey()))
                try await journal.store(.sample("first"))
                let trace = try SyncTrace(
                    output: path + "/trace", options: ["-e", "inject=fdatasync:error=EIO:when=1"])
                guard trace.isAttached else { return }
                var codes: [String] = []
                for number in 0..<3 {
                    do {
                        try await journal.store(.sample("M\(number)"))
                        codes.append("stored")
                    } catch { codes.append("\((error as? JournalError)?.code ?? .invalid)") }
                }
                await journal.close()
                try codes.joined(separator: " ").write(toFile: path + "/codes", atomically: false, encoding: .utf8)
            }
            guard let codes = try? String(contentsOfFile: folder.path + "/codes", encoding: .utf8) else {
                return print("skipped: strace is missing or may not attach to a process here")
            }
            #expect(codes == "storageLost storageLost storageLost")
            // What was acknowledged before is there.
            let again = try SQLiteJournal(folder.configuration())
            #expect(try await again.entries(controlId: "first", limit: 2).count == 1)
            await again.close()
        }
    }

    /// Appends until it is refused.
    private func fill(_ journal: SQLiteJournal) async -> (stored: [Int64], failure: JournalError?) {
        var stored: [Int64] = []
        for number in 0..<5_000 {
            do {
                stored.append(
                    try await journal.store(.sample("M\(number)", body: String(repeating: "x", count: 20_000))))
            } catch { return (stored, error as? JournalError) }
        }
        return (stored, nil)
    }
}

/// Asks again and again, for as long as nothing in these tests needs.
private func until(_ condition: () -> Bool, doing action: () async -> Void) async throws {
    let end = ContinuousClock.now + .seconds(30)
    while !condition(), ContinuousClock.now < end {
        await action()
        await Task.yield()
    }
}

/// Runs a body with a small file system of its own, if this process may make one.
private func withSmallDisk(_ size: String, _ body: (String) async throws -> Void) async throws {
    let mount = NSTemporaryDirectory() + "/journal-full-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
    defer { rmdir(mount) }
    guard run("mount", ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", mount]) else {
        return print("skipped: a small tmpfs needs the right to mount")
    }
    // Lazily: a journal whose disk failed leaves its connection open.
    defer { _ = run("umount", ["-l", mount]) }
    try await body(mount)
}

private func run(_ command: String, _ arguments: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [command] + arguments
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    do { try process.run() } catch { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
}

/// `strace` attached to this process, counting what it makes durable; it ends with the process.
private struct SyncTrace {
    private let process = Process()
    private let output: String

    /// False if there is no strace or it may not attach.
    let isAttached: Bool

    init(output: String, options: [String] = []) throws {
        self.output = output
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "strace", "-f", "-y", "-e", "trace=fsync,fdatasync", "-o", output, "-p", "\(getpid())",
            ] + options
        process.standardError = errors
        try process.run()
        var said = ""
        while !said.contains("attached"), case let more = errors.fileHandleForReading.availableData, !more.isEmpty {
            said += String(decoding: more, as: UTF8.self)
        }
        isAttached = said.contains("attached")
    }

    func count(of file: String) throws -> Int {
        let text = try String(contentsOfFile: output, encoding: .utf8)
        let folder = (output as NSString).deletingLastPathComponent
        return text.split(separator: "\n").count {
            $0.contains("\(folder.split(separator: "/").last ?? "")/\(file)>") && !$0.contains("resumed")
        }
    }
}
