import Foundation
import HL7
import Mapping
import Testing

/// The loss record is tried on messages: a leaf is changed, and the bundle must change if the leaf counts as mapped and
/// must not if it counts as lost.
struct MutationTests {
    /// How many leaves of a message are changed.
    private static let leavesMax = 24
    /// The share of changed leaves on which bundle and record may disagree.
    private static let disagreementMax = 0.005

    private struct Outcome {
        var tried = 0
        var disagreeing: [String] = []
    }

    @Test func `bundles change with mapped leaves and not with lost ones`() throws {
        let mapper = Mapper(
            try SampleMaps.builtIn.get(), options: MappingOptions(timeZone: FixedZone(minutes: -300)))
        var outcome = Outcome()
        for file in try Self.files() {
            let bytes = [UInt8](try Data(contentsOf: file))
            // What cannot be parsed or mapped has no loss record.
            guard let message = try? Message(parsing: bytes), (try? mapper.map(message, receivedAt: 0)) != nil else {
                continue
            }
            try Self.change(message, file.lastPathComponent, mapper, &outcome)
        }
        let rate = Double(outcome.disagreeing.count) / Double(max(1, outcome.tried))
        print("changed \(outcome.tried) leaves, \(outcome.disagreeing.count) disagree (\(rate * 100) %)")
        #expect(outcome.tried > 1_000)
        #expect(rate <= Self.disagreementMax, "\(outcome.disagreeing)")
    }

    private static func files() throws -> [URL] {
        try ["messages", "maps"].flatMap { folder in
            try FileManager.default.contentsOfDirectory(
                at: repository.appending(path: "Tests/Fixtures/\(folder)"), includingPropertiesForKeys: nil)
        }.filter { $0.pathExtension == "hl7" }.sorted { $0.path < $1.path }
    }

    private static func change(
        _ message: Message, _ name: String, _ mapper: Mapper, _ outcome: inout Outcome
    ) throws {
        let before = try mapper.map(message, receivedAt: 0)
        let places = try states(of: message, mapper)
        let step = max(1, places.count / leavesMax)
        for (index, leaf) in places.enumerated() where index % step == 0 {
            guard let isLost = leaf.isLost, let changed = changed(message, leaf.range) else { continue }
            // A change may make a message that is not mapped at all, which is a change too.
            let after = try? mapper.map(changed, receivedAt: 0)
            outcome.tried += 1
            if (after?.bytes == before.bytes) != isLost { outcome.disagreeing.append("\(name): \(leaf.location)") }
        }
    }

    private struct Leaf {
        var location: String
        var range: Range<Int>
        /// Nil for what only steered or was dropped.
        var isLost: Bool?
    }

    /// The leaves that are lost or mapped, in the order of the message.
    private static func states(of message: Message, _ mapper: Mapper) throws -> [Leaf] {
        let explaining = Mapper(
            mapper.maps,
            options: {
                var options = mapper.options
                options.explains = true
                return options
            }())
        let mapped = try explaining.map(message, receivedAt: 0)
        let lost = Set(mapped.loss.lostLeaves)
        let carried = Set(mapped.loss.mappedLeaves)
        return leaves(of: message).map { leaf in
            Leaf(
                location: leaf.location.description, range: leaf.range,
                isLost: lost.contains(leaf.location) ? true : carried.contains(leaf.location) ? false : nil)
        }
    }

    private static func leaves(of message: Message) -> [(location: Location, range: Range<Int>)] {
        var leaves: [(Location, Range<Int>)] = []
        for segment in message.segments where segment.fieldCount > 0 {
            for number in (segment.position == 0 ? 3 : 1)...max(3, segment.fieldCount) {
                for (index, repetition) in (segment.field(number)?.repetitions ?? []).enumerated() {
                    for (part, component) in repetition.components.enumerated() {
                        let parts = component.subcomponents
                        for (inner, leaf) in parts.enumerated() where !leaf.isEmpty && !leaf.isNull {
                            let location = segment.location(
                                field: number, repetition: index + 1, component: part + 1,
                                subcomponent: parts.count > 1 ? inner + 1 : nil)
                            leaves.append((location, leaf.range))
                        }
                    }
                }
            }
        }
        return leaves
    }

    /// The message with the last character of a leaf another; nil if it is none that can be changed.
    private static func changed(_ message: Message, _ range: Range<Int>) -> Message? {
        var bytes = message.indexedBytes
        let position = range.upperBound - 1
        switch bytes[position] {
        case UInt8(ascii: "1"): bytes[position] = UInt8(ascii: "2")
        case 0x30...0x39: bytes[position] = UInt8(ascii: "1")
        case UInt8(ascii: "X"): bytes[position] = UInt8(ascii: "Y")
        case 0x41...0x5A, 0x61...0x7A: bytes[position] = UInt8(ascii: "X")
        default: return nil
        }
        return try? Message(parsing: bytes)
    }
}
