package import HL7
import Journaling

/// The identities by which deliveries of a message are ordered.
///
/// Every (assigning authority, identifier) of every PID-3 and MRG-1, up to version 2.3 also of PID-2, PID-4 and MRG-4.
/// An empty authority means the sending facility, MSH-4. Other names of the same people: ``LaneAliases``.
package struct LaneKeys: Sendable {
    /// All keyed hashes, in the order of the message, without repetition.
    package private(set) var hashes: [UInt64] = []
    /// The same, once there are too many to look through.
    private var known: Set<UInt64> = []

    /// Identifiers that a message may have. Nobody has as many; sorting out more would only hold up everybody else.
    package static let identitiesMax = 16_384

    /// Repetitions that may name an identity.
    package static func identityCount(in message: Message) -> Int {
        fields(of: message).reduce(0) { $0 + $1.repetitionCount }
    }

    static func fields(of message: Message) -> [Value] {
        let hasOldFields = hasOldFields(message)
        return message.segments("PID").flatMap { patientFields($0, hasOldFields) }
            + message.segments("MRG").flatMap { mergeFields($0, hasOldFields) }
    }

    /// Up to 2.3 more fields than one identify a patient.
    static func hasOldFields(_ message: Message) -> Bool { ["2.1", "2.2", "2.3"].contains(message.header.version) }

    static func patientFields(_ pid: Segment, _ hasOldFields: Bool) -> [Value] {
        (hasOldFields ? [2, 3, 4] : [3]).compactMap { pid.field($0) }
    }

    static func mergeFields(_ mrg: Segment, _ hasOldFields: Bool) -> [Value] {
        (hasOldFields ? [1, 4] : [1]).compactMap { mrg.field($0) }
    }

    /// - Parameter secret: the key of the hashes, ``Journal/laneSecret``.
    package init(of message: Message, secret: [UInt8]) {
        self.init(Self.fields(of: message), of: message, secret: secret)
    }

    /// Those of some fields of a message.
    init(_ fields: [Value], of message: Message, secret: [UInt8]) {
        let facility = Self.normalised(message.header.sendingFacility)
        let escape = message.delimiters.escape
        for field in fields { add(field, escape, facility, secret) }
    }

    private mutating func add(_ field: Value, _ escape: UInt8, _ facility: [UInt8], _ secret: [UInt8]) {
        for repetition in field.repetitions where hashes.count < Self.identitiesMax {
            guard let identifier = repetition.component(1), identifier.presence == .value else { continue }
            let assigner = repetition.component(4)
            let authority = [1, 2].lazy
                .compactMap { assigner?.subcomponent($0) }
                .first { $0.presence == .value }
                .map { Self.normalised($0, escape) }
            add(
                LaneKey.hash(
                    authority: authority ?? facility, identifier: Self.normalised(identifier, escape), key: secret))
        }
    }

    private mutating func add(_ hash: UInt64) {
        if hashes.count < Self.lookedThroughMax {
            guard !hashes.contains(hash) else { return }
        } else {
            if known.isEmpty { known = Set(hashes) }
            guard known.insert(hash).inserted else { return }
        }
        hashes.append(hash)
    }

    private static let lookedThroughMax = 16

    /// Case and spaces around do not make another authority or identifier.
    private static func normalised(_ value: Value, _ escape: UInt8) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(value.bytes.count)
        for byte in value.bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): bytes.append(byte & 0xDF)
            // What an escape or a character set gives another meaning.
            case escape, 0..<0x20, UInt8(ascii: "\\"), 0x7E...: return normalised(value.text)
            default: bytes.append(byte)
            }
        }
        return trimmed(bytes)
    }

    private static func normalised(_ text: String) -> [UInt8] { trimmed(Array(text.uppercased().utf8)) }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.first == UInt8(ascii: " ") || bytes.last == UInt8(ascii: " ") else { return bytes }
        let start = bytes.firstIndex { $0 != UInt8(ascii: " ") } ?? bytes.endIndex
        let end = bytes.lastIndex { $0 != UInt8(ascii: " ") } ?? bytes.startIndex
        return start > end ? [] : Array(bytes[start...end])
    }
}
