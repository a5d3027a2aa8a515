import Foundation
import Synchronization

/// `accounts.json` in the data folder: read at start, replaced as a whole with each change.
final class AccountStore: Sendable {
    private let path: String
    private let book: Mutex<AccountBook>

    /// - Throws: when the file is there and cannot be read; then nobody could sign in.
    init(folder: String) throws {
        path = folder + "/accounts.json"
        guard FileManager.default.fileExists(atPath: path) else {
            book = Mutex(AccountBook())
            return
        }
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            book = Mutex(try JSONDecoder().decode(AccountBook.self, from: data))
        } catch {
            throw AdminError("\(path) cannot be read: \(error); restore it, or delete it to begin with a new admin")
        }
    }

    var current: AccountBook { book.withLock { $0 } }

    /// Changes the accounts, and stores them before anybody sees the change.
    func change<Result: Sendable>(
        _ body: (inout AccountBook) throws(AccessError) -> Result
    ) throws -> Result {
        // Writers exclude each other for the time of the file operation; there are few.
        try book.withLock { book in
            var changed = book
            let result = try body(&changed)
            try store(changed)
            book = changed
            return result
        }
    }

    private func store(_ book: AccountBook) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let data = try encoder.encode(book)
        let temporary = path + ".new"
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard file >= 0 else { throw failed(temporary) }
        let written = data.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        let isDurable = written == data.count && fsync(file) == 0
        guard close(file) == 0, isDurable else { throw failed(temporary) }
        guard rename(temporary, path) == 0 else { throw failed(path) }
        let folder = open(URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false), O_RDONLY)
        guard folder >= 0 else { throw failed(path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failed(path) }
    }

    private func failed(_ path: String) -> AdminError {
        AdminError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
}
