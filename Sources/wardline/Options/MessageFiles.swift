internal import ArgumentParser
internal import Foundation
internal import HL7
internal import HL7Conformance

/// The messages of files that hold one, many, or a batch.
struct MessageFiles: Sendable {
    /// One message, or bytes in which none can be read.
    struct Item: Hashable, Sendable {
        /// The file as it was named on the command line; `-` is standard input.
        var file: String
        /// Counted from 1 in its file.
        var index: Int
        var bytes: [UInt8]
        /// Of the first message of a batch file: the whole file.
        var batch: BatchFile?
        /// Why its batch is refused, and it with it.
        var batchProblems: [Acknowledgment.Problem] = []
    }

    /// A file whose messages stand between FHS, BHS, BTS and FTS.
    struct BatchFile: Hashable, Sendable {
        var bytes: [UInt8]

        /// The segments around the messages, in order.
        var envelope: [ArraySlice<UInt8>] { Batch(bytes).envelope.map { bytes[$0] } }

        /// What is wrong with them, as a count that does not fit.
        func findings(_ strictness: Strictness?) -> [Finding] {
            Validator(strictness: strictness ?? .standard).findings(in: Batch(bytes), of: bytes)
        }
    }

    /// The longest file, in bytes.
    static let fileBytesMax = 1 << 30

    /// - Throws: `ValidationError`, which is misuse, for a file that cannot be read.
    static func items(of names: [String]) throws -> [Item] {
        try names.flatMap { items(file: $0, bytes: try bytes(of: $0)) }
    }

    /// The messages in the bytes of a file. What stands before the first header and is not blank is an item too, and
    /// so is a file without any: somebody meant it to be a message.
    static func items(file: String, bytes: [UInt8]) -> [Item] {
        let batch = Batch(bytes)
        var parts = zip(batch.messages, batch.problems(in: bytes)).map { (bytes: Array(bytes[$0]), problems: $1) }
        let leading = bytes[..<batch.leadingBytes]
        if leading.contains(where: { $0 > 0x20 }) || (parts.isEmpty && !batch.isBatch) {
            parts.insert((Array(leading), []), at: 0)
        } else if parts.isEmpty, let stray = batch.strayLines.first {
            // A batch of lines that are no messages.
            parts.append((Array(bytes[stray]), []))
        }
        let whole = batch.isBatch ? BatchFile(bytes: bytes) : nil
        return parts.enumerated().map {
            Item(
                file: file, index: $0 + 1, bytes: $1.bytes, batch: $0 == 0 ? whole : nil, batchProblems: $1.problems)
        }
    }

    static func bytes(of name: String) throws -> [UInt8] {
        if name == "-" { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) else {
            throw ValidationError("\(name): there is no such file.")
        }
        guard !isFolder.boolValue else {
            throw ValidationError("\(name) is a folder; name the files in it, as \(name)/*.hl7.")
        }
        guard FileManager.default.isReadableFile(atPath: name) else {
            throw ValidationError("\(name) cannot be read: this user has no permission to.")
        }
        do {
            let data = try Data(contentsOf: URL(filePath: name), options: .mappedIfSafe)
            guard data.count <= fileBytesMax else { throw ValidationError("\(name) is longer than 1 GiB.") }
            return Array(data)
        } catch let error as ValidationError {
            throw error
        } catch {
            throw ValidationError("\(name) cannot be read: \(error.localizedDescription)")
        }
    }

    /// What can be said of bytes in which no message can be read; empty if nothing can.
    static func guess(_ bytes: [UInt8]) -> String {
        let head = bytes.prefix(512)
        guard let first = head.first(where: { $0 > 0x20 }) else { return "it is empty" }
        if head.first == 0x0B { return "it begins with the MLLP start byte 0B; take the framing off" }
        if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) || head.contains(0) {
            return "it is binary or UTF-16; look at it with wardline show --hex"
        }
        switch first {
        case UInt8(ascii: "<"): return "it looks like XML; only messages with separators are read"
        case UInt8(ascii: "{"), UInt8(ascii: "["): return "it looks like JSON; only messages with separators are read"
        default: return ""
        }
    }
}
