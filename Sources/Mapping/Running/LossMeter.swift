import HL7

/// Keeps what became of every leaf of a message while it is mapped.
struct LossMeter {
    private static let mapped: UInt8 = 1
    private static let condition: UInt8 = 2
    private static let dropped: UInt8 = 4

    private var states: Buffer<UInt8>

    init(leafCount: Int) {
        states = Buffer(capacity: leafCount)
        for _ in 0..<leafCount { states.append(0) }
    }

    func free() { states.free() }

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

    /// The account of all leaves. A place is put into words only for a lost one, or if all are asked for.
    func record(of table: MessageTable, _ places: LeafPlaces, namesMapped: Bool) -> LossRecord {
        var record = LossRecord()
        var occurrences: [UInt32: Int] = [:]
        for position in table.segments.indices {
            let segment = table.segments[position]
            let occurrence = (occurrences[segment.code] ?? 0) + 1
            occurrences[segment.code] = occurrence
            for leaf in segment.firstLeaf..<segment.endLeaf where !table.leaves[Int(leaf)].isEmpty {
                record.leaves += 1
                switch states[Int(leaf)] {
                case let state where state & Self.mapped != 0:
                    record.mapped += 1
                    if namesMapped {
                        record.mappedLeaves.append(places.location(ofLeaf: leaf, in: position, occurrence))
                    }
                case let state where state & Self.condition != 0: record.condition += 1
                case let state where state & Self.dropped != 0: record.dropped += 1
                default:
                    record.lost += 1
                    record.lostLeaves.append(places.location(ofLeaf: leaf, in: position, occurrence))
                }
            }
        }
        return record
    }
}
