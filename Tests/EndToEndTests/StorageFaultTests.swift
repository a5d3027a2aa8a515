import Foundation
import HL7
import Testing

/// The disk fails under a running broker: nothing is accepted that is not stored, and senders are told so.
@Suite(.serialized)
struct StorageFaultTests {
    struct Fault: CustomTestStringConvertible, Sendable {
        var call: String
        var error: String
        /// MSH-15 and MSH-16 of the message that meets it, and the answer to it.
        var ack: String
        var code: String

        var testDescription: String { "\(call) \(error), \(code)" }
    }

    private static let faults = [("fdatasync", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC")].flatMap { fault in
        [("", "AR"), ("AL|NE", "CE")].map { Fault(call: fault.0, error: fault.1, ack: $0.0, code: $0.1) }
    }

    @Test(.enabled(if: Tracer.obstacle == nil, "\(Tracer.obstacle ?? "")"), arguments: faults)
    func `after an error of the disk nothing is accepted, the broker says so and ends, and goes on when started again`(
        fault: Fault
    ) async throws {
        let exchange = try await AcknowledgmentExchange.make()
        let folder = exchange.folder
        let sender = try await Conversation(with: exchange)
        #expect(try await sender.ask(AcknowledgmentExchange.admission("M1"))["MSA-1"] == "AA")
        let inject = "inject=\(fault.call):error=\(fault.error):when=1+"
        let tracer = try await Tracer(exchange.broker.pid, ["-e", "trace=\(fault.call)", "-e", inject])
        let refusal = try await sender.ask(AcknowledgmentExchange.admission("M2", ack: fault.ack))
        #expect(refusal["MSA-1"] == fault.code && refusal["MSA-2"] == "M2")
        #expect(refusal["ERR-3.1"] == "207" && refusal["ERR-8"] == "not stored, send again")
        #expect(await sender.isClosed())
        #expect(await exchange.broker.exit() == 3)
        await tracer.end()
        let log = try String(contentsOfFile: "\(folder.path)/broker.log", encoding: .utf8)
        #expect(log.contains("nothing can be stored any more"), "\(log.suffix(2_000))")

        let again = try await folder.broker()
        let second = try await Conversation(port: AcknowledgmentExchange.port(again.listeners))
        #expect(try await second.ask(AcknowledgmentExchange.admission("M2", ack: fault.ack))["MSA-2"] == "M2")
        let ledger = try await exchange.ledger()
        #expect(ledger["accepted"] as? Int == 2)
        second.close()
        #expect(await again.child.stop() == 0)
        let audit = try await folder.run("audit", "verify", "--data", "var")
        #expect(audit.code == 0, "\(audit.output)")
        await exchange.close()
    }

    @Test(.enabled(if: SmallDisk.obstacle == nil, "\(SmallDisk.obstacle ?? "")"))
    func `on a full disk new messages are refused while those that are there are delivered, until there is room again`()
        async throws
    {
        let folder = try TestFolder()
        let disk = try SmallDisk("\(folder.path)/disk", megabytes: 48)
        defer { disk.remove() }
        let exchange = try await AcknowledgmentExchange.make(folder, data: "disk/var")
        let sender = try await Conversation(with: exchange)
        let name = "EVERYWOMAN^" + String(repeating: "E", count: 40_000)
        var accepted = 0
        var answer = try await sender.ask(AcknowledgmentExchange.admission("M0", name: name))
        while answer["MSA-1"] == "AA", accepted < 5_000 {
            accepted += 1
            answer = try await sender.ask(AcknowledgmentExchange.admission("M\(accepted)", name: name))
        }
        #expect(accepted > 100)
        #expect(answer["MSA-1"] == "AR" && answer["ERR-3.1"] == "207" && answer["ERR-8"] == "not stored, send again")
        let enhanced = try await sender.ask(AcknowledgmentExchange.admission("E1", ack: "AL|NE", name: name))
        #expect(enhanced["MSA-1"] == "CE" && enhanced["ERR-3.1"] == "207")
        let isDelivered = try await eventually {
            let deliveries = try await exchange.ledger()["deliveries"] as? [String: Int]
            return deliveries?["delivered"] == accepted && deliveries?["queued"] == 0
        }
        #expect(isDelivered)
        try disk.resize(megabytes: 256)
        let isTaken = try await eventually {
            try await sender.ask(AcknowledgmentExchange.admission("M\(accepted)", name: name))["MSA-1"] == "AA"
        }
        #expect(isTaken)
        #expect(try await exchange.ledger()["accepted"] as? Int == accepted + 1)
        sender.close()
        #expect(await exchange.broker.stop() == 0)
        await exchange.close()
    }
}

/// `strace` on a process of the test, which makes its system calls fail.
struct Tracer {
    private let process = Process()

    /// Why there can be none here; nil if there can.
    static let obstacle: String? = {
        guard Peer.can("strace", "-V") else { return "errors of the disk need strace, to make system calls fail" }
        return Peer.can("strace", "-o", "/dev/null", "true")
            ? nil : "errors of the disk need strace, which may not attach to a process here"
    }()

    /// Returns once it is attached.
    init(_ pid: Int32, _ options: [String]) async throws {
        let errors = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["strace", "-f", "-o", "/dev/null", "-p", "\(pid)"] + options
        process.standardError = errors
        try ProcessStart.run(process)
        try errors.fileHandleForWriting.close()
        let said = await withCheckedContinuation { continuation in
            let output = errors.fileHandleForReading
            DispatchQueue.global().async {
                var said = ""
                while !said.contains("attached"), case let more = output.availableData, !more.isEmpty {
                    said += String(decoding: more, as: UTF8.self)
                }
                continuation.resume(returning: said)
            }
        }
        try #require(said.contains("attached"), "strace: \(said)")
    }

    /// Waits until it has ended, as it does with the process it is attached to.
    func end() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            DispatchQueue.global().async { [process] in
                process.waitUntilExit()
                continuation.resume()
            }
        }
    }
}

/// A small file system in memory.
struct SmallDisk {
    private let path: String

    /// Why there can be none here; nil if there can.
    static let obstacle: String? = {
        let path = NSTemporaryDirectory() + "/wardline-tmpfs-\(UUID().uuidString)"
        defer { rmdir(path) }
        guard let disk = try? SmallDisk(path, megabytes: 1) else {
            return "a full disk needs root, to mount a small tmpfs"
        }
        disk.remove()
        return nil
    }()

    init(_ path: String, megabytes: Int) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try #require(Peer.can("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path))
    }

    func resize(megabytes: Int) throws {
        try #require(Peer.can("mount", "-o", "remount,size=\(megabytes)m", path))
    }

    // A test that failed may still use it: it is then gone with its last user.
    func remove() { _ = Peer.can("umount", "-l", path) }
}
