internal import FHIR
internal import Foundation

/// Measures the parts of Wardline and the whole, and prints one JSON object a line:
///
///     {"name":"parse.adt","value":1900000,"unit":"messages/s","baseline":24000,"ratio":79.2,"detail":{…}}
///
/// `ratio` is `value` divided by `baseline`, which is measured in the same run with the same messages: machines differ
/// and drift, ratios much less. What the baseline is, stands in `detail`. All rates: more is better.
@main
struct Benchmarks {
    /// What can be asked for: a name, and what makes its lines.
    struct Suite: Sendable {
        var name: String
        var run: @Sendable () async throws -> [Measurement]
    }

    static func main() async {
        let suites =
            ParseBenchmarks.suites + ValidateBenchmarks.suites + MapBenchmarks.suites + JournalBenchmarks.suites
            + BrokerBenchmarks.suites
        let asked = Array(CommandLine.arguments.dropFirst())
        if let unknown = asked.first(where: { name in !suites.contains { $0.name.hasPrefix(name) } }) {
            fail("there is no benchmark \(unknown); there are: \(suites.map(\.name).joined(separator: " "))", status: 2)
        }
        do {
            for suite in suites where asked.isEmpty || asked.contains(where: { suite.name.hasPrefix($0) }) {
                for measurement in try await suite.run() { print(measurement.json) }
            }
        } catch {
            fail("\(error)", status: 1)
        }
    }

    private static func fail(_ text: String, status: Int32) -> Never {
        FileHandle.standardError.write(Data((text + "\n").utf8))
        exit(status)
    }
}

/// Why something could not be measured.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
