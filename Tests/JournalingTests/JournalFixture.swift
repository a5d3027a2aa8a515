import Auditing
import Crypto
import Foundation
import Testing

@testable import Journaling

/// The journals that must behave alike.
enum JournalKind: String, CaseIterable, CustomTestStringConvertible {
    case memory, sqlite
    var testDescription: String { rawValue }

    /// Runs `body` with a new journal, closed afterwards.
    func with(_ body: (any Journal) async throws -> Void) async throws {
        switch self {
        case .memory:
            let journal = MemoryJournal()
            try await body(journal)
            await journal.close()
        case .sqlite:
            try await TemporaryFolder.with { folder in
                let journal = try SQLiteJournal(folder.configuration())
                try await body(journal)
                await journal.close()
            }
        }
    }
}

/// A folder of its own for one test.
struct TemporaryFolder: Sendable {
    var path: String
    let key = AuditKey()

    static func with<Value>(
        in parent: String = NSTemporaryDirectory(), _ body: (TemporaryFolder) async throws -> Value
    ) async throws -> Value {
        let path = parent + "/journal-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }  // a leftover does no harm
        return try await body(TemporaryFolder(path: path))
    }

    func configuration(_ change: (inout SQLiteJournal.Configuration) -> Void = { _ in }) -> SQLiteJournal.Configuration
    {
        // No head is signed meanwhile, however long a test takes.
        var configuration = SQLiteJournal.Configuration(
            folder: path, broker: "riverside", key: key, headSeconds: 86_400)
        change(&configuration)
        return configuration
    }
}

let hour: Int64 = 3_600_000_000
/// 2023-11-14 22:13:20 UTC.
let start: Int64 = 1_700_000_000_000_000

extension NewEntry {
    /// An entry of a made-up sender.
    static func sample(
        _ controlId: String = "MSG1", body: String? = nil, at: Int64 = start, sender: String = "general-hospital",
        disposition: Disposition = .accepted, reuse: ReusePolicy = .accept, parent: Parent? = nil,
        deliveries: [NewDelivery] = [], laneKeys: [UInt64] = [1, .max]
    ) -> NewEntry {
        let bytes = Array((body ?? "MSH|^~\\&|||||||ADT^A01|\(controlId)|P|2.5.1\r").utf8)
        return NewEntry(
            receivedAt: at, disposition: disposition, listener: "hospitals", provider: "general-hospital",
            sender: sender, peer: "192.0.2.1", controlId: controlId, type: "ADT^A01", version: "2.5.1",
            laneKeys: laneKeys, patients: [7], answer: Array("MSA|AA|\(controlId)\r".utf8), findings: [1, 2],
            configuration: [9, 9], parent: parent, body: bytes, bodySHA256: Array(SHA256.hash(data: bytes)),
            reuse: reuse, deliveries: deliveries,
            event: AuditEvent(.messageReceived, at: at, provider: "general-hospital", controlId: controlId))
    }
}

extension Routing {
    static func sample(_ seq: Int64, to endpoints: [String], heldBecause: String? = nil) -> Routing {
        Routing(
            seq: seq,
            outcome: .routed(
                endpoints.map {
                    NewDelivery(endpoint: $0, route: "admissions", heldBecause: heldBecause, configuration: [9])
                }), events: [AuditEvent(.messageRouted, at: start, route: "admissions")])
    }
}

extension Settlement {
    static func sample(_ seq: Int64, _ endpoint: String, _ outcome: Outcome = .done, at: Int64 = start) -> Settlement {
        let kind: AuditEvent.Kind =
            switch outcome {
            case .delivered: .deliverySent
            case .retry: .deliveryRetry
            case .held: .deliveryHeld
            }
        return Settlement(
            seq: seq, endpoint: endpoint, outcome: outcome, at: at, milliseconds: 3, result: "AA", text: "ok",
            event: AuditEvent(kind, at: at))
    }
}

extension Settlement.Outcome {
    static var done: Self { .delivered(sentSHA256: [4], sent: [5, 6], answer: [7]) }
}

extension Journal {
    /// Appends one entry and gives its seq.
    @discardableResult
    func store(_ entry: NewEntry) async throws -> Int64 { try await append([entry])[0].seq }
}
