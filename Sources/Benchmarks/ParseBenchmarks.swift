internal import FHIR
internal import HL7

/// `parse.*`: index a message and read ten of its fields. The baseline cuts the same text with `String.split`.
enum ParseBenchmarks {
    static let suites = [
        Benchmarks.Suite(name: "parse.adt") { [try run("parse.adt", Samples.adt, adt, asText: false)] },
        Benchmarks.Suite(name: "parse.adt.text") { [try run("parse.adt.text", Samples.adt, adt, asText: true)] },
        Benchmarks.Suite(name: "parse.oru") { [try run("parse.oru", Samples.oru, oru, asText: false)] },
        Benchmarks.Suite(name: "parse.oru.text") { [try run("parse.oru.text", Samples.oru, oru, asText: true)] },
    ]

    private static let adt = [
        "MSH-4.1", "MSH-9.2", "MSH-10", "PID-3.1", "PID-5.1", "PID-7", "PID-8", "PV1-2", "PV1-19.1", "DG1-3.1",
    ]
    private static let oru = [
        "MSH-4.1", "MSH-9.2", "MSH-10", "PID-3.1", "PID-5.1", "OBR-3.1", "OBR-4.1", "OBX-3.1", "OBX-5", "OBX-8",
    ]

    /// - Parameter asText: read each field as a `String`, decoded and unescaped, instead of as its bytes.
    private static func run(_ name: String, _ bytes: [UInt8], _ places: [String], asText: Bool) throws -> Measurement {
        let paths = try places.map { try Path($0) }
        let splitPlaces = paths.map { SplitMessage.Place($0) }
        let expected = try Message(parsing: bytes)
        let split = SplitMessage(bytes)
        for (path, place) in zip(paths, splitPlaces) where expected[path] != split[place] {
            throw BenchmarkError("\(path) reads differently with split")
        }
        let (parse, baseline) = try Timing.compare {
            let message = try Message(parsing: bytes)
            var sum = 0
            for path in paths {
                guard let value = message.value(at: path) else { continue }
                sum &+= asText ? value.text.utf8.count : value.bytes.count
            }
            return sum
        } with: {
            let message = SplitMessage(bytes)
            var sum = 0
            for place in splitPlaces { sum &+= message[place].utf8.count }
            return sum
        }
        return Measurement(name, parse.rate, baseline: baseline.rate, against: "String.split")
            .with("nanoseconds", .rounded(parse.median)).with("nanosecondsBest", .rounded(parse.best))
            .with("megabytesPerSecond", .rounded(Double(bytes.count) * 1e3 / parse.median))
            .with("bytes", .number(JSONNumber(bytes.count)))
    }
}

/// A message cut up in the obvious way: text, lines, fields.
private struct SplitMessage {
    /// A path as `split` needs it: the name, the 0-based part of the line, the 0-based component.
    struct Place {
        var segment: String
        var field: Int
        var component: Int?

        init(_ path: Path) {
            segment = path.segment
            // In MSH the separator itself counts as the first field.
            field = (path.field ?? 1) - (path.segment == "MSH" ? 1 : 0)
            component = path.component.map { $0 - 1 }
        }
    }

    private var segments: [[Substring]]

    init(_ bytes: [UInt8]) {
        segments = String(decoding: bytes, as: UTF8.self).split(separator: "\r").map {
            $0.split(separator: "|", omittingEmptySubsequences: false)
        }
    }

    subscript(_ place: Place) -> String {
        guard let segment = segments.first(where: { $0[0] == place.segment }), place.field < segment.count else {
            return ""
        }
        let repetition = segment[place.field].split(separator: "~", omittingEmptySubsequences: false).first ?? ""
        guard let component = place.component else { return String(repetition) }
        let parts = repetition.split(separator: "^", omittingEmptySubsequences: false)
        return component < parts.count ? String(parts[component]) : ""
    }
}
