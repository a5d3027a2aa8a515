/// All series of one name, as Prometheus' text format 0.0.4 writes them.
struct MetricFamily: Sendable {
    enum Kind: String { case counter, gauge, histogram }

    enum Value: Sendable {
        case number(Double)
        case histogram(Histogram.Values)
    }

    let name: String
    let kind: Kind
    private(set) var series: [(labels: String, value: Value)] = []

    init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }

    mutating func add(_ labels: String, _ value: Value) { series.append((labels, value)) }

    mutating func add(_ dimensions: [(String, String)], _ value: Double) {
        add(MetricsRegistry.Series(name, dimensions).labels, .number(value))
    }

    /// The lines, with the help text if there is one.
    func text(help: String?) -> String {
        var lines: [String] = []
        if let help {
            lines.append("# HELP \(name) \(help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))")
        }
        lines.append("# TYPE \(name) \(kind.rawValue)")
        for (labels, value) in series.sorted(by: { $0.labels < $1.labels }) {
            switch value {
            case .number(let number): lines.append(line("", labels, number))
            case .histogram(let values):
                var sum: UInt64 = 0
                for (bound, count) in zip(Histogram.bounds.map(Self.text) + ["+Inf"], values.counts) {
                    sum += count
                    let more = labels.isEmpty ? "le=\"\(bound)\"" : "\(labels),le=\"\(bound)\""
                    lines.append(line("_bucket", more, Double(sum)))
                }
                lines.append(line("_sum", labels, values.sum))
                lines.append(line("_count", labels, Double(sum)))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ suffix: String, _ labels: String, _ value: Double) -> String {
        "\(name)\(suffix)\(labels.isEmpty ? "" : "{\(labels)}") \(Self.text(value))"
    }

    /// Whole numbers without a fraction, as other exporters write them.
    private static func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
