import Foundation
import GRDB

// How readers make values of rows, by position.

extension JournalEntry {
    static let select = """
        SELECT seq, receivedAt, disposition, routing, listener, provider, sender, peer, controlId, type, version,
            laneKeys, patients, answer, findings, configuration, parent, sha256, bodyCount, deliveryCount
        FROM entry\u{20}
        """

    init(row: Row) throws {
        guard let disposition = Disposition(rawValue: row[2]), let routing = RoutingState(rawValue: row[3]) else {
            throw JournalError(.unreadable, "entry \(row[0] as Int64) has a state that this program does not know")
        }
        self.init(
            seq: row[0], receivedAt: row[1], disposition: disposition, routing: routing, listener: row[4],
            provider: row[5], sender: row[6], peer: row[7], controlId: row[8], type: row[9], version: row[10],
            laneKeys: PackedKeys.keys(row.bytes(11)), patients: PackedKeys.keys(row.bytes(12)),
            answer: row.bytes(13), findings: row.optionalBytes(14), configuration: row.bytes(15), parent: row[16],
            bodySHA256: row.bytes(17), bodyCount: row[18], deliveryCount: row[19])
    }
}

extension Delivery {
    static let select = """
        SELECT d.seq, d.endpoint, d.route, d.state, d.attempts, d.nextTry, d.reason, d.configuration, d.settledAt,
            d.sentSHA256, s.bytes, d.answer, e.receivedAt, e.laneKeys
        FROM delivery d JOIN entry e ON e.seq = d.seq LEFT JOIN sent s ON s.seq = d.seq AND s.endpoint = d.endpoint\u{20}
        """

    init(row: Row) throws {
        guard let state = DeliveryState(rawValue: row[3]) else {
            throw JournalError(
                .unreadable, "a delivery of entry \(row[0] as Int64) has a state unknown to this program")
        }
        self.init(
            seq: row[0], endpoint: row[1], route: row[2], state: state, attempts: row[4], nextTry: row[5],
            reason: row[6], configuration: row.bytes(7), settledAt: row[8], sentSHA256: row.optionalBytes(9),
            sentBytes: row.optionalBytes(10), answer: row.optionalBytes(11), receivedAt: row[12],
            laneKeys: PackedKeys.keys(row.bytes(13)))
    }
}

extension Row {
    func bytes(_ column: Int) -> [UInt8] { optionalBytes(column) ?? [] }

    func optionalBytes(_ column: Int) -> [UInt8]? { (self[column] as Data?).map(Array.init) }
}
