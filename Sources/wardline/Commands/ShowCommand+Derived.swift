internal import Console
internal import Crypto
internal import FHIR
internal import Foundation
internal import HL7
internal import Mapping

/// What is made of a message: its FHIR resources, and the copy that an endpoint was sent.
extension ShowCommand {
    /// One resource after the other, each with what the receiver is asked to do with it.
    func showFHIR(_ message: Message, _ maps: ResourceMaps, _ sender: Sender) throws -> Bool {
        let now = Int64(Date().timeIntervalSince1970 * 1e6)
        let mapped = try Mapper(maps, options: sender.mappingOptions(for: message)).map(message, receivedAt: now)
        for (number, entry) in mapped.bundle.entries.enumerated() {
            guard let resource = entry.resource else { continue }
            guard format == .text else {
                Output.line(resource.value.json())
                continue
            }
            let type = resource.value["resourceType"]?.string ?? ""
            let request = entry.request.map { "  \($0.method.rawValue) \($0.url)" } ?? ""
            if number > 0 { Output.line("") }
            Output.line(TextStyle.bold.paint(type, Output.isColoured) + request)
            Output.line(resource.value.json(indented: true))
        }
        return true
    }

    /// What differs between a message and the copy that was sent, place by place.
    func showSent(_ message: ShownMessage, _ entry: AdminAPI.Message, to endpoint: String) async throws -> Bool {
        guard let delivery = entry.deliveries.first(where: { $0.endpoint == endpoint }) else {
            let all = entry.deliveries.map(\.endpoint).joined(separator: ", ")
            throw AdminError("it has no delivery to \(endpoint)" + (all.isEmpty ? "" : "; it has: \(all)"))
        }
        guard let hash = delivery.sentSHA256 else {
            throw AdminError("it was not sent to \(endpoint) yet: the delivery is \(delivery.state)")
        }
        let own = SHA256.hash(data: message.item.bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        let title = "\(message.item.file) as sent to \(endpoint)"
        if own.joined() == hash {
            if format == .text { Output.line("\(title): byte for byte as received") }
            return true
        }
        let bytes = try await AdminClient(data: data).bytes("deliveries/\(entry.seq)/\(endpoint)/sent")
        guard let copy = try? Message(parsing: bytes, limits: Limits(messageBytesMax: .max, segmentsMax: .max)) else {
            // What went to a FHIR endpoint is no HL7 v2 message.
            if format == .text { Output.line("\(title): \(bytes.count) bytes") }
            Output.line(
                (try? JSONReader.value(from: bytes).json(indented: format == .text))
                    ?? String(decoding: bytes, as: UTF8.self))
            return true
        }
        let changes = MessageDifference.changes(from: message.view.lines, to: MessageView(copy).lines)
        guard format == .text else {
            for change in changes { Output.json(change.json(seq: entry.seq, endpoint: endpoint)) }
            return true
        }
        Output.line(
            changes.isEmpty
                ? "\(title): the same values, other bytes (line ends, character set or escapes)"
                : "\(title): \(changes.count) place\(changes.count == 1 ? "" : "s") differ\(changes.count == 1 ? "s" : "")"
        )
        for line in MessageDifference.text(changes, width: Output.columns, isColoured: Output.isColoured) {
            Output.line(line)
        }
        return true
    }
}
