internal import HL7
internal import HL7Conformance

/// Makes messages fit for a support bundle: who people are becomes stable pseudonyms, dates move by a number of days of
/// the patient, free text becomes other letters; delimiters, lengths, codes, measurements and defects stay.
struct Deidentifier {
    private let pseudonyms: Pseudonyms
    /// Words and values that say who somebody is, lowercased, of all messages of the bundle.
    private(set) var identifiers: Set<[UInt8]> = []

    /// A shorter word stands in too many other words by chance.
    static let wordBytesMin = 4

    init(key: [UInt8]) { pseudonyms = Pseudonyms(key: key) }

    /// Takes note of what must not be found afterwards. First for every message of the bundle.
    mutating func note(_ message: Message) {
        for leaf in Self.leaves(of: message) where leaf.treatment == .identify {
            identifiers.formUnion(Self.words(leaf.bytes))
        }
    }

    /// The message with other people in it.
    func deidentified(_ message: Message) -> [UInt8] {
        let patient = message.segments("PID").first?.field(3)?.repetitions.first?.component(1)?.bytes ?? []
        let days = pseudonyms.days(for: patient)
        let isUTF8 = message.charset == .utf8 || message.indexedBytes != message.bytes
        var bytes: [UInt8] = []
        bytes.reserveCapacity(message.indexedBytes.count)
        var position = 0
        for leaf in Self.leaves(of: message) {
            var treatment = leaf.treatment
            // An identifier in a place where none belongs.
            if treatment == .keep, Self.words(leaf.bytes).contains(where: identifiers.contains) {
                treatment = .scramble
            }
            let made: [UInt8]
            switch treatment {
            case .keep: continue
            case .date: made = ShiftedDate.shifted(leaf.bytes, by: days)
            case .identify, .scramble:
                made = pseudonyms.pseudonym(for: leaf.bytes, escape: message.delimiters.escape, isUTF8: isUTF8)
            }
            bytes += message.indexedBytes[position..<leaf.range.lowerBound]
            bytes += made
            position = leaf.range.upperBound
        }
        return bytes + message.indexedBytes[position...]
    }

    /// How many of the identifiers stand in `bytes`.
    func found(in bytes: [UInt8]) -> Int { Self.words(bytes).count { identifiers.contains($0) } }

    // MARK: Leaves

    private struct Leaf {
        var range: Range<Int>
        var bytes: ArraySlice<UInt8>
        var treatment: Treatment
    }

    /// The values of a message that are not divided further, in its order.
    private static func leaves(of message: Message) -> [Leaf] {
        let definitions: Definitions =
            switch Version.reading(message.header.version) {
            case .exact(let version), .newer(let version): Definitions.version(version)
            case nil: Definitions.version(.v2_8_2)
            }
        return message.segments.flatMap { segment -> [Leaf] in
            let name = segment.name
            let definition = definitions.segment(name)
            let isHeader = ["MSH", "FHS", "BHS"].contains(name)
            guard segment.fieldCount > 0 else { return [] }
            return (1...segment.fieldCount).flatMap { number -> [Leaf] in
                // MSH-1 and MSH-2 are the delimiters.
                guard !isHeader || number > 2, let field = segment.field(number), !field.isEmpty else { return [] }
                var type = definition?.field(number)?.dataType
                if name == "OBX", number == 5 { type = segment[2].flatMap(definitions.dataType) }
                return field.repetitions.flatMap { repetition in
                    repetition.components.enumerated().flatMap { component, value in
                        value.subcomponents.enumerated().compactMap { part, leaf in
                            guard !leaf.isEmpty, !leaf.isNull else { return nil }
                            return Leaf(
                                range: leaf.range, bytes: leaf.bytes,
                                treatment: Treatment(
                                    segment: name, field: number, type: type, component: component + 1,
                                    subcomponent: part + 1))
                        }
                    }
                }
            }
        }
    }

    /// Runs of letters and digits, lowercased, that are long enough.
    private static func words(_ bytes: some Collection<UInt8>) -> Set<[UInt8]> {
        Set(
            bytes.split { !isWord($0) }.filter { $0.count >= wordBytesMin }.map { word in
                word.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
            })
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
            true
        default: false
        }
    }
}
