internal import ArgumentParser
internal import Console
internal import Foundation
internal import Journaling

/// `wardline backup`: the whole data folder in one file, while the broker runs.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies the data folder into one file, while the broker runs or while it does not.",
        discussion: """
            The copy shows one moment. The broker goes on meanwhile, and records that a copy was made as an audit event. The \
            file holds patient data: it can be read by its owner only (0600). The key that signs the audit log lies outside \
            the data folder, and so do the interfaces: copy them as well.

              wardline backup /backups/wardline-2026-03-05.backup
            """)

    @Argument(help: ArgumentHelp("The file to write; it must not exist.", valueName: "file"))
    var file: String

    @OptionGroup var options: AdminOptions

    func run() async throws {
        let path = URL(filePath: file).standardizedFileURL.path(percentEncoded: false)
        let began = ContinuousClock.now
        let summary: JournalBackup.Summary
        do {
            summary = try JournalBackup.make(folder: options.data, file: path, others: ["accounts.json"])
        } catch {
            Output.error("\(error)")
            throw ExitCode.failure
        }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let isRecorded = JournalBackup.isInUse(folder: options.data)
        let copy = AdminAPI.Backup(
            file: path, bytes: summary.bytes, lastSeq: summary.lastSeq, lastEvent: summary.lastEvent,
            queued: summary.queued, held: summary.held, seconds: (seconds * 1_000).rounded() / 1_000)
        if isRecorded {
            try await options.run { client in
                do {
                    let _: AdminAPI.Done = try await client.send(.post, "backups", copy)
                } catch {
                    Output.error("the copy \(path) is complete, but the broker could not record that it was made")
                    throw error
                }
            }
        }
        try options.print([copy]) { _ in
            [
                "\(path): \(copy.bytes) bytes in \(copy.seconds) s",
                "last message \(copy.lastSeq), last event \(copy.lastEvent), deliveries: \(copy.queued) queued, \(copy.held) held",
                isRecorded
                    ? "recorded in the audit log"
                    : "no broker runs on \(options.data), so the audit log has no event about this copy",
            ]
        }
    }
}
