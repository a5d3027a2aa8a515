import Foundation

/// `alerts.json` in the data folder: how far the alerts in it follow the journal, and who is still to be told.
///
/// A projection: without it everything is read again from the audit events, from the first on (some seconds for a
/// million), and open alerts are told once more.
struct AlertFile: Hashable, Codable, Sendable {
    /// The number of the last audit event that is in ``book``.
    var position: Int64 = 0
    var book = AlertBook()
    /// What each channel has still to tell, oldest first.
    var outboxes: [String: [AlertNotice]] = [:]
    /// Of the last backup; at first, of the making of this file. Microseconds since 1970-01-01 UTC.
    var lastBackup: Int64
    /// When the audit log was last verified by itself.
    var lastAudit: Int64?

    /// - Returns: nil if it is not there or cannot be read.
    static func read<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) -> Value? {
        // Whatever is wrong with it, it is made anew.
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return try? JSONDecoder().decode(Value.self, from: data)
    }

    /// Replaces the file as a whole. Not waited for: what a power cut takes is read from the journal again.
    static func write(_ value: some Encodable, to path: String) throws {
        try JSONEncoder().encode(value).write(to: URL(filePath: path), options: .atomic)
    }
}
