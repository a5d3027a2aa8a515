internal import FHIR
internal import Foundation
internal import HL7
internal import HL7Conformance

/// `validate.*`: parse a message and find everything that is wrong with it. The baseline only cuts the same text into
/// fields and components with `String.split`; in `detail` also how long parsing alone takes, and how long `memchr` takes
/// to find every separator of the same bytes.
///
/// `validate.definitions` comes first, because it measures what is decoded when a version is first used.
enum ValidateBenchmarks {
    static let suites = [
        Benchmarks.Suite(name: "validate.definitions") { try definitions() },
        Benchmarks.Suite(name: "validate.adt") { [try run("validate.adt", Samples.adt)] },
        Benchmarks.Suite(name: "validate.oru") { [try run("validate.oru", ParseBenchmarks.longReport)] },
        Benchmarks.Suite(name: "validate.repetitions") {
            [try growth("validate.repetitions", 10_000, repetitions)]
        },
        Benchmarks.Suite(name: "validate.segments") { [try growth("validate.segments", 20_000, segments)] },
    ]

    private static func run(_ name: String, _ bytes: [UInt8]) throws -> Measurement {
        let validator = Validator()
        let findings = validator.findings(in: try Message(parsing: bytes))
        if let wrong = findings.first(where: { $0.severity == .error }) {
            throw BenchmarkError("the sample of \(name) is wrong: \(wrong)")
        }
        let judge = { validator.findings(in: try Message(parsing: bytes)).count }
        let (both, split) = try Timing.compare(judge) { parts(of: bytes) }
        let (parse, scan) = try Timing.compare {
            try Message(parsing: bytes).segmentCount
        } with: {
            ParseBenchmarks.separators(in: bytes)
        }
        return Measurement(name, both.rate, baseline: split.rate, against: "String.split into components")
            .with("microseconds", .rounded(both.median / 1e3))
            .with("microsecondsBest", .rounded(both.best / 1e3))
            .with("parseMicroseconds", .rounded(parse.median / 1e3))
            .with("memchrNanoseconds", .rounded(scan.median))
            .with("bytes", .number(JSONNumber(bytes.count)))
            .with("findings", .number(JSONNumber(findings.count)))
    }

    /// The number of components of a message, counted in the obvious way.
    private static func parts(of bytes: [UInt8]) -> Int {
        var count = 0
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\r") {
            for field in line.split(separator: "|", omittingEmptySubsequences: false) {
                for repetition in field.split(separator: "~", omittingEmptySubsequences: false) {
                    count += repetition.split(separator: "^", omittingEmptySubsequences: false).count
                }
            }
        }
        return count
    }

    // MARK: Definitions

    /// The slowest first use of a version (decoding it, building the automaton of ADT_A01, judging a message), and what
    /// memory all versions take. The baselines are the limits: 20 ms and 15 MB.
    private static func definitions() throws -> [Measurement] {
        let before = residentBytes()
        var slowest = (version: "", milliseconds: 0.0)
        for version in Version.allCases {
            let message = try Message(parsing: admission(in: version))
            let start = ContinuousClock.now
            let findings = Validator().findings(in: message)
            let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
            if let wrong = findings.first(where: { $0.code >= 200 }) {
                throw BenchmarkError("the sample of \(version) is wrong: \(wrong)")
            }
            if milliseconds > slowest.milliseconds { slowest = (version.rawValue, milliseconds) }
        }
        let growth = Double(residentBytes() - before) / 1e6
        let first = Measurement(
            "validate.definitions", slowest.milliseconds, unit: "ms", baseline: 20, against: "the limit; less is better"
        )
        let memory = Measurement(
            "validate.definitions.memory", growth, unit: "MB", baseline: 15, against: "the limit; less is better")
        return [
            first.with("version", .string(slowest.version)),
            memory.with("versions", .number(JSONNumber(Version.allCases.count))),
        ]
    }

    private static func admission(in version: Version) -> [UInt8] {
        Array(
            "MSH|^~\\&|GHH_ADT|GHH|||20260305101500||ADT^A01|B1|P|\(version)\rEVN|A01|20260305101500\rPID|1||7||Vale^Iris\r"
                .utf8)
    }

    /// Pages of this process in memory (`proc(5)`, second number of `statm`).
    private static func residentBytes() -> Int {
        let pages =
            FileManager.default.contents(atPath: "/proc/self/statm")
            .map { String(decoding: $0, as: UTF8.self).split(separator: " ") } ?? []
        return (pages.count > 1 ? Int(pages[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    // MARK: Growth

    private static func repetitions(_ count: Int) -> [UInt8] {
        let list = (0..<count).map { "\($0)^^^GHH^MR" }.joined(separator: "~")
        return message(patient: list, more: [])
    }

    private static func segments(_ count: Int) -> [UInt8] {
        message(
            patient: "7^^^GHH^MR", more: (1...count).map { "OBX|\($0 % 9_999)|NM|718-7^Hb^LN||13.\($0 % 9)||||||F" })
    }

    private static func message(patient: String, more: [String]) -> [UInt8] {
        let lines =
            [
                #"MSH|^~\&|GHH_ADT|GHH|||20260305101500||ADT^A01^ADT_A01|B1|P|2.5.1"#, "EVN||20260305101500",
                "PID|1||\(patient)||Vale^Iris", "PV1|1|I",
            ] + more
        return lines.flatMap { Array($0.utf8) + [0x0D] }
    }

    /// Nanoseconds for each part of a long message, against a message of a tenth of the parts: as many if the time grows
    /// linearly.
    private static func growth(_ name: String, _ count: Int, _ make: (Int) -> [UInt8]) throws -> Measurement {
        let (long, short) = (make(count), make(count / 10))
        let validator = Validator()
        let (whole, tenth) = try Timing.compare {
            validator.findings(in: try Message(parsing: long)).count
        } with: {
            validator.findings(in: try Message(parsing: short)).count
        }
        return Measurement(
            name, whole.median / Double(count), unit: "ns each", baseline: tenth.median / Double(count / 10),
            against: "the same with a tenth of the parts; 1 is linear"
        )
        .with("milliseconds", .rounded(whole.median / 1e6)).with("parts", .number(JSONNumber(count)))
    }
}
