internal import FHIR
internal import HL7
internal import HL7Conformance

/// `validate.*`: all findings of a message that is already parsed. The baseline is parsing it.
enum ValidateBenchmarks {
    static let suites = [
        Benchmarks.Suite(name: "validate.adt") { [try run("validate.adt", Samples.adt)] },
        Benchmarks.Suite(name: "validate.oru") { [try run("validate.oru", Samples.oru)] },
    ]

    private static func run(_ name: String, _ bytes: [UInt8]) throws -> Measurement {
        let message = try Message(parsing: bytes)
        let validator = Validator()
        let findings = validator.findings(in: message)
        if let wrong = findings.first(where: { $0.severity == .error }) {
            throw BenchmarkError("the sample of \(name) is wrong: \(wrong)")
        }
        let (validate, parse) = try Timing.compare {
            validator.findings(in: message).count
        } with: {
            try Message(parsing: bytes).segmentCount
        }
        return Measurement(name, validate.rate, baseline: parse.rate, against: "parsing it")
            .with("microseconds", .rounded(validate.median / 1e3))
            .with("microsecondsBest", .rounded(validate.best / 1e3))
            .with("findings", .number(JSONNumber(findings.count)))
    }
}
