import HL7
import Journaling

/// What a message says about identities (HL7 2.5.1 §3.3).
///
/// | event | says |
/// |---|---|
/// | A18, A30, A34, A36, A39, A40, A46, A47 | MRG-1 (up to 2.3 also MRG-4) is retired in favour of the PID before it |
/// | A24 | two PID are one person |
/// | A37 | they are not, or no longer |
///
/// Merges, moves and renumberings of accounts and visits (A35, A38, A41 to A45, A49 to A51) retire no patient.
extension LaneKeys {
    private static let merges: Set<String> = ["A18", "A30", "A34", "A36", "A39", "A40", "A46", "A47"]

    /// Identities of one PID or MRG that are looked at. Each is paired with each of the other segment.
    private static let aliasedMax = 16

    /// - Parameter secret: the key of the hashes, ``Journal/laneSecret``.
    static func aliases(in message: Message, secret: [UInt8]) -> [LaneAlias] {
        let header = message.header
        guard header.messageCode == "ADT" else { return [] }
        // ADT_A39 for A39, where the event itself is missing.
        var event = header.triggerEvent
        if event.isEmpty { event = String(header.messageStructure.drop { $0 != "_" }.dropFirst()) }
        switch event {
        case let event where merges.contains(event): return mergers(in: message, secret)
        case "A24": return pairs(in: message, .linked, secret)
        case "A37": return pairs(in: message, .unlinked, secret)
        default: return []
        }
    }

    /// Each MRG with the PID that it follows: a message may merge several patients.
    private static func mergers(in message: Message, _ secret: [UInt8]) -> [LaneAlias] {
        let hasOldFields = hasOldFields(message)
        var survivor: [UInt64] = []
        var aliases: [LaneAlias] = []
        for segment in message.segments {
            switch segment.name {
            case "PID": survivor = keys(patientFields(segment, hasOldFields), message, secret)
            case "MRG":
                let retired = keys(mergeFields(segment, hasOldFields), message, secret)
                aliases += pairs(survivor, retired, .merged)
            default: break
            }
        }
        return aliases
    }

    private static func pairs(
        in message: Message, _ change: LaneAlias.Change, _ secret: [UInt8]
    ) -> [LaneAlias] {
        let hasOldFields = hasOldFields(message)
        let patients = message.segments("PID").prefix(2)
            .map { keys(patientFields($0, hasOldFields), message, secret) }
        return patients.count == 2 ? pairs(patients[0], patients[1], change) : []
    }

    private static func pairs(
        _ keys: [UInt64], _ others: [UInt64], _ change: LaneAlias.Change
    ) -> [LaneAlias] {
        keys.flatMap { key in others.lazy.filter { $0 != key }.map { LaneAlias(key, $0, change) } }
    }

    private static func keys(_ fields: [Value], _ message: Message, _ secret: [UInt8]) -> [UInt64] {
        Array(LaneKeys(fields, of: message, secret: secret).hashes.prefix(aliasedMax))
    }
}
