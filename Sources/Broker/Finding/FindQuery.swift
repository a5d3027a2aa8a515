import HL7
package import Journaling

/// Which messages somebody looks for: those to which all of this applies.
package struct FindQuery: Hashable, Sendable {
    /// `12345`, or `12345@AUTHORITY` where the number alone is several patients'.
    package var patient: String?
    /// Family name; case, accents, hyphens and apostrophes make no difference.
    package var name: String?
    /// `YYYYMMDD` or `YYYY-MM-DD`.
    package var born: String?
    /// PV1-19.
    package var visit: String?
    /// Placer or filler order number: ORC-2, ORC-3, OBR-2, OBR-3.
    package var order: String?
    /// OBR-18, OBR-20, SPM-30, IPC-1.
    package var accession: String?
    package var controlID: String?
    /// Who sent it.
    package var provider: String?
    /// `ADT` or `ADT^A01`.
    package var type: String?
    package var state: State?
    /// Microseconds since 1970-01-01 UTC, inclusive.
    package var from: Int64?
    /// Microseconds since 1970-01-01 UTC, inclusive.
    package var to: Int64?
    /// Stands in the bytes; case makes no difference to Latin letters. Needs ``from``.
    package var text: String?
    /// Only messages with a smaller seq.
    package var before: Int64?
    /// From 1 to 200.
    package var limit = 50

    package init() {}

    /// Where a message, or a delivery of it, stands.
    package enum State: Hashable, Sendable {
        case disposition(Disposition)
        case routing(RoutingState)
        case delivery(DeliveryState)

        /// The names, as `show` and the API print them.
        package static let names: [String: State] = {
            let dispositions = Disposition.allCases.map { ("\($0)", State.disposition($0)) }
            let routings = [RoutingState.pending, .routed, .filtered, .unrouted, .exempt, .dismissed].map {
                ("\($0)", State.routing($0))
            }
            let deliveries = DeliveryState.allCases.map { ("\($0)", State.delivery($0)) }
            return Dictionary(uniqueKeysWithValues: dispositions + routings + deliveries)
        }()

        func matches(_ entry: JournalEntry, _ deliveries: [Delivery]) -> Bool {
            switch self {
            case .disposition(let disposition): entry.disposition == disposition
            case .routing(let routing): entry.routing == routing
            case .delivery(let state):
                deliveries.contains { $0.state == state }
                    // Held before it had deliveries.
                    || state == .held && entry.disposition == .heldAtIntake && entry.routing == .exempt
            }
        }
    }

    /// The parts that say something about a patient: who looks for them is audited.
    package var patientFields: [String] {
        let fields = [
            ("patient", patient), ("name", name), ("born", born), ("visit", visit), ("order", order),
            ("accession", accession), ("text", text),
        ]
        return fields.compactMap { $0.1 == nil ? nil : $0.0 }
    }

    /// Why it cannot be searched for so; nil if it can.
    package var mistake: String? {
        if let born, FindText.date(born) == nil { return "a birth date is written YYYYMMDD" }
        if let name, FindText.name(name).isEmpty { return "a name has letters" }
        if text != nil, from == nil { return "a text is looked for in every message, so say from which time on" }
        if let identity, identity.identifier.isEmpty || identity.authority == "" {
            return "a patient is written as 12345, or as 12345@AUTHORITY"
        }
        return nil
    }

    /// The identifier and its authority, normalised.
    private var identity: (identifier: String, authority: String?)? {
        guard let patient else { return nil }
        guard let at = patient.lastIndex(of: "@") else { return (FindText.identifier(patient), nil) }
        return (
            FindText.identifier(String(patient[..<at])),
            FindText.identifier(String(patient[patient.index(after: at)...]))
        )
    }

    /// The reference by which audit events name the patient; nil if it is not known which one is meant.
    func patientReference(secret: [UInt8]) -> UInt64? {
        guard let identity, let authority = identity.authority else { return nil }
        return LaneKey.hash(
            authority: Array(authority.utf8), identifier: Array(identity.identifier.utf8), key: secret)
    }

    /// The keys that a message must have.
    func keys(secret: [UInt8]) -> [UInt64] {
        var keys: [UInt64] = []
        func add(_ kind: FindKeys.Kind, _ text: String?, authority: String = "") {
            if let text { keys.append(FindKeys.hash(kind, text, authority: authority, secret: secret)) }
        }
        if let identity {
            if let authority = identity.authority {
                add(.patientOfAuthority, identity.identifier, authority: authority)
            } else {
                add(.patient, identity.identifier)
            }
        }
        let birth = born.flatMap(FindText.date)
        if let name, let birth {
            add(.nameAndBirth, FindText.name(name), authority: birth)
        } else {
            add(.name, name.map(FindText.name))
            add(.birth, birth)
        }
        add(.visit, visit.map(FindText.identifier))
        add(.order, order.map(FindText.identifier))
        add(.accession, accession.map(FindText.identifier))
        add(.provider, provider)
        add(.type, type)
        if case .disposition(let disposition) = state, disposition != .accepted { add(.disposition, "\(disposition)") }
        return keys
    }

    /// What the keys do not say, and say again exactly.
    func matches(_ entry: JournalEntry) -> Bool {
        if let from, entry.receivedAt < from { return false }
        if let to, entry.receivedAt > to { return false }
        if let controlID, entry.controlId != controlID { return false }
        if let provider, entry.provider != provider { return false }
        if let type, entry.type != type, !entry.type.hasPrefix(type + "^") { return false }
        return true
    }
}
