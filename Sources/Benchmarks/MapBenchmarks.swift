internal import FHIR
internal import Foundation
internal import HL7
internal import Mapping

/// `map.*`: the bytes of a message to the JSON bytes of its FHIR bundle, on one core. The baseline only writes: it is
/// Foundation's `JSONEncoder` on a tree equal to the bundle.
enum MapBenchmarks {
    static let suites = [
        Benchmarks.Suite(name: "map.adt") { [try run("map.adt", Samples.adt)] },
        Benchmarks.Suite(name: "map.oru") { [try run("map.oru", Samples.oru)] },
        Benchmarks.Suite(name: "map.load") { [try load()] },
    ]

    private static func run(_ name: String, _ bytes: [UInt8]) throws -> Measurement {
        let mapper = Mapper(try ResourceMaps.builtIn())
        let receivedAt: Int64 = 1_772_727_300_000_000
        let mapped = try mapper.map(try Message(parsing: bytes), receivedAt: receivedAt)
        let tree = Tree(mapped.bundle.value)
        let (map, encode) = try Timing.compare {
            try mapper.map(try Message(parsing: bytes), receivedAt: receivedAt).bytes.count
        } with: {
            try JSONEncoder().encode(tree).count
        }
        return Measurement(name, map.rate, baseline: encode.rate, against: "JSONEncoder on an equal tree")
            .with("microseconds", .rounded(map.median / 1e3)).with("microsecondsBest", .rounded(map.best / 1e3))
            .with("messageBytes", .number(JSONNumber(bytes.count)))
            .with("bundleBytes", .number(JSONNumber(mapped.bytes.count)))
            .with("resources", .number(JSONNumber(mapped.entryCount)))
    }

    /// All maps of the program, read, checked and compiled; the baseline is the 300 ms it may take.
    private static func load() throws -> Measurement {
        let (load, _) = try Timing.compare({ try ResourceMaps.builtIn().messageTypes.count }, with: { 0 })
        return Measurement("map.load", load.best / 1e6, unit: "ms", baseline: 300, against: "what it may take")
    }

    /// A JSON value as Foundation encodes it.
    private indirect enum Tree: Encodable {
        case bool(Bool)
        case number(Decimal)
        case string(String)
        case array([Tree])
        case object([String: Tree])
        case null

        init(_ value: JSONValue) {
            self =
                switch value {
                case .null: .null
                case .bool(let bool): .bool(bool)
                case .number(let number): .number(Decimal(string: number.text) ?? 0)
                case .string(let text): .string(text)
                case .array(let elements): .array(elements.map(Tree.init))
                case .object(let object):
                    .object(Dictionary(object.members.map { ($0.key, Tree($0.value)) }) { _, new in new })
                }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .null: try container.encodeNil()
            case .bool(let bool): try container.encode(bool)
            case .number(let number): try container.encode(number)
            case .string(let text): try container.encode(text)
            case .array(let elements): try container.encode(elements)
            case .object(let members): try container.encode(members)
            }
        }
    }
}
