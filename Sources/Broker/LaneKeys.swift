package import HL7
import Journaling

/// The identities by which deliveries of a message are ordered.
///
/// Every (assigning authority, identifier) of every PID-3 and MRG-1, up to version 2.3 also of PID-2 and PID-4. An
/// empty authority means the sending facility, MSH-4.
package struct LaneKeys: Sendable {
    /// All keyed hashes, in the order of the message, without repetition.
    package private(set) var hashes: [UInt64] = []

    /// - Parameter secret: the key of the hashes, ``Journal/laneSecret``.
    package init(of message: Message, secret: [UInt8]) {
        let facility = Self.normalised(message.header.sendingFacility)
        let version = message.header.version
        let oldFields = ["2.1", "2.2", "2.3"].contains(version) ? [2, 3, 4] : [3]
        for pid in message.segments("PID") {
            for field in oldFields { add(pid.field(field), facility, secret) }
        }
        for mrg in message.segments("MRG") { add(mrg.field(1), facility, secret) }
    }

    private mutating func add(_ field: Value?, _ facility: String, _ secret: [UInt8]) {
        for repetition in field?.repetitions ?? [] {
            guard let identifier = repetition.component(1), identifier.presence == .value else { continue }
            let assigner = repetition.component(4)
            let authority = [1, 2].lazy
                .compactMap { assigner?.subcomponent($0) }
                .first { $0.presence == .value }
                .map { Self.normalised($0.text) }
            let hash = LaneKey.hash(
                authority: authority ?? facility, identifier: Self.normalised(identifier.text), key: secret)
            if !hashes.contains(hash) { hashes.append(hash) }
        }
    }

    /// Case and spaces around do not make another authority or identifier.
    private static func normalised(_ text: String) -> String {
        var text = text[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text.uppercased()
    }
}
