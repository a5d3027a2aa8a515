internal import FHIR

/// A load by `wardline send`, and what it measured.
struct SendLoad {
    var connections: Int
    var window: Int
    /// How many patients the messages are about; nil: all about the same.
    var patients: Int?

    struct Result {
        var count: Int
        /// Answered messages a second.
        var rate: Double
        /// To the answer, milliseconds.
        var p50: Double
        var p99: Double
    }

    /// How long a measured run takes, about.
    private static let seconds = 2.0

    func run(_ folder: BrokerFolder, to address: String, count: Int) throws -> Result {
        var arguments = ["send", folder.message] + folder.senderOptions(to: address)
        arguments += ["--count", "\(count)", "--connections", "\(connections)", "--window", "\(window)"]
        arguments += patients.map { ["--patients", "\($0)"] } ?? []
        let printed = try Program.run(arguments + ["--format", "json"], isJSON: true)
        guard let rate = printed["rate"]?.double, let p50 = printed["latencyMs"]?["p50"]?.double,
            let p99 = printed["latencyMs"]?["p99"]?.double
        else { throw BenchmarkError("wardline send printed something else than its contract says") }
        return Result(count: count, rate: rate, p50: p50, p99: p99)
    }

    /// How many messages make a run of the usual length; the run that finds it is the warm-up.
    func calibrated(_ folder: BrokerFolder, to address: String) throws -> Int {
        let first = try run(folder, to: address, count: max(2_000, connections * window * 4))
        return max(1_000, connections * window * 4, Int(first.rate * Self.seconds))
    }
}
