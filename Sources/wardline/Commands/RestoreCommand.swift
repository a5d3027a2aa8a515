internal import ArgumentParser
internal import Auditing
internal import Console
internal import Foundation
internal import Journaling

/// `wardline restore`: a data folder of a file that `wardline backup` made, verified first.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Verifies a copy made by `backup`, and makes a data folder of it.",
        discussion: """
            Checks the database, the audit log against its signed heads, every message against its hash, and the ledger. If \
            anything is wrong it says what, and writes nothing. What was queued when the copy was made is sent once a broker \
            starts on the folder: to receivers that have had it since, a second time.

              wardline restore /backups/wardline-2026-03-05.backup --data var
            """)

    @Argument(help: ArgumentHelp("The file.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The data folder to make; it must be empty, or not there.", valueName: "dir"))
    var data = "var"

    @Option(help: ArgumentHelp("The public key of the audit log; default is that in the copy.", valueName: "file"))
    var publicKey: String?

    @Option(help: ArgumentHelp("A signed head kept elsewhere, as `audit head` prints it.", valueName: "file"))
    var head: String?

    @Option(help: "What to print: text or json (one object a line).")
    var format = OutputFormat.text

    func run() throws {
        let outcome: JournalRestore.Outcome
        do {
            let key = try publicKey.map { try AuditPublicKey(path: $0) }
            let external = try head.map { file in
                try SignedHead(decoding: Array(try MessageFiles.bytes(of: file).prefix { $0 != 0x0A }))
            }
            let folder = URL(filePath: data).standardizedFileURL.path(percentEncoded: false)
            outcome = try JournalRestore.restore(
                file: file, to: folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder,
                publicKey: key, external: external)
        } catch let error as any Error & CustomStringConvertible where !(error is ValidationError) {
            Output.error("\(error)")
            throw ExitCode.failure
        }
        let restored = Restored(outcome, data: data)
        switch format {
        case .json: Output.line(try AdminOptions.json(restored))
        case .text: for line in restored.lines(outcome.audit) { Output.line(line) }
        }
    }
}

/// What was verified, as it is printed.
private struct Restored: Encodable {
    var data: String
    var madeAt: String
    var lastSeq: Int64
    var lastEvent: Int64
    var signedEvents: Int64
    var messages: Int
    var queued: Int
    var held: Int
    var balanced: Bool
    var keyIsFromCopy: Bool

    init(_ outcome: JournalRestore.Outcome, data: String) {
        self.data = data
        madeAt = Date(timeIntervalSince1970: Double(outcome.madeAt) / 1_000_000).formatted(.iso8601)
        lastSeq = outcome.summary.lastSeq
        lastEvent = outcome.summary.lastEvent
        signedEvents = outcome.audit.report.signed
        messages = outcome.bodies
        queued = outcome.summary.queued
        held = outcome.summary.held
        balanced = outcome.ledger.isBalanced
        keyIsFromCopy = outcome.audit.keyIsFromFolder
    }

    func lines(_ audit: JournalAudit.Outcome) -> [String] {
        var lines = ["\(data) is restored as of \(madeAt)", "database: no damage"]
        lines += audit.report.lines.map { "audit log: \($0)" }
        if keyIsFromCopy {
            lines.append("audit log: the public key is the copy's own: compare with one kept elsewhere (--public-key)")
        }
        lines.append("messages: \(messages) are the bytes that came in; the last is \(lastSeq)")
        lines.append("ledger: balanced")
        lines.append("deliveries: \(queued) queued, sent when the broker starts, and \(held) held")
        return lines
    }
}
