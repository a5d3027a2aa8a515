internal import FHIR
internal import Foundation
internal import Synchronization

/// Tells what a test receiver received: a line each on standard output, and in a file.
final class ReceiverLog: Sendable {
    /// One thing received.
    struct Entry: Sendable {
        /// `message`, `bundle` or `unreadable`.
        var event: String
        /// `ADT^A01`, `transaction`.
        var type = ""
        var controlID = ""
        /// PID-3.1 of a message; only for the file, which tests read.
        var patient = ""
        /// What was answered: `AA`, or an HTTP status; empty for nothing.
        var answer = ""
        /// The number of a bundle's entries; nil for messages.
        var entries: Int?

        /// The fields in their order, each with its name.
        fileprivate func fields(number: Int, withPatient: Bool) -> JSONObject {
            var object: JSONObject = [
                "event": .string(event), "seq": .count(number), "type": .string(type), "controlId": .string(controlID),
            ]
            if withPatient { object["patient"] = .string(patient) }
            if let entries { object["entries"] = .count(entries) }
            object["answer"] = .string(answer)
            return object
        }
    }

    private let format: OutputFormat
    private let isQuiet: Bool
    private let file: FileHandle?
    private let folder: String?
    private let counts = Mutex((total: 0, answers: [String: Int]()))

    /// - Parameters:
    ///   - file: gets one JSON object a line, with the patient's identifier.
    ///   - folder: gets the bytes of each, as `000001.hl7` or `000001.json`.
    init(format: OutputFormat, isQuiet: Bool, file: String?, folder: String?) throws {
        self.format = format
        self.isQuiet = isQuiet
        self.folder = folder
        if let folder { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
        guard let file else {
            self.file = nil
            return
        }
        if !FileManager.default.fileExists(atPath: file) {
            guard FileManager.default.createFile(atPath: file, contents: nil) else {
                throw CocoaError(.fileWriteUnknown)
            }
        }
        let handle = try FileHandle(forWritingTo: URL(filePath: file))
        try handle.seekToEnd()
        self.file = handle
    }

    /// Whether nobody looks at what entries say, so that they need not be read.
    var wantsCountsOnly: Bool { isQuiet && file == nil }

    func ready(_ address: String) {
        switch format {
        case .json: Output.json(["event": "ready", "address": .string(address)])
        case .text: Output.line("listening on \(address)")
        }
    }

    /// Notes what was received, before it is answered. `bytes` are kept if there is a folder.
    func received(_ entry: Entry, bytes: [UInt8]) {
        let number = counts.withLock { counts in
            counts.total += 1
            counts.answers[entry.answer, default: 0] += 1
            return counts.total
        }
        if let folder {
            let digits = String(number)
            let name = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
            let path = "\(folder)/\(name).\(entry.entries == nil ? "hl7" : "json")"
            do { try Data(bytes).write(to: URL(filePath: path)) } catch { Output.error("\(path) cannot be written") }
        }
        if let file {
            let line = JSONValue.object(entry.fields(number: number, withPatient: true)).bytes() + [0x0A]
            Output.write(line, to: file.fileDescriptor)
        }
        guard !isQuiet else { return }
        switch format {
        case .json: Output.json(entry.fields(number: number, withPatient: false))
        case .text:
            let parts = [
                "\(number)", entry.event == "message" ? "" : entry.event, entry.type, entry.controlID, entry.answer,
            ]
            Output.line(parts.filter { !$0.isEmpty }.joined(separator: "  "))
        }
    }

    /// The closing line: how many, by answer.
    func ended() {
        let (total, answers) = counts.withLock { ($0.total, $0.answers) }
        let sorted = answers.sorted { $0.key < $1.key }.map { ($0.key.isEmpty ? "none" : $0.key, $0.value) }
        switch format {
        case .json:
            Output.json([
                "event": "end", "received": .count(total),
                "answers": .object(JSONObject(sorted.map { ($0.0, JSONValue.count($0.1)) })),
            ])
        case .text: Output.line("received \(total)" + sorted.map { "  \($0.0) \($0.1)" }.joined())
        }
    }

    var total: Int { counts.withLock { $0.total } }
}
