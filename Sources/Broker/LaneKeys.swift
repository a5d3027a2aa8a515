package import HL7
import Journaling

/// The identities by which deliveries of a message are ordered.
///
/// Every (assigning authority, identifier) of every PID-3 and MRG-1, up to version 2.3 also of PID-2 and PID-4. An
/// empty authority means the sending facility, MSH-4.
package struct LaneKeys: Sendable {
    /// All keyed hashes, in the order of the message, without repetition.
    package private(set) var hashes: [UInt64] = []
    private var known: Set<UInt64> = []

    /// Identifiers that a message may have. Nobody has as many; sorting out more would only hold up everybody else.
    package static let identitiesMax = 1_000

    /// Repetitions that may name an identity.
    package static func identityCount(in message: Message) -> Int {
        fields(of: message).reduce(0) { $0 + $1.repetitionCount }
    }

    private static func fields(of message: Message) -> [Value] {
        let version = message.header.version
        let oldFields = ["2.1", "2.2", "2.3"].contains(version) ? [2, 3, 4] : [3]
        return message.segments("PID").flatMap { pid in oldFields.compactMap { pid.field($0) } }
            + message.segments("MRG").compactMap { $0.field(1) }
    }

    /// - Parameter secret: the key of the hashes, ``Journal/laneSecret``.
    package init(of message: Message, secret: [UInt8]) {
        let facility = Self.normalised(message.header.sendingFacility)
        for field in Self.fields(of: message) { add(field, facility, secret) }
    }

    private mutating func add(_ field: Value, _ facility: String, _ secret: [UInt8]) {
        for repetition in field.repetitions where hashes.count < Self.identitiesMax {
            guard let identifier = repetition.component(1), identifier.presence == .value else { continue }
            let assigner = repetition.component(4)
            let authority = [1, 2].lazy
                .compactMap { assigner?.subcomponent($0) }
                .first { $0.presence == .value }
                .map { Self.normalised($0.text) }
            let hash = LaneKey.hash(
                authority: authority ?? facility, identifier: Self.normalised(identifier.text), key: secret)
            if known.insert(hash).inserted { hashes.append(hash) }
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
