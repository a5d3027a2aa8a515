import HL7

/// Keeps what became of every byte of a message while it is mapped, and counts the leaves at the end.
struct LossMeter {
    private static let mapped: UInt8 = 1
    private static let condition: UInt8 = 2
    private static let dropped: UInt8 = 4

    private var states: [UInt8]

    init(byteCount: Int) { states = [UInt8](repeating: 0, count: byteCount) }

    mutating func map(_ range: Range<Int>) { set(Self.mapped, range) }
    mutating func steer(_ range: Range<Int>) { set(Self.condition, range) }
    mutating func drop(_ range: Range<Int>) { set(Self.dropped, range) }

    private mutating func set(_ state: UInt8, _ range: Range<Int>) {
        states.withUnsafeMutableBufferPointer { states in
            for position in range where position < states.count { states[position] |= state }
        }
    }

    /// The account of all segments.
    func record(of segments: [Segment], delimiters: Delimiters, bytes: [UInt8]) -> LossRecord {
        var record = LossRecord()
        var occurrences: [String: Int] = [:]
        for (position, segment) in segments.enumerated() {
            let name = segment.name
            let occurrence = occurrences[name, default: 0] + 1
            occurrences[name] = occurrence
            guard segment.fieldCount > 0 else { continue }
            let place = Location(segment: name, occurrence: occurrence)
            for number in (position == 0 ? 3 : 1)...max(segment.fieldCount, 3) {
                guard let field = segment.field(number), !field.isEmpty else { continue }
                count(field.range, in: place, number, delimiters, bytes, &record)
            }
        }
        return record
    }

    /// Walks the leaves of a field. One pass over its bytes; a place is put into words only for a lost leaf.
    private func count(
        _ range: Range<Int>, in place: Location, _ field: Int, _ delimiters: Delimiters, _ bytes: [UInt8],
        _ record: inout LossRecord
    ) {
        var (repetition, component, subcomponent) = (1, 1, 1)
        var start = range.lowerBound
        for position in range.lowerBound...range.upperBound {
            let byte = position < range.upperBound ? bytes[position] : delimiters.repetition
            let isEnd = position == range.upperBound
            guard
                isEnd
                    || byte != 0
                        && (byte == delimiters.repetition || byte == delimiters.component
                            || byte == delimiters.subcomponent)
            else { continue }
            if start < position {
                let isOnly = subcomponent == 1 && (isEnd || byte != delimiters.subcomponent)
                account(for: start, &record) {
                    Location(
                        segment: place.segment, occurrence: place.occurrence, field: field, repetition: repetition,
                        component: component, subcomponent: isOnly ? nil : subcomponent)
                }
            }
            start = position + 1
            if byte == delimiters.repetition {
                (repetition, component, subcomponent) = (repetition + 1, 1, 1)
            } else if byte == delimiters.component {
                (component, subcomponent) = (component + 1, 1)
            } else {
                subcomponent += 1
            }
        }
    }

    private func account(for start: Int, _ record: inout LossRecord, _ location: () -> Location) {
        record.leaves += 1
        switch states[start] {
        case let state where state & Self.mapped != 0: record.mapped += 1
        case let state where state & Self.condition != 0: record.condition += 1
        case let state where state & Self.dropped != 0: record.dropped += 1
        default:
            record.lost += 1
            record.lostLeaves.append(location())
        }
    }
}
