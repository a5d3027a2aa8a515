internal import Console
internal import FHIR
internal import Foundation
internal import HL7
internal import Mapping

/// What is made of a message: its FHIR resources, and the copy that an endpoint was sent.
extension ShowCommand {
    /// One resource after the other, each with what the receiver is asked to do with it.
    func showFHIR(_ message: Message, _ maps: ResourceMaps, _ sender: Sender) throws -> Bool {
        let now = Int64(Date().timeIntervalSince1970 * 1e6)
        let mapped = try Mapper(maps, options: sender.mappingOptions(for: message)).map(
            message, receivedAt: now)
        show(mapped.bundle)
        return true
    }

    /// The resources of a message of the broker, by the configuration that judged it when it came.
    func showFHIR(_ seq: Int64) async throws -> Bool {
        let bytes = try await AdminClient(data: data).bytes("messages/\(seq)/fhir")
        guard let value = try? JSONReader.value(from: bytes), let bundle = try? FHIRBundle(value) else {
            throw AdminError("the broker answered no bundle")
        }
        show(bundle)
        return true
    }

    private func show(_ bundle: FHIRBundle) {
        for (number, entry) in bundle.entries.enumerated() {
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
    }

    /// What differs between a message and the copy for an endpoint, place by place.
    func showSent(_ seq: Int64, to endpoint: String) async throws -> Bool {
        let difference: AdminAPI.Difference = try await AdminClient(data: data).get(
            "deliveries/\(seq)/\(endpoint)/diff")
        let text = DifferenceText(difference: difference)
        if format == .json {
            for object in text.json { Output.json(object) }
        } else {
            for line in text.lines(width: Output.columns, isColoured: Output.isColoured) {
                Output.line(line)
            }
        }
        return difference.problem == nil
    }
}
