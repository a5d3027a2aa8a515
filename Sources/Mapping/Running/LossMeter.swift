import HL7

/// Keeps what became of every leaf of a message while it is mapped.
struct LossMeter {
    private static let mapped: UInt8 = 1
    private static let condition: UInt8 = 2
    private static let dropped: UInt8 = 4

    private var states: [UInt8]

    init(leafCount: Int) { states = [UInt8](repeating: 0, count: leafCount) }

    mutating func map(_ leaves: LeafRange) { set(Self.mapped, leaves) }
    mutating func steer(_ leaves: LeafRange) { set(Self.condition, leaves) }
    mutating func drop(_ leaves: LeafRange) { set(Self.dropped, leaves) }

    private mutating func set(_ state: UInt8, _ leaves: LeafRange) {
        var leaf = leaves.first
        while leaf < leaves.end {
            states[Int(leaf)] |= state
            leaf += 1
        }
    }

    /// The account of all leaves. A place is put into words only for a lost one.
    func record(of table: MessageTable, _ places: LeafPlaces) -> LossRecord {
        var record = LossRecord()
        for position in table.segments.indices {
            let segment = table.segments[position]
            for leaf in segment.firstLeaf..<segment.endLeaf where !table.leaves[Int(leaf)].isEmpty {
                record.leaves += 1
                switch states[Int(leaf)] {
                case let state where state & Self.mapped != 0: record.mapped += 1
                case let state where state & Self.condition != 0: record.condition += 1
                case let state where state & Self.dropped != 0: record.dropped += 1
                default:
                    record.lost += 1
                    record.lostLeaves.append(places.location(ofLeaf: leaf, in: position))
                }
            }
        }
        return record
    }
}
