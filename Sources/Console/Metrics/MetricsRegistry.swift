package import CoreMetrics
import Synchronization

/// The instruments of the process, read out as text for Prometheus. Made known to swift-metrics once, at start:
///
///     MetricsSystem.bootstrap(registry)
package final class MetricsRegistry: MetricsFactory, Sendable {
    /// A name with its labels.
    struct Series: Hashable, Sendable {
        var name: String
        /// In the order of the text, without braces: `endpoint="clinic.inbox",outcome="delivered"`.
        var labels: String

        init(_ name: String, _ dimensions: [(String, String)]) {
            self.name = Self.name(name)
            labels = dimensions.map { "\(Self.name($0.0))=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        }

        private static func name(_ text: String) -> String {
            String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" || $0 == ":" ? $0 : "_" })
        }

        /// Text format 0.0.4: backslash, quotation mark and line feed are escaped.
        static func escaped(_ text: String) -> String {
            text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        }
    }

    private struct Instruments {
        var counters: [Series: CounterValue] = [:]
        var gauges: [Series: GaugeValue] = [:]
        var histograms: [Series: Histogram] = [:]
    }

    private let instruments = Mutex(Instruments())

    package init() {}

    // MARK: Making instruments

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions) : gauge(label, dimensions)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    // Instruments live as long as the process: a series that vanishes would be read as one that was reset.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterValue {
        let series = Series(label, dimensions)
        return instruments.withLock { instruments in
            if let value = instruments.counters[series] { return value }
            let value = CounterValue()
            instruments.counters[series] = value
            return value
        }
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeValue {
        let series = Series(label, dimensions)
        return instruments.withLock { instruments in
            if let value = instruments.gauges[series] { return value }
            let value = GaugeValue()
            instruments.gauges[series] = value
            return value
        }
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> Histogram {
        let series = Series(label, dimensions)
        return instruments.withLock { instruments in
            if let value = instruments.histograms[series] { return value }
            let value = Histogram()
            instruments.histograms[series] = value
            return value
        }
    }

    // MARK: Reading

    /// The series of all instruments, by name and labels.
    func families() -> [MetricFamily] {
        let instruments = instruments.withLock { $0 }
        var families: [String: MetricFamily] = [:]
        for (series, value) in instruments.counters {
            families[series.name, default: MetricFamily(series.name, .counter)]
                .add(series.labels, .number(value.total))
        }
        for (series, value) in instruments.gauges {
            families[series.name, default: MetricFamily(series.name, .gauge)].add(series.labels, .number(value.current))
        }
        for (series, value) in instruments.histograms {
            families[series.name, default: MetricFamily(series.name, .histogram)]
                .add(series.labels, .histogram(value.current))
        }
        return families.values.sorted { $0.name < $1.name }
    }
}
