import Auditing
import Foundation
import Glibc

/// `audit/heads.jsonl`: signed tree heads, one a line, only ever appended to.
struct HeadFile {
    private let descriptor: Int32
    private let path: String

    /// Opens the file, and cuts off a last line that a crash left unfinished.
    init(path: String) throws(JournalError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        self.path = path
        guard descriptor >= 0 else { throw JournalFolder.failure("cannot open \(path)") }
        if let bytes = FileManager.default.contents(atPath: path), bytes.last.map({ $0 != 0x0A }) ?? false {
            ftruncate(descriptor, off_t((bytes.lastIndex(of: 0x0A) ?? -1) + 1))
        }
    }

    /// Writes one head and waits until it is on disk.
    func append(_ head: SignedHead) throws(JournalError) {
        let line = head.encoded() + [0x0A]
        guard write(descriptor, line, line.count) == line.count, fdatasync(descriptor) == 0 else {
            throw JournalError(.storageLost, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }

    func close() { Glibc.close(descriptor) }

    /// The finished lines of a file; none if there is no file.
    static func lines(path: String) -> [[UInt8]] {
        guard let bytes = FileManager.default.contents(atPath: path) else { return [] }
        guard let end = bytes.lastIndex(of: 0x0A) else { return [] }
        return bytes[..<end].split(separator: 0x0A).map(Array.init)
    }
}
