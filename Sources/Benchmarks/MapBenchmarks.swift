internal import FHIR
internal import HL7
internal import Mapping

/// `map.*`: a parsed message to the JSON bytes of its FHIR bundle. The baseline is parsing it.
enum MapBenchmarks {
    static let suites = [
        Benchmarks.Suite(name: "map.adt") { [try run("map.adt", Samples.adt)] },
        Benchmarks.Suite(name: "map.oru") { [try run("map.oru", Samples.oru)] },
    ]

    private static func run(_ name: String, _ bytes: [UInt8]) throws -> Measurement {
        let message = try Message(parsing: bytes)
        let mapper = Mapper(try ResourceMaps.builtIn())
        let receivedAt: Int64 = 1_772_727_300_000_000
        let mapped = try mapper.map(message, receivedAt: receivedAt)
        let (map, parse) = try Timing.compare {
            try mapper.bundle(from: message, receivedAt: receivedAt).bytes.count
        } with: {
            try Message(parsing: bytes).segmentCount
        }
        return Measurement(name, map.rate, baseline: parse.rate, against: "parsing it")
            .with("microseconds", .rounded(map.median / 1e3)).with("microsecondsBest", .rounded(map.best / 1e3))
            .with("bundleBytes", .number(JSONNumber(mapped.bundle.bytes.count)))
            .with("resources", .number(JSONNumber(mapped.bundle.entries.count)))
    }
}
