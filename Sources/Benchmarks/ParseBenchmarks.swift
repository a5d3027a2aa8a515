internal import CAllocations
internal import FHIR
internal import Foundation
internal import HL7

/// `parse.*`: index a message and find ten of its fields. The baseline cuts the same text with `String.split`; in
/// `detail` also how long `memchr` takes to find every separator of the same bytes, and how often memory is asked for.
enum ParseBenchmarks {
    static let suites = [
        Benchmarks.Suite(name: "parse.adt") { [try run("parse.adt", Samples.adt, adt, asText: false)] },
        Benchmarks.Suite(name: "parse.adt.text") { [try run("parse.adt.text", Samples.adt, adt, asText: true)] },
        Benchmarks.Suite(name: "parse.oru") { [try run("parse.oru", longReport, oru, asText: false)] },
        Benchmarks.Suite(name: "parse.oru.text") { [try run("parse.oru.text", longReport, oru, asText: true)] },
        Benchmarks.Suite(name: "parse.segments") { [try growth("parse.segments", manySegments)] },
        Benchmarks.Suite(name: "parse.repetitions") { [try growth("parse.repetitions", manyRepetitions)] },
    ]

    private static let adt = [
        "MSH-4.1", "MSH-9.2", "MSH-10", "PID-3.1", "PID-5.1", "PID-7", "PID-8", "PV1-2", "PV1-19.1", "DG1-3.1",
    ]
    private static let oru = [
        "MSH-4.1", "MSH-9.2", "MSH-10", "PID-3.1", "PID-5.1", "OBR-3.1", "OBR-4.1", "OBX-3.1", "OBX-5", "OBX-8",
    ]

    /// The laboratory report with results added until it has 2.2 KB.
    static let longReport: [UInt8] = {
        let lines = Samples.oru.split(separator: 0x0D)
        let results = lines.filter { $0.starts(with: "OBX".utf8) }
        return Samples.oru + results.prefix(5).flatMap { $0 + [0x0D] }
    }()

    /// - Parameter asText: read each field as a `String`, decoded and unescaped, instead of as its bytes.
    private static func run(_ name: String, _ bytes: [UInt8], _ places: [String], asText: Bool) throws -> Measurement {
        let paths = try places.map { try Path($0) }
        let splitPlaces = paths.map { SplitMessage.Place($0) }
        let expected = try Message(parsing: bytes)
        let split = SplitMessage(bytes)
        for (path, place) in zip(paths, splitPlaces) where expected[path] != split[place] {
            throw BenchmarkError("\(path) reads differently with split")
        }
        let read = {
            let message = try Message(parsing: bytes)
            var sum = 0
            for path in paths {
                if asText {
                    sum &+= message[path]?.utf8.count ?? 0
                } else {
                    sum &+= message.withBytes(at: path) { $0.count } ?? 0
                }
            }
            return sum
        }
        let (parse, baseline) = try Timing.compare(read) {
            let message = SplitMessage(bytes)
            var sum = 0
            for place in splitPlaces { sum &+= message[place].utf8.count }
            return sum
        }
        let (_, scan) = try Timing.compare(read) { separators(in: bytes) }
        return Measurement(name, parse.rate, baseline: baseline.rate, against: "String.split")
            .with("nanoseconds", .rounded(parse.median)).with("nanosecondsBest", .rounded(parse.best))
            .with("megabytesPerSecond", .rounded(Double(bytes.count) * 1e3 / parse.median))
            .with("bytes", .number(JSONNumber(bytes.count)))
            .with("memchrNanoseconds", .rounded(scan.median))
            .with("allocations", .rounded(try allocations(read)))
    }

    /// How many field separators and segment ends there are, found by `memchr`.
    static func separators(in bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { buffer in
            var found = 0
            for byte in [UInt8(ascii: "|"), 0x0D] {
                var rest = buffer[...]
                while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                    let hit = memchr(base, Int32(byte), rest.count)
                {
                    found += 1
                    rest = rest[(rest.startIndex + UnsafeRawPointer(hit) - base + 1)...]
                }
            }
            return found
        }
    }

    /// How often one call asks for memory.
    private static func allocations(_ work: () throws -> Int) throws -> Double {
        let calls = 1_000
        var sum = try work()
        let before = wardline_allocations()
        for _ in 0..<calls { sum &+= try work() }
        let after = wardline_allocations()
        return sum == 0 ? 0 : Double(after - before) / Double(calls)
    }

    // MARK: Long messages

    private static func manySegments(_ count: Int) -> [UInt8] {
        Samples.adt + (0..<count).flatMap { Array("NTE|\($0)|L|Invented text of a note.\r".utf8) }
    }

    private static func manyRepetitions(_ count: Int) -> [UInt8] {
        let list = (0..<count).map { "\($0)^^^GHH^MR" }.joined(separator: "~")
        return Array("MSH|^~\\&|GHH_ADT|GHH|||20260305101500||ADT^A01|B1|P|2.5.1\rPID|1||\(list)\r".utf8)
    }

    /// Reads every part of a message with 20,000 segments or repetitions, and of one with 2,000: linear if the rates are
    /// as 1 to 10.
    private static func growth(_ name: String, _ make: (Int) -> [UInt8]) throws -> Measurement {
        let (long, short) = (make(20_000), make(2_000))
        let (many, few) = try Timing.compare({ try readAll(long) }, with: { try readAll(short) })
        return Measurement(name, many.rate, baseline: few.rate, against: "a tenth of it")
            .with("nanosecondsEach", .rounded(many.median / 20_000)).with("bytes", .number(JSONNumber(long.count)))
    }

    private static func readAll(_ bytes: [UInt8]) throws -> Int {
        let message = try Message(parsing: bytes)
        var sum = 0
        for segment in message.segments {
            for number in 1...max(1, segment.fieldCount) {
                for repetition in segment.field(number)?.repetitions ?? [] { sum &+= repetition.componentCount }
            }
        }
        return sum
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
