internal import ArgumentParser
internal import Console
internal import Crypto
internal import Foundation

/// `wardline purge`
struct PurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Writes everything that waits for an endpoint to a file, and then skips it.",
        discussion: """
            The file has one JSON object a line, with the message as it was received in Base64. Nothing is skipped before \
            the file is on disk as a whole, and only what is in it.
            """)

    @Argument(help: ArgumentHelp("The endpoint.", valueName: "provider.endpoint"))
    var endpoint: String

    @Option(help: ArgumentHelp("The file to write; must not be there yet.", valueName: "file"))
    var export: String

    @Flag(help: "Write the file, and skip nothing.")
    var exportOnly = false

    @OptionGroup var options: ChangeOptions

    func run() async throws {
        let admin = options.admin
        try await admin.run { client in
            let (sha256, count) = try await write(client)
            Output.error("\(export): \(count) deliveries, SHA-256 \(sha256)")
            if exportOnly || count == 0 { return }
            let purge = AdminAPI.Purge(reason: options.reason, export: sha256)
            let done: AdminAPI.Done = try await client.send(
                .post, "endpoints/\(endpoint)/purge", purge, timeout: .seconds(3_600))
            try admin.print([done]) { $0.map(\.done) }
        }
    }

    /// - Returns: the SHA-256 of the file and how many lines it has, once it is on disk.
    private func write(_ client: AdminClient) async throws -> (sha256: String, count: Int) {
        let descriptor = open(export, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { throw AdminError("cannot make \(export): \(String(cString: strerror(errno)))") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var (hash, count) = (SHA256(), 0)
        try await client.stream(.post, "endpoints/\(endpoint)/export", AdminAPI.Change(reason: options.reason)) {
            part in
            try file.write(contentsOf: part)
            hash.update(data: part)
            count += part.count { $0 == 0x0A }
        }
        try file.synchronize()
        try file.close()
        return (hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined(), count)
    }
}
