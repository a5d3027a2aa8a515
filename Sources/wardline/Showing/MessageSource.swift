internal import ArgumentParser
internal import Console
internal import Foundation

/// The messages that are named on a command line: those of files, and those that the running broker holds.
struct MessageSource {
    /// The data folder of the running broker.
    let data: String

    /// - Throws: `ValidationError` for a file that cannot be read, and `ExitCode.failure` after telling why the broker
    ///   has no such message.
    func messages(_ names: [String]) async throws -> [(MessageFiles.Item, AdminAPI.Message?)] {
        var messages: [(MessageFiles.Item, AdminAPI.Message?)] = []
        for name in names {
            guard let seq = Int64(name), seq > 0, !FileManager.default.fileExists(atPath: name) else {
                messages += try MessageFiles.items(of: [name]).map { ($0, nil) }
                continue
            }
            do {
                let client = AdminClient(data: data)
                let entry: AdminAPI.Message = try await client.get("messages/\(seq)")
                let bytes = try await client.bytes("messages/\(seq)/body")
                messages.append((MessageFiles.Item(file: "#\(seq)", index: 1, bytes: bytes), entry))
            } catch let error as AdminError {
                Output.error("\(error)")
                throw ExitCode.failure
            }
        }
        return messages
    }
}
